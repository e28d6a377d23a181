"""What kind of file a path names, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from suffice.data.arff import is_arff
from suffice.data.idx import is_idx
from suffice.data.layout import GZIP_ERRORS, open_bytes
from suffice.data.table import DataError
from suffice.data.workbook import is_workbook

COLUMNAR = ("Parquet", "JSON", "ARFF", "Arrow")
"""Kinds of files whose columns have names and types."""
_FOREIGN = {
    b"\x80\x04": "a pickle, which is never read because reading one can run any program",
    b"\x80\x05": "a pickle, which is never read because reading one can run any program",
    b"\x89HDF": "HDF5",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BM": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a text document",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
    b"SQLite format 3": "a database of SQLite",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"7z\xbc\xaf": "compressed with 7-Zip",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel",
    b"$FL2": "a file of SPSS",
    b"<stata_dta>": "a file of Stata",
    b"MATLAB 5.0": "a file of MATLAB",
}
_BEGIN = 4096


def is_delimited(path: Path) -> bool:
    """Whether a file holds delimited text."""
    return kind_of(path) == "text"


def kind_of(path: Path) -> str:
    """Text, JSON, ARFF, Parquet, Arrow, Excel, npz, npy or IDX."""
    if path.is_dir():
        return "Parquet"
    start = _start(path)
    foreign = [what for mark, what in _FOREIGN.items() if start.startswith(mark)]
    if foreign and not (_is_text(start) and foreign[0] in ("a picture", "compressed with bzip2")):
        raise DataError(
            f"{path.name} is {foreign[0]}. Text, JSON, Parquet, Arrow, Excel, npy, npz and IDX files are read; convert it to "
            "one."
        )
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "Excel" if is_workbook(path) else "npz"
    if is_idx(start) or path.name.removesuffix(".gz").endswith(("-ubyte", ".idx")):
        return "IDX"
    marks = {b"PAR1": "Parquet", b"\x93NUMPY": "npy", b"ARROW1": "Arrow", b"FEA1": "Arrow"}
    marked = [kind for mark, kind in marks.items() if start.startswith(mark)]
    named = {".parquet": "Parquet", ".npy": "npy", ".npz": "npz"}
    return marked[0] if marked else named.get(path.suffix, _kind_of_text(start))


def _kind_of_text(start: bytes) -> str:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or (text.startswith(b"[") and text[1:].lstrip().startswith(b"{")):
        return "JSON"
    return "ARFF" if is_arff(text) else "text"


def _start(path: Path) -> bytes:
    try:
        with open_bytes(path) as stream:
            return stream.read(_BEGIN)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (OSError, ValueError, *GZIP_ERRORS) as error:
        raise DataError(f"{path} cannot be read ({error}).") from None


def _is_text(start: bytes) -> bool:
    return start[:8].isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in start[:8])
