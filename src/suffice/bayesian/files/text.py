"""Text files, plain or compressed by gzip."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from suffice.files.atomic import FileError, write_atomically
from suffice.runtime.types import PathLike

GZIP = b"\x1f\x8b"


def read_text(path: PathLike) -> str:
    """The text of a file; bytes that are no UTF-8 are Latin-1."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror or error}).") from None
    if content.startswith(GZIP):
        content = _decompressed(content, path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def write_text(text: str, path: PathLike) -> Path:
    """Write a file whole or not at all; compressed where its name ends in ``.gz``."""
    target, content = Path(path), text.encode()
    write_atomically(target, gzip.compress(content, mtime=0) if target.suffix == ".gz" else content)
    return target


def _decompressed(content: bytes, path: PathLike) -> bytes:
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(f"{path} is damaged or incomplete: its compressed content ends early ({error}).") from None
