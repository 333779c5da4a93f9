"""What publishes the book does so by targets that run here, with no more rights than it needs."""

import functools
import http.server
import re
import threading

import pytest
import yaml

from book import links
from book.pages import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+$")
MAY_WRITE = {("pages", "deploy"), ("release", "publish")}


def faults(name, text):
    """What in a workflow hangs on others' goodwill, or may do more than it must."""
    found = [
        line.strip() for line in text.splitlines() if "uses:" in line and not PINNED.search(line)
    ]
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("permissions of the whole")
    for job, what in workflow["jobs"].items():
        if "write" in what.get("permissions", {}).values() and (name, job) not in MAY_WRITE:
            found.append(f"{job} may write")
        if "timeout-minutes" not in what:
            found.append(f"{job} may run for ever")
        for step in what["steps"]:
            if "${{" in step.get("run", ""):
                found.append(f"{job} runs what an event says")
    return found


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_is_pinned_and_may_do_little(file):
    assert faults(file.stem, file.read_text(encoding="utf-8")) == []


def test_each_step_is_a_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    runs = [
        run
        for file in WORKFLOWS
        for run in re.findall(r"run: (.*)", file.read_text(encoding="utf-8"))
    ]
    made = {run.removeprefix("make ") for run in runs if run.startswith("make ")}
    assert made
    assert made <= targets
    assert {run.split()[0] for run in runs} <= {"make", "bash", "gh"}


def test_checks_of_workflows_catch():
    bad = """
on: push
permissions: write-all
jobs:
  a:
    permissions: {contents: write}
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.pull_request.title }}
"""
    assert faults("test", bad) == [
        "- uses: actions/checkout@v4", "permissions of the whole", "a may write",
        "a may run for ever", "a runs what an event says",
    ]  # fmt: skip


class Odd(http.server.BaseHTTPRequestHandler):
    """Has one page, one that moved, one that it shows to nobody, and one that fails twice."""

    failed = 0

    def do_GET(self):
        if self.path == "/ill" and Odd.failed < 2:
            Odd.failed += 1
            self.send_error(500)
        elif self.path in {"/here", "/ill"}:
            self.send_response(200)
            self.end_headers()
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/here")
            self.end_headers()
        else:
            self.send_error({"/secret": 403}.get(self.path, 404))

    def log_message(self, *_):
        pass


def test_a_link_that_leads_nowhere_is_told_from_a_host_that_is_shy(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fault = functools.partial(links.fault, wait=0)
        home = f"http://127.0.0.1:{server.server_port}"
        assert [fault(f"{home}/{page}") for page in ("here", "moved", "secret", "ill")] == [""] * 4
        assert "404" in fault(f"{home}/gone")
        server.shutdown()
    assert fault(f"{home}/here") != ""
    (tmp_path / "a.html").write_text('<a class="x" href="https://x.invalid/a?b&amp;c#d">x</a>')
    assert links.addresses(tmp_path, ["a"]) == {"https://x.invalid/a?b&c": ["a"]}
