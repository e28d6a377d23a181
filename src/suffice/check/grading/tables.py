"""Tables of TOML: read, with every error a sentence that names the file and the place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_BYTES = 20_000_000


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds; raises ``ValueError`` with a sentence where it cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} has more than {MOST_BYTES:,} bytes; that is no file of exercises or answers.")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8; save it so.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(
            f'{path} is not TOML: {_said(error)}; a line is written name = "formula", with quotes.'
        ) from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply.") from None


def _said(error: Exception) -> str:
    text = str(error).splitlines()[0].rstrip(".")
    return text[:1].lower() + text[1:200]


def value_of(table: Mapping[str, Any], name: str, kind: type | tuple[type, ...], default: Any, where: str) -> Any:
    """A value of a table that must be of a kind."""
    value = table.get(name, default)
    if not isinstance(value, kind) or (isinstance(value, bool) and bool not in _kinds(kind)):
        expected = " or ".join(WORDS.get(one, one.__name__) for one in _kinds(kind))
        raise ValueError(f"{where}: {name} = {value!r} is not {expected}.")
    return value


def _kinds(kind: type | tuple[type, ...]) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)


WORDS: dict[type, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
