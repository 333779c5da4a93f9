"""The catalogue of texts: whole, used, and in any language."""

import html
import inspect
import json
import re
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest
from matplotlib import pyplot as plt

from book.extensions import live_figures
from minioptim.live import figures, words
from minioptim.live.controls import Button
from minioptim.live.figures import DESIGNS
from minioptim.live.page import FOLDER, kit, modules_of, page_script, words_of

from ...node import node

ENGLISH = words.catalogue("en")
LANGUAGES = sorted(file.stem for file in words.FOLDER.glob("*.json"))
NAMES = re.compile(r"\{(\w+)\}")

each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)


def shipped(design):
    return words_of(design, modules_of([design.figure]), "en")


def drawn(design):
    """Return the keys that the still picture of a figure asks for."""
    return words.keys_in(inspect.getsource(inspect.getmodule(design.still)))


def test_every_figure_has_its_texts_and_every_text_a_figure():
    assert set(ENGLISH) == {words.COMMON, *(design.figure for design in DESIGNS)}


def test_no_text_is_left_unused():
    used = {design.figure: {*shipped(design), *drawn(design)} for design in DESIGNS}
    unused = [
        (figure, key) for figure, keys in used.items() for key in ENGLISH[figure].keys() - keys
    ]
    everywhere = set().union(*used.values()) | {"hint"}
    shared = [key for key in ENGLISH[words.COMMON] if key not in everywhere]
    assert (unused, shared) == ([], [])


@each_design
def test_a_page_carries_the_texts_of_its_own_figure_alone(design):
    script = page_script([design])
    for other in DESIGNS:
        assert (words.text(other.figure, "title") in script) == (other is design)


@each_design
def test_a_page_does_not_carry_what_its_still_picture_alone_says(design):
    assert [key for key in shipped(design) if key.startswith("still.")] == []


def test_a_text_that_the_catalogue_lacks_stops_the_build():
    design = replace(figures.adam, controls=(*figures.adam.controls, Button("explode")))
    with pytest.raises(words.MissingWordsError, match="has no 'controls.explode' for adam"):
        page_script([design])
    with pytest.raises(words.MissingWordsError, match="nothing that begins 'motion.' for adam"):
        words.texts("adam", words.keys_in("word(`motion.${name}`)"))


def test_a_value_that_a_text_names_must_be_given():
    with pytest.raises(words.MissingWordsError, match=r"still.unit names \{scale\}, which is not"):
        words.speaker("adadelta")("still.unit", unit=0.1)


def test_what_a_module_asks_for_can_be_read_off_its_text():
    for file in FOLDER.rglob("*.mjs"):
        if file.stem in {"words", "controls"}:  # which hand on the keys of others
            continue
        calls = re.findall(r"\b(?:word|said)\((?!\))", file.read_text(encoding="utf-8"))
        keys = words.KEY.findall(file.read_text(encoding="utf-8"))
        passed_on = file.read_text(encoding="utf-8").count("word(key, values)")
        assert len(keys) + passed_on == len(calls), file.name


ADAMS = {"g", "−g", "m", "m̂", "−m̂", "|m̂|", "√v", "√v̂", "±√v̂", "m, √v", "x / lr"}
NUMBER = re.compile(r"(β₂ = )?[\d.]+")
LABEL = re.compile(r"\b(?:title|label|xLabel|yLabel|text): *([\"`])(.*?)\1")


def test_no_module_holds_a_text_of_its_own():
    names = {rule.__name__ for design in DESIGNS for rule in design.rules}
    symbols = {"f(x)", "f(x) − f*", "a = lr · λmax", "lr", "t", "x", "y", "|g|", "|x|"}
    symbols |= {"2/κ", "1/(1−β)", "a = lr · λ", ""} | ADAMS
    for file in FOLDER.rglob("*.mjs"):
        for _, text in LABEL.findall(file.read_text(encoding="utf-8")):
            fixed = re.sub(r"\$\{[^}]*\}", "", text).strip()
            assert fixed in names | symbols, (file.name, text)


def labels_of(picture):
    """Return the titles of a picture, the names of its axes, the entries of its legends."""
    legends = [panel.get_legend() for panel in picture.axes if panel.get_legend()]
    entries = [entry for legend in [*legends, *picture.legends] for entry in legend.get_texts()]
    for panel in picture.axes:
        entries += [panel.title, panel.xaxis.label, panel.yaxis.label, *panel.texts]
    return {entry.get_text() for entry in entries} - {""}


@each_design
def test_no_still_picture_holds_a_text_of_its_own(design, monkeypatch):
    names = {rule.__name__ for rule in design.rules}
    symbols = {"x", "y", "t", "lr · λmax", "lr / (√G + eps)", "|g|", "1/(1-β)"} | ADAMS
    marked = {
        part: {key: f"«{text}»" for key, text in texts.items()} for part, texts in ENGLISH.items()
    }
    monkeypatch.setattr(words, "catalogue", lambda _: marked)
    figure = design()
    picture = design.still(figure.values, figure.traces)
    found = {label for label in labels_of(picture) if not NUMBER.fullmatch(label)}
    plt.close(picture)
    assert {label for label in found - names - symbols if label[0] + label[-1] != "«»"} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_keys_and_names(language):
    texts = words.catalogue(language)
    assert {part: set(texts[part]) for part in texts} == {p: set(ENGLISH[p]) for p in ENGLISH}
    for part, entries in texts.items():
        for key, text in entries.items():
            assert set(NAMES.findall(text)) == set(NAMES.findall(ENGLISH[part][key])), (part, key)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"language must be one of en.*got 'tlh'"):
        page_script([figures.adam], "tlh")


@pytest.fixture
def backwards(tmp_path, monkeypatch):
    """A language in which all words stand in the other order."""
    turned = {
        part: {key: " ".join(reversed(text.split(" "))) for key, text in texts.items()}
        for part, texts in ENGLISH.items()
    }
    (tmp_path / "en.json").write_text(json.dumps(ENGLISH), encoding="utf-8")
    (tmp_path / "back.json").write_text(json.dumps(turned), encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    return "back"


def test_another_language_may_put_the_values_in_another_order(backwards, tmp_path):
    script = kit([figures.nesterov], backwards)
    file = tmp_path / "page.mjs"
    file.write_text(
        f"{script}\nconst word = speaker({{...kit.words.common, ...kit.words.nesterov}});\n"
        'console.log(word("ends", {steps: 30, nesterov: 0.5, momentum: 2}));\n'
    )
    done = subprocess.run([node(), str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == "momentum. for 2 and Nesterov for 0.5 is f steps 30 After\n"


def test_the_build_puts_the_hint_into_the_language_of_the_site(backwards):
    hint = words.text(words.COMMON, "hint", backwards)
    source = [json.dumps(figures.adam()._repr_mimebundle_()["text/vnd.minioptim.live+html"])]
    site = SimpleNamespace(config=SimpleNamespace(language=backwards))
    live_figures.as_html(site, "a page", source)
    assert f"<p>{html.escape(hint, quote=False)}</p>" in json.loads(source[0])
