"""The site: every public name has its page and what belongs on it, tutorials show what they print, faults of pages are found."""

import re
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SITE = REPOSITORY / "site"
sys.path.insert(0, str(SITE))

import build  # noqa: E402
import crawl  # noqa: E402
import lacking  # noqa: E402
import names  # noqa: E402
import reference  # noqa: E402
import running  # noqa: E402

DOCS = REPOSITORY / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
QUICK = [page for page in TUTORIALS if "<!-- slow" not in page.read_text()]
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)


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


def test_every_page_is_once_in_the_list_of_pages(tmp_path):
    build.stage(tmp_path)
    listed = re.findall(r"^[\w/-]+$", build.contents(tmp_path), re.MULTILINE)
    pages = {str(page.relative_to(tmp_path).with_suffix("")) for page in tmp_path.rglob("*.md")}
    assert sorted(listed) == sorted(pages - {"index"})


def linked(page):
    """Links of a page, without what they are called."""
    return set(re.findall(r"\]\(([^)]+)\)", page.read_text()))


def anchors(page):
    """Anchors of headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_thirty_questions_are_answered_within_three_clicks():
    rows = re.findall(r"^\| .+ \|$", (DOCS / "questions.md").read_text(), re.MULTILINE)[1:]
    assert len(rows) == 30
    for row in rows:
        clicks, here = re.findall(r"\]\(([^)]+)\)", row), DOCS / "index.md"
        assert 1 <= len(clicks) <= 3
        for click in clicks:
            name, _, anchor = click.partition("#")
            target = DOCS / name
            assert target == here or str(target.relative_to(here.parent)) in linked(here), row
            assert not anchor or anchor in anchors(target), row
            here = target


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

    prose = [re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL) for page in DOCS.rglob("*.md")]
    texts = [[one or other for one, other in FORMULA.findall(text)] for text in prose]
    said = [name.documentation for name in names.exported()]
    texts += [re.findall(r":math:`([^`]+)`", text) + re.findall(r"\.\. math:: ([^\n]+)", text) for text in said]
    drawn = {latex: re.sub("<[^>]*>", "", formulas.drawn(latex, "inline")) for found in texts for latex in found}
    assert len(drawn) > 100
    assert {latex for latex, shown in drawn.items() if "\\" in shown} == set()
