"""The version that is installed."""

from __future__ import annotations

from importlib import metadata


def _installed() -> str:
    try:
        return metadata.version("suffice")
    except metadata.PackageNotFoundError:
        return "0"


__version__ = _installed()
