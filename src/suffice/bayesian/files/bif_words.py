"""Words of the Bayesian interchange format: names, quoted or not, numbers and brackets; commas and bars only part them."""

from __future__ import annotations

import re
from typing import NoReturn

from suffice.files.atomic import FileError

WORD = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"|[{}()\[\];]|(?:(?!//|/\*)[^\s{}()\[\];,|"])+|["/]', re.DOTALL)
"""A comment, a quoted name, a bracket or semicolon, or a word."""
PLAIN = re.compile(r"(?:(?!//|/\*)[\w.+\-<>=%/&:#'])+")
"""What needs no quotes."""
MARKS = frozenset("{}()[];")


class Words:
    """The words of a file one after the other, and where each stands."""

    def __init__(self, text: str, name: str):
        self.text, self.name, self.place = text, name, 0
        self.words = [word for word in WORD.findall(text) if not is_comment(word)]

    def peek(self) -> str:
        """The next word."""
        if self.place >= len(self.words):
            raise FileError(f"{self.name} ends early, in line {self._line_of_end()}: it is incomplete.")
        return self.words[self.place]

    def next(self) -> str:
        """The next word, which is then behind."""
        word = self.peek()
        self.place += 1
        return word

    def expect(self, wanted: str) -> None:
        """Pass over a word that has to come next."""
        if self.peek() != wanted:
            self.refuse(f"{self.peek()!r} stands where {wanted!r} is expected")
        self.place += 1

    def until(self, mark: str) -> list[str]:
        """The words up to a mark, which is passed over too."""
        try:
            end = self.words.index(mark, self.place)
        except ValueError:
            self.place = len(self.words)
            self.peek()
            raise
        found, self.place = self.words[self.place : end], end + 1
        return found

    def names_until(self, mark: str) -> list[str]:
        """Names, without their quotes, up to a mark."""
        start, found = self.place, self.until(mark)
        wrong = next((place for place, word in enumerate(found) if word in MARKS), None)
        if wrong is not None:
            self.refuse(f"{found[wrong]!r} stands where {mark!r} is expected", start + wrong)
        return [unquoted(word) for word in found]

    def numbers_until(self, mark: str, count: int) -> list[float]:
        """As many numbers up to a mark."""
        start, found = self.place, self.until(mark)
        try:
            numbers = list(map(float, found))
        except ValueError:
            wrong = next(place for place, word in enumerate(found) if not _is_number(word))
            self.refuse(f"{found[wrong]!r} stands where a number is expected", start + wrong)
        if len(numbers) != count:
            self.refuse(f"{len(numbers)} numbers stand where {count} are expected", start)
        return numbers

    def refuse(self, why: str, place: int | None = None) -> NoReturn:
        """Raise an error that names the line of a word, the next one unless another is given."""
        raise FileError(f"{self.name}, line {self._line_of(self.place if place is None else place)}: {why}.")

    def _line_of(self, place: int) -> int:
        found = [match.start() for match in WORD.finditer(self.text) if not is_comment(match.group())]
        return self.text.count("\n", 0, found[min(place, len(found) - 1)]) + 1 if found else 1

    def _line_of_end(self) -> int:
        return self.text.rstrip().count("\n") + 1


def is_comment(word: str) -> bool:
    """Whether a word is a remark to readers."""
    return word.startswith(("//", "/*"))


def unquoted(word: str) -> str:
    """A name without its quotes."""
    return re.sub(r'\\(["\\])', r"\1", word[1:-1]) if word[0] == '"' and len(word) > 1 else word


def quoted(name: str) -> str:
    """A name as a file holds it: in quotes where it needs them."""
    if PLAIN.fullmatch(name):
        return name
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}"'


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
