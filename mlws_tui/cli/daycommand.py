"""Commands with a day for an argument."""

from __future__ import annotations

import re

import click

_DAYS_AGO = re.compile(r"-\s*\d+\s*[a-z]*", re.IGNORECASE)


class DayCommand(click.Command):
    """A command with a day for an argument: ``-3`` is one, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # behind a blank click takes it for what it is, and a day may have blanks around it
        return super().parse_args(ctx, [f" {arg}" if _DAYS_AGO.fullmatch(arg) else arg for arg in args])
