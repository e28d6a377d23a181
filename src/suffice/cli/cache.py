"""Compiled programs kept between processes, so that the second run of a command starts faster."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def turn_on_compilation_cache() -> None:
    """Ask JAX, before it is imported, to keep what it compiles; settings of the user's own stay as they are."""
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(user_cache() / "suffice" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


def user_cache() -> Path:
    """The folder where this system keeps a user's caches."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    given = os.environ.get(variable, "")
    return Path(given) if os.path.isabs(given) else Path.home() / ".cache"
