"use strict";
// The reading page: sets formulas, and sends each mark as soon as it is given.

const { home, question, student, most, answer } = document.body.dataset;
const MARKS = ["$$", "\\[", "\\(", "$"];
const CLOSING = { $$: "$$", "\\[": "\\]", "\\(": "\\)", $: "$" };

// --- Formulas -------------------------------------------------------------------------------

function setFormulas(root) {
  for (const place of root.querySelectorAll(".mathjax_process")) {
    let text = place.textContent;
    const mark = MARKS.find((one) => text.startsWith(one));
    if (mark) text = text.slice(mark.length, -CLOSING[mark].length);
    const displayMode = mark !== "$" && mark !== "\\(";
    try {
      // No command may name an address, and none may grow without end.
      katex.render(text, place, { displayMode, trust: false, maxExpand: 100, maxSize: 20, strict: false });
    } catch {
      // What KaTeX cannot read is shown as it was typed.
      continue;
    }
  }
}

setFormulas(document);

const frame = document.getElementById("answer");
function fill() {
  const inner = frame.contentDocument;
  if (!inner?.body || inner.body.dataset.set || inner.URL === "about:blank") return;
  inner.body.dataset.set = "true";
  setFormulas(inner);
  // As tall as what is in it, so that nothing scrolls inside of what scrolls.
  const grow = () => {
    frame.style.height = `${Math.max(200, inner.documentElement.offsetHeight + 20)}px`;
  };
  grow();
  new ResizeObserver(grow).observe(inner.documentElement);
  inner.addEventListener("keydown", keys);
}
if (frame) {
  frame.addEventListener("load", fill);
  fill();
}

// --- Marks ----------------------------------------------------------------------------------

const comment = document.getElementById("comment");
const kept = document.getElementById("kept");
const settle = document.getElementById("settle");
let points = question && document.body.dataset.points !== "" ? Number(document.body.dataset.points) : null;
let saved = comment?.value ?? "";
let last = Promise.resolve(true);
let waiting = 0;

function say(text, failed) {
  kept.textContent = text;
  kept.classList.toggle("failed", Boolean(failed));
}

async function post(where, content) {
  const reply = await fetch(`${home}/${where}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
    keepalive: true,
  });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
}

/** Send what stands there, after what was sent before; true once it is on disk. */
function keep(more = {}) {
  clearTimeout(waiting);
  const mark = { question, student, answer, points, comment: comment.value, settles: false, ...more };
  saved = mark.comment;
  say("…");
  last = last.then(async () => {
    try {
      show(await post("mark", mark));
      return true;
    } catch (error) {
      saved = null;
      say(`NOT kept: ${error.message}`, true);
      return false;
    }
  });
  return last;
}

function show(state) {
  say(`Kept at ${new Date().toLocaleTimeString()}.`);
  const others = document.getElementById("others");
  others.replaceChildren(
    ...state.others.map((other) => {
      const line = document.createElement("p");
      const name = document.createElement("strong");
      name.textContent = other.reader;
      line.append(name, `: ${other.points}${other.comment ? `, “${other.comment}”` : ""}`);
      return line;
    }),
  );
  settle.hidden = state.state !== "differs";
}

const buttons = [...document.querySelectorAll("#points button")];
function give(value) {
  points = value;
  for (const button of buttons) {
    const own = button.dataset.points === "" ? null : Number(button.dataset.points);
    button.setAttribute("aria-pressed", String(own !== null && own === value));
  }
  return keep();
}

/** Send a comment that was changed since it was sent; true if nothing is left to send. */
function finish() {
  return comment && comment.value !== saved ? keep() : last;
}

async function go(place) {
  if (place && (await finish())) location.assign(place);
}

async function undo() {
  await finish();
  try {
    const { question: name, student: who } = await post("undo", {});
    location.assign(`${home}/question/${encodeURIComponent(name)}/${encodeURIComponent(who)}`);
  } catch (error) {
    say(error.message, true);
  }
}

function keys(event) {
  const typing = event.target === comment;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    go(document.getElementById("unread")?.href);
    return;
  }
  if (typing) {
    if (event.key === "Escape") comment.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { j: "after", k: "before", n: "unread" }[event.key];
  if (to) go(document.getElementById(to)?.href);
  else if (event.key === "u") undo();
  else if (event.key === "c") comment.focus();
  else if (event.key >= "0" && event.key <= "9" && Number(event.key) <= Number(most)) give(Number(event.key));
  else if (event.key === "." && (points ?? 0) + 0.5 <= Number(most)) give((points ?? 0) + 0.5);
  else return;
  event.preventDefault();
}

if (comment) {
  document.addEventListener("keydown", keys);
  for (const button of buttons)
    button.addEventListener("click", () =>
      give(button.dataset.points === "" ? null : Number(button.dataset.points)),
    );
  for (const button of document.querySelectorAll("[data-comment]"))
    button.addEventListener("click", () => {
      comment.value = [comment.value.trim(), button.dataset.comment].filter(Boolean).join(" ");
      keep();
    });
  comment.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(finish, 600);
  });
  comment.addEventListener("change", finish);
  document.getElementById("undo").addEventListener("click", undo);
  settle.addEventListener("click", () => keep({ settles: true }));
  for (const link of document.querySelectorAll("header a, .all a"))
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(link.href);
    });
  // Whatever closes the page: the request goes on without it.
  addEventListener("pagehide", finish);
}
