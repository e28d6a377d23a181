"""The site: every public name has its page and what belongs on it, tutorials show what they print, faults of pages are found."""

import re
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SITE = REPOSITORY / "site"
sys.path.insert(0, str(SITE))

import crawl  # noqa: E402
import lacking  # noqa: E402
import names  # noqa: E402
import reference  # noqa: E402
import running  # noqa: E402

DOCS = REPOSITORY / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
QUICK = [page for page in TUTORIALS if "<!-- slow" not in page.read_text()]
FORMULA = re.compile(r"(?<!\$)\$\$?([^$\n]+?)\$\$?(?!\$)")


def test_no_public_name_lacks_formula_shapes_errors_or_example():
    found = {name.full: parts for name in names.exported() if (parts := lacking.lacking(name))}
    assert found == {}


def test_a_reason_is_given_only_where_a_part_is_not_there():
    public = {name.full: name for name in names.exported()}
    for part, reasons in lacking.reasons().items():
        assert not [key for key in reasons if key in public and lacking.has(public[key], part)]
        assert not set(reasons) - public.keys() - set(names.packages())


def test_every_public_name_has_a_page_with_its_methods():
    pages = {name.full: reference.page_of_name(name) for name in names.exported()}
    assert ".. automethod:: suffice.GaussianMixture.fit\n" in pages["suffice.GaussianMixture"]
    assert ".. autofunction:: suffice.select" in pages["suffice.select"]
    assert len(pages) > 200


def test_every_page_is_in_the_list_of_pages():
    listed = set(re.findall(r"^[\w/-]+$", (SITE / "contents.md").read_text(), re.MULTILINE))
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in (*DOCS.glob("*.md"), *TUTORIALS)}
    assert pages - {"index"} == listed - {"CHANGELOG", "CONTRIBUTING"}


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.stem)
def test_a_tutorial_shows_what_it_prints(page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert [str(each) for each in running.differences(page)] == []


def test_shown_and_printed_agree_to_the_last_digit_shown():
    assert running.agree("mean 1.23, 5 rows, 0.4 s\n", "mean 1.24, 5 rows,  12.9 s\n")
    assert not running.agree("mean 1.23\n", "mean 1.25\n")
    assert not running.agree("5 rows\n", "6 rows\n")
    assert not running.agree("", "5 rows\n")
    assert not running.agree("a 1 2\n", "a 1\n")


def test_what_is_wrong_with_a_page_is_found(tmp_path):
    (tmp_path / "other.html").write_text('<p id="there">')
    (tmp_path / "page.html").write_text(
        '<a href="other.html#there"></a><a href="other.html#gone"></a><a href="lost.html"></a><a href="https://example.org"></a>'
        '<img src="other.html"><script src="https://example.org/a.js"></script>'
    )
    assert crawl.faults(tmp_path) == [
        "page.html: other.html has no alternative text.",
        "page.html: https://example.org/a.js is loaded from the network.",
        "page.html: other.html#gone leads nowhere.",
        "page.html: lost.html leads nowhere.",
    ]


def test_every_formula_can_be_drawn():
    pytest.importorskip("latex2mathml", reason="the extra docs brings it")
    import formulas

    texts = [
        FORMULA.findall(re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL))
        for page in DOCS.rglob("*.md")
    ]
    said = [name.documentation for name in names.exported()]
    texts += [re.findall(r":math:`([^`]+)`", text) + re.findall(r"\.\. math:: ([^\n]+)", text) for text in said]
    drawn = {latex: re.sub("<[^>]*>", "", formulas.drawn(latex, "inline")) for found in texts for latex in found}
    assert len(drawn) > 100
    assert {latex for latex, shown in drawn.items() if "\\" in shown} == set()
