"""Live figures in pages that nbconvert makes; it comes with the classroom's environment alone."""

import base64

import nbconvert
from nbformat.v4 import new_code_cell, new_notebook, new_output

from minioptim.live import figures
from minioptim.live.figure import HINT


def test_nbconvert_puts_the_picture_into_a_page():
    bundle = figures.gradient_descent()._repr_mimebundle_()
    png = base64.b64encode(bundle["image/png"]).decode()
    stored = {kind: data for kind, data in bundle.items() if kind.startswith("text/")}
    output = new_output("display_data", stored | {"image/png": png})
    page, _ = nbconvert.HTMLExporter().from_notebook_node(
        new_notebook(cells=[new_code_cell("", outputs=[output])])
    )
    assert f"data:image/png;base64,{png}" in page
    assert HINT not in page, "the sentence without a picture"
