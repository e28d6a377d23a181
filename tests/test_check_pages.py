"""The pages on checking and on teaching: what they show is what is said."""

import contextlib
import doctest
import io
import re
import shlex
from pathlib import Path

import pytest

from suffice.cli import main

DOCS = Path(__file__).resolve().parents[1] / "docs"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["check.md", "teach.md"])
def test_what_a_page_shows_is_what_is_said(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    names, said = {}, ""
    for language, code in FENCED.findall((DOCS / page).read_text()):
        if language in ("toml", "py"):
            Path(code.splitlines()[0].removeprefix("# ")).write_text(code)
        elif language == "sh":
            said = "".join(map(printed, code.splitlines()))
        elif language == "text":
            assert [line for line in plain(code) if line not in plain(said)] == []
        elif language == "pycon":
            examples_hold(code, page, names)


def printed(line):
    """What a command prints."""
    words = shlex.split(line, comments=True)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert (words[0], main(words[1:])) == ("suffice", 0)
    return out.getvalue()


def plain(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def examples_hold(code, page, names):
    """Examples in order, in one namespace, with what they print."""
    test = doctest.DocTestParser().get_doctest(code, names, page, page, 0)
    test.globs = names
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    out = io.StringIO()
    assert runner.run(test, out=out.write, clear_globs=False).failed == 0, out.getvalue()
