"""How a delimited text is laid out: delimiter, header, names and encoding, read off its first lines."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suffice.data.table import DataError, position_names, refuse_duplicates
from suffice.data.text_cells import MISSING

GZIP_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)
DELIMITERS = (",", ";", "\t", "|", " ")
_HEAD_BYTES = 1 << 20
_HEAD_ROWS = 100
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*|,\d+)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """What the first lines of a delimited text say."""

    delimiter: str
    header: bool
    names: list[str]
    lines: int
    encoding: str
    quoted: bool

    def sentence(self) -> str:
        """What was detected, for the user."""
        said = {"\t": "tab", " ": "blanks"}.get(self.delimiter, repr(self.delimiter))
        names = "names in the first line" if self.header else "no header, columns named x0, x1 and so on"
        return f"Text with delimiter {said}, {names}."


def open_bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a file for reading, through gzip if it is compressed."""
    with path.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def detect_layout(path: Path, header: bool | None = None, delimiter: str | None = None) -> Layout:
    """Read the layout of a delimited text off its first lines."""
    text, encoding = _head(path)
    delimiter = _detect_delimiter(text, path.name) if delimiter is None else _as_delimiter(delimiter)
    rows = _rows(text, delimiter, path.name)
    header = _has_header([row for _, row in rows]) if header is None else header
    names = _names(rows, header)
    refuse_duplicates(names, path.name)
    return Layout(delimiter, header, names, rows[0][0] if header else 0, encoding, '"' in text)


def _head(path: Path) -> tuple[str, str]:
    """The first complete lines, and how they are encoded."""
    with open_bytes(path) as stream:
        head = stream.read(_HEAD_BYTES)
        while len(head) % _HEAD_BYTES == 0 and head.count(b"\n") < 2 and (more := stream.read(_HEAD_BYTES)):
            head += more
        complete = not stream.read(1)
    text, encoding = _decode(head)
    if not complete:
        text = text[: text.rfind("\n") + 1]
    if "\x00" in text:
        raise DataError(
            f"{path.name} is not a table in text form: it holds zero bytes. Text, Parquet, npy, npz and IDX are read."
        )
    if not text.strip():
        raise DataError(f"{path.name} is empty; a table of numbers is needed.")
    return text, encoding


def _decode(head: bytes) -> tuple[str, str]:
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    marked = [encoding for mark, encoding in marks.items() if head.startswith(mark)]
    for encoding in marked or ["utf-8"]:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(head), encoding
        except UnicodeDecodeError:
            break
    return head.decode("latin-1"), "latin-1"


def cells(lines: Iterable[str], delimiter: str) -> Any:
    """Reader of the rows of cells in lines of text; a blank as delimiter stands for any number of blanks."""
    if delimiter != " ":
        return csv.reader(lines, delimiter=delimiter)
    return csv.reader((line.strip() for line in lines), delimiter=" ", skipinitialspace=True)


def _rows(text: str, delimiter: str, name: str) -> list[tuple[int, list[str]]]:
    """The first rows that are not empty, each with the number of its last line."""
    reader = cells(text.splitlines(keepends=True), delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            rows += [(reader.line_num, [cell.strip() for cell in row])] if row else []
            if len(rows) == _HEAD_ROWS:
                break
    except csv.Error as error:
        raise DataError(f"{name}: line {reader.line_num} cannot be split into cells ({error}).") from None
    return rows


def _detect_delimiter(text: str, name: str) -> str:
    return max(DELIMITERS, key=lambda delimiter: _agreement([row for _, row in _rows(text, delimiter, name)]))


def _agreement(rows: list[list[str]]) -> tuple[bool, float, float]:
    """How well a delimiter fits: several cells a row, cells that are numbers, rows of one length."""
    length, count = Counter(len(row) for row in rows).most_common(1)[0]
    filled = [cell for row in rows[1:] or rows for cell in row if cell not in MISSING]
    return length > 1, sum(map(_is_number, filled)) / max(1, len(filled)), count / len(rows)


def _as_delimiter(delimiter: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t", "space": " "}.get(delimiter, delimiter)
    if len(delimiter) != 1:
        raise DataError(f"delimiter={delimiter!r}: give one character, such as ',' or ';' or '\\t'.")
    return delimiter


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _has_header(rows: list[list[str]]) -> bool:
    """Words above numbers are names; so is a first line in which nothing is a number."""
    first, below = rows[0], rows[1:]
    words = [j for j, cell in enumerate(first) if cell not in MISSING and not _is_number(cell)]
    if words and below and all(len(row) == len(first) + 1 for row in below):
        return True
    if any(j < len(row) and _is_number(row[j]) for j in words for row in below):
        return True
    return bool(words) and not any(map(_is_number, first))


def _names(rows: list[tuple[int, list[str]]], header: bool) -> list[str]:
    first, below = rows[0][1], [row for _, row in rows[1:]]
    if not header:
        return position_names(len(first))
    if below and len(below[0]) == len(first) + 1:
        first = ["rownames", *first]
    return [name or (f"x{j}" if j else "") for j, name in enumerate(first)]
