"""How advice is written: sentences, with options of the command line or with parameters."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """A sentence, and command lines to try."""

    text: str
    commands: tuple[str, ...] = ()


def option(name: str, value: object, command: Sequence[str] | None) -> str:
    """How to write a setting: as an option of the command line, or as a parameter."""
    return f"{name}={value!r}" if command is None else f"--{name.replace('_', '-')} {value}"


def with_options(command: Sequence[str], **settings: object) -> str:
    """The command line with some options set to other values."""
    words = list(command)
    for name, value in settings.items():
        flag = f"--{name.replace('_', '-')}"
        words = [word for word in words if not word.startswith(f"{flag}=")]
        if flag in words:
            words[words.index(flag) + 1] = str(value)
        else:
            words += [flag, str(value)]
    return shlex.join(words)


def to_try(command: Sequence[str] | None, **settings: object) -> tuple[str, ...]:
    """The command line with other values, if there is one, for a folder of its own."""
    if command is None:
        return ()
    out = value_of(command, "--out")
    elsewhere = {} if out is None else {"out": f"{out.rstrip('/')}-next"}
    return (with_options(command, **settings, **elsewhere),)


def value_of(command: Sequence[str], flag: str) -> str | None:
    """The value of an option in a command line."""
    for word, following in zip(command, [*command[1:], ""], strict=True):
        if word == flag and following:
            return following
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None
