"""Pages whose code runs, and whose shown output is the output.

A block marked ``python`` or ``bash`` is run, in order, in an empty folder; a block marked ``text`` right after it is what it
prints.
``python site/running.py docs/tutorials/tour.md`` says where they differ, and with ``--write`` writes the output into the page.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\b\d[\d.,]* s\b")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


class Difference(NamedTuple):
    """What a block printed where its page shows something else."""

    code: str
    shown: str
    printed: str

    def __str__(self) -> str:
        return f"{self.code}shows\n{self.shown}and prints\n{self.printed}"


def differences(page: Path) -> list[Difference]:
    """Run a page in an empty folder; blocks whose output is another than the one shown."""
    pairs = [(block, printed) for block, printed in run(page.read_text()) if not agree(block[3] or "", printed)]
    return [Difference(block[2], block[3] or "", printed) for block, printed in pairs]


def run(text: str) -> list[tuple[re.Match[str], str]]:
    """Blocks of a page, each with what it prints on a terminal of 100 letters."""
    os.environ.setdefault("COLUMNS", "100")
    names: dict[str, Any] = {"__name__": "page"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return [(block, _printed(block[1], block[2], names)) for block in BLOCK.finditer(text)]


def _printed(language: str, code: str, names: dict[str, Any]) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        if language == "python":
            exec(compile(code, "page", "exec"), names)
        else:
            run_commands(code)
    return "".join(f"{line.rstrip()}\n" for line in said.getvalue().splitlines())


def run_commands(code: str) -> None:
    """Run lines that call ``suffice``."""
    from suffice.cli import main

    for line in code.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["suffice"] and main(words[1:]) != 0:
            raise RuntimeError(f"{line} failed")


def agree(shown: str, printed: str) -> bool:
    """Whether texts are the same but for blanks, seconds, and numbers that differ by one in the last digit shown."""
    shown, printed = SECONDS.sub("seconds", shown), SECONDS.sub("seconds", printed)
    return NUMBER.sub("#", shown).split() == NUMBER.sub("#", printed).split() and all(
        abs(float(one) - float(other)) <= 1.001 * _last_digit(one)
        for one, other in zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    )


def _last_digit(number: str) -> float:
    """One unit of the last digit of a number as it is written; none of a whole number."""
    mantissa, _, power = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(power or 0) - decimals) if decimals else 0.0


def written(text: str) -> str:
    """The page with the output that its blocks have now."""
    parts, end = [], 0
    for block, printed in run(text):
        shown = f"\n```text\n{printed}```\n" if printed else ""
        parts += [text[end : block.start()], f"```{block[1]}\n{block[2]}```\n{shown}"]
        end = block.end()
    return "".join(parts) + text[end:]


def main() -> None:
    """Run pages; end with an error where one shows what is not so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="write the output into the pages")
    given = parser.parse_args()
    if given.write:
        for page in given.pages:
            page.write_text(written(page.read_text()))
        return
    found = {page: different for page in given.pages if (different := differences(page))}
    for page, each in found.items():
        print(f"{page}:", *each, sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
