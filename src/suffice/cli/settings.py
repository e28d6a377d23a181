"""``suffice.toml``: options of commands, which the command line may still override."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import typer

FILE = Path("suffice.toml")


def settings_file(words: list[str]) -> tuple[Path | None, list[str]]:
    """The file that ``--settings`` names, or that of the folder where there is one; and the words without the option."""
    for place, word in enumerate(words):
        if word == "--settings" and place + 1 < len(words):
            return Path(words[place + 1]), [*words[:place], *words[place + 2 :]]
        if word.startswith("--settings="):
            return Path(word.partition("=")[2]), [*words[:place], *words[place + 1 :]]
    return (FILE if FILE.is_file() else None), words


def read_settings(path: Path, command: Any) -> dict[str, Any]:
    """Options by command, as ``[fit.gaussian-mixture]`` has them; names that no command knows are refused."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {path} (given in --settings).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}.") from None
    return _of_command(given, command, str(path), "")


def _of_command(given: dict[str, Any], command: Any, path: str, where: str) -> dict[str, Any]:
    commands = getattr(command, "commands", {})
    options = {name.lstrip("-"): one for one in command.params for name in one.opts if name.startswith("--")}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in commands and isinstance(value, dict):
            found[name] = _of_command(value, commands[name], path, f"{where}{name}.")
        elif name.replace("_", "-") in options and not isinstance(value, dict):
            option, words = options[name.replace("_", "-")], _as_words(value)
            found[option.name] = [words] if option.multiple else words
        else:
            known = ", ".join([*commands, *options])
            raise typer.BadParameter(f"{path} names {where}{name}, which is not known; there {known} are.")
    return found


def _as_words(value: Any) -> Any:
    """A value as the command line would have it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, bool) else str(value)
