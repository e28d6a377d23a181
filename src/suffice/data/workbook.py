"""Sheets of Excel workbooks, by openpyxl."""

from __future__ import annotations

import csv
import datetime
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from suffice.data.layout import MOST_UNPACKED
from suffice.data.table import DataError, listing

_THREE_DIGITS = re.compile(
    r"-?\d{1,3}\.\d{3}"
)  # which may stand for thousands in a text, but not in a cell of a number


def is_workbook(path: Path) -> bool:
    """Whether an archive holds a workbook of Excel."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


@contextmanager
def sheet_as_text(path: Path, sheet: str | None) -> Iterator[Path]:
    """A file of comma-separated text, of the same name, with the cells of a sheet; it goes when the block ends."""
    cells = _cells(path, sheet)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, path.name)
        with text.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(cells)
        yield text


def _cells(path: Path, sheet: str | None) -> list[list[str]]:
    book = _opened(path)
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise DataError(f"{path.name} has no sheet {sheet!r}, only {listing(book.sheetnames)} (given in array=).")
        filled = [name for name in book.sheetnames if any(_rows(book[name]))]
        if sheet is None and len(filled) > 1:
            raise DataError(
                f"{path.name} has {len(filled)} sheets {listing(filled)}: choose one with array={filled[0]!r} "
                f"(--array {filled[0]!r})."
            )
        return list(_rows(book[sheet or (filled or book.sheetnames)[0]]))
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Rows with a cell, up to the last column in which there is one."""
    for row in sheet.iter_rows(values_only=True) if hasattr(sheet, "iter_rows") else ():
        if any(cell is not None for cell in row):
            yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    text = str(cell)
    return f"{text}0" if isinstance(cell, float) and _THREE_DIGITS.fullmatch(text) else text


def _opened(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise DataError(
            f"{path.name} is a workbook, which openpyxl reads: `pip install 'suffice[excel]'`, or save the sheet as CSV."
        ) from None
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
            raise DataError(f"{path.name} unpacks to more than {MOST_UNPACKED / 1e9:g} GB; save the sheet as CSV.")
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever a damaged part leads to
        raise DataError(f"{path.name} is a damaged workbook ({error}); save it again.") from None
