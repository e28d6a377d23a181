"""The command line: ``suffice fit``, ``score``, ``sample``, ``impute``, ``show`` and ``denoise``."""

from suffice.cli.main import main

__all__ = ["main"]
