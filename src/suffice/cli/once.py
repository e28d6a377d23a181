"""Options that are given once: a second one would silently take the place of the first."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Once:
    """Of a command or a group the refusal of options that stand twice on a command line, and are not meant to."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words, where none is an option for the second time."""
        command: Any = super()
        _refuse_second(command.make_parser(ctx).parse_args(args=list(args))[2])
        return command.parse_args(ctx, args)


class OnceCommand(Once, TyperCommand):
    """A command whose options are given once."""


class OnceGroup(Once, TyperGroup):
    """The same of a group of commands."""


def _refuse_second(given: list[Any]) -> None:
    """Refuse an option that is among those given twice, but a flag, which says the same again."""
    for option in given:
        again = option.param_type_name == "option" and not option.multiple and given.count(option) > 1
        if again and not (option.is_flag and not option.secondary_opts):
            name = max(option.opts, key=len)
            raise typer.BadParameter(
                f"{name} was given {given.count(option)} times, and only the last would count: give it once, with all that it "
                "should hold."
            )
