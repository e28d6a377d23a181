"""Two folders change places, so that at no moment either is missing."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_HERE = -100
"""AT_FDCWD of Linux: paths are as they stand."""
_EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2, the same number as RENAME_SWAP of macOS."""


def exchange(first: Path, second: Path) -> bool:
    """Exchange what two paths name; False where the system cannot."""
    paths = os.fsencode(first), os.fsencode(second)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            return library.renameat2(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0
        return sys.platform == "darwin" and library.renamex_np(*paths, _EXCHANGE) == 0
    except (OSError, AttributeError, TypeError):
        return False
