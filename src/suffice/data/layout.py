"""How a delimited text is laid out: delimiter, header, names and encoding, read off its first lines."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suffice.data.first_lines import beginning, is_number
from suffice.data.table import DataError, refuse_duplicates
from suffice.data.text_cells import MISSING

GZIP_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)
DELIMITERS = (",", ";", "\t", "|", " ")
_HEAD_BYTES = 1 << 20
_HEAD_ROWS = 100
_OLD = "cp1252"
MOST_UNPACKED = 2_000_000_000
"""Bytes that a compressed file may unpack to in memory."""
_LONGEST_LINE = 1 << 26


@dataclass(frozen=True)
class Layout:
    """What the first lines of a delimited text say."""

    delimiter: str
    header: bool
    names: list[str]
    lines: int
    encoding: str
    quoted: bool
    notes: list[str] = field(default_factory=list)
    first_rows: list[list[str]] = field(default_factory=list)

    def sentence(self) -> str:
        """What was detected, for the user."""
        said = {"\t": "tab", " ": "blanks"}.get(self.delimiter, repr(self.delimiter))
        names = "names in the first line" if self.header else "no header, columns named x0, x1 and so on"
        old = " It is not in UTF-8 and read as Windows-1252." if self.encoding == _OLD else ""
        return f"Text with delimiter {said}, {names}.{old}"


def open_bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a file for reading, through gzip if it is compressed."""
    with path.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def blocks(path: Path) -> Iterator[bytes]:
    """The content of a file in blocks, unpacked, up to a limit where it is compressed."""
    count = 0
    with open_bytes(path) as stream:
        while block := stream.read(1 << 24):
            count += len(block)
            if count > MOST_UNPACKED and isinstance(stream, gzip.GzipFile):
                raise DataError(
                    f"{path.name} unpacks to more than {MOST_UNPACKED / 1e9:g} GB, which is not read at once: unpack it, or "
                    "write it as Parquet, which is read in batches."
                )
            yield block


def detect_layout(path: Path, header: bool | None = None, delimiter: str | None = None) -> Layout:
    """Read the layout of a delimited text off its first lines."""
    text, encoding = _head(path)
    delimiter = _detect_delimiter(text, path.name) if delimiter is None else _as_delimiter(delimiter)
    rows = _rows(text, delimiter, path.name)
    begin = beginning(rows, header, path.name)
    refuse_duplicates(begin.names, path.name)
    first = [row for line, row in rows if line > begin.lines]
    return Layout(delimiter, begin.header, begin.names, begin.lines, encoding, '"' in text, begin.notes, first)


def _head(path: Path) -> tuple[str, str]:
    """The first complete lines, and how they are encoded."""
    with open_bytes(path) as stream:
        head = stream.read(_HEAD_BYTES)
        while len(head) % _HEAD_BYTES == 0 and head.count(b"\n") < 2 and (more := stream.read(_HEAD_BYTES)):
            head += more
            if len(head) > _LONGEST_LINE:
                raise DataError(
                    f"{path.name} has no line end in its first {len(head) >> 20} MB; it is no table in text form."
                )
        complete = not stream.read(1)
    text, encoding = _decode(head)
    if not complete and encoding == "utf-8" and not _is_utf8(path):
        text, encoding = head.decode(_OLD, errors="replace"), _OLD
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
    return head.decode(_OLD, errors="replace"), _OLD


def _is_utf8(path: Path) -> bool:
    """Whether all of a file is text in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def cells(lines: Iterable[str], delimiter: str) -> Any:
    """Reader of the rows of cells in lines of text; a blank as delimiter stands for any number of blanks."""
    if delimiter != " ":
        return csv.reader(lines, delimiter=delimiter)
    return csv.reader((line.strip().replace("\t", " ") for line in lines), delimiter=" ", skipinitialspace=True)


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
    return length > 1, sum(map(is_number, filled)) / max(1, len(filled)), count / len(rows)


def _as_delimiter(delimiter: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t", "space": " "}.get(delimiter, delimiter)
    if len(delimiter) != 1:
        raise DataError(f"delimiter={delimiter!r}: give one character, such as ',' or ';' or '\\t'.")
    return delimiter
