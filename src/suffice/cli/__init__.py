"""The command line: ``suffice fit``, ``score``, ``sample``, ``impute`` and ``show``."""

from suffice.cli.main import main

__all__ = ["main"]
