"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


class FileError(ValueError):
    """A model file that cannot be written or read; the message says why and what to do.

    Examples
    --------
    >>> import suffice
    >>> try:
    ...     suffice.load("no/such/model")
    ... except suffice.FileError as error:
    ...     print(error)
    There is no file no/such/model.safetensors.
    """


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that either all of it or the file before it is there, whatever happens.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from suffice.files import write_atomically
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "notes.txt")
    ...     write_atomically(path, b"the whole of it")
    ...     path.read_text()
    'the whole of it'
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(temporary, content)
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror or error}); nothing that was there is changed."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _write_through(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
