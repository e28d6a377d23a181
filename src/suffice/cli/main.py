"""The entry point: builds the application, runs it, and turns every failure into one line."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from suffice.cli import telling
from suffice.cli.cache import turn_on_compilation_cache
from suffice.cli.once import OnceCommand, OnceGroup
from suffice.cli.partial import of_places
from suffice.cli.settings import read_settings, settings_file
from suffice.cli.writing import COMMAND

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Imports make many objects and no garbage: with Python's 700 the collector takes a sixth of the time of a short fit."""

COMMANDS = (
    "fit", "score", "predict", "sample", "impute", "pool", "cells", "membership-regression", "distal-outcome", "denoise", "show",
    "query", "inspect", "check", "reproduce",
)  # fmt: skip
HOMES = {"sample": "saved", "show": "saved", "membership-regression": "steps", "distal-outcome": "steps"}
"""Modules of the commands that have none of their own name."""


def _say_version(wanted: bool) -> None:
    if wanted:
        from suffice.runtime.version import __version__

        typer.echo(f"suffice {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and go.")
    ] = False,
    settings: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="TOML with options of commands, as [fit.gaussian-mixture].",
                     show_default="suffice.toml, where there is one"),
    ] = None,
) -> None:  # fmt: skip
    """What all commands share."""


def application(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """The application with these commands, whose modules alone are imported."""
    app = typer.Typer(
        name="suffice",
        cls=OnceGroup,
        help="Fit latent-variable models to a file of rows; score, sample, impute and show with what was fitted; "
        "ask Bayesian networks; restore black and white pictures; tell what a network is made of.",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for name in names:
        home = import_module(f"suffice.cli.{HOMES.get(name, name)}")
        if name == "fit":
            app.add_typer(home.app, name=name)
        else:
            app.command(name, cls=OnceCommand)(getattr(home, name.replace("-", "_")))
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Words after ``suffice``; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, 2 for input that cannot be used, 130 after Ctrl-C, 141 where nobody reads on.

    Examples
    --------
    >>> from suffice.cli import main
    >>> main(["fit", "gaussian-mixture", "absent.csv", "--out", "run"])
    2
    """
    if arguments is None:
        turn_on_compilation_cache()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    COMMAND.set(words)
    telling.begin()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say
            status = _run(words)
            return _fail("interrupted; nothing was written", 130) if status == 130 else status
    except telling.Interrupted as error:
        return _fail(str(error), 130)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted; nothing was written", 130)
    except BrokenPipeError:
        return 141
    except SystemExit as error:  # of typer, where nobody reads on
        return 141 if error.code else 0
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (ValueError, MemoryError) as error:
        return _fail(str(error))
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        return _fail(_usage(error))
    finally:
        if arguments is None:
            gc.freeze()  # what there is ends with the process: to look through it once more takes a fifth of a second


def _run(words: list[str]) -> int:
    file, words = settings_file(words)
    asked = words[0] if words else ""
    command = typer.main.get_command(application([asked] if file is None and asked in COMMANDS else COMMANDS))
    if file is None:
        return command.main(words, prog_name="suffice", standalone_mode=False) or 0
    telling.note(f"options of {file}")
    known = read_settings(file, command)
    return command.main(words, prog_name="suffice", standalone_mode=False, default_map=known) or 0


def _say(message: Warning | str, *_: Any) -> None:
    typer.echo(f"warning: {' '.join(str(message).split())}", err=True)


def _fail(message: str, status: int = 2) -> int:
    typer.echo(f"suffice: {of_places(' '.join(message.split()))}", err=True)
    return status


def _usage(error: Any) -> str:
    """The message of a wrong command line, with what exists in its place."""
    message, context = error.format_message().rstrip(".?"), getattr(error, "ctx", None)
    if context is None:
        return message
    command = context.command
    if hasattr(command, "commands"):
        kind = "models" if command.name == "fit" else "commands"
        return f"{message}; the {kind} are {', '.join(command.commands)}"
    if hasattr(error, "option_name"):
        message = message.split(" (Possible")[0]
        options = [name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)]
        return f"{message}; the options are {', '.join(name for name in options if name.startswith('--'))}"
    return f"{message}; `{context.command_path} --help` lists everything"
