"""What click reads for us, lists in variables, seconds, times with a unit; and its complaints."""

import os

import click

from autoreload.core import advice
from autoreload.core.options import out_of_bounds

_LONGEST_S = 86_400.0


class Listed(click.ParamType[str]):
    """Text of which a variable may hold several, separated like PATH."""

    name = "glob"
    envvar_list_splitter = os.pathsep

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return str(value)


class Seconds(click.ParamType[float]):
    """A duration, not below a bound and not endless."""

    name = "seconds"

    def __init__(self, least: float = 0.0) -> None:
        self.least = least

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            seconds = float(str(value))
        except ValueError:
            self.fail(f"{str(value)!r} is not a number of seconds", param, ctx)
        if complaint := out_of_bounds(seconds, self.least):
            self.fail(complaint, param, ctx)
        return seconds


class Duration(click.ParamType[float]):
    """Seconds, or `90s`, or `5m`."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value)
        unit = {"s": 1.0, "m": 60.0}.get(text[-1:], 0.0)
        try:
            seconds = float(text[:-1] if unit else text) * (unit or 1.0)
        except ValueError:
            self.fail(f"{text!r} is no time; 30, 30s and 5m are", param, ctx)
        if not 0 <= seconds <= _LONGEST_S:
            self.fail(f"{text!r} is not between 0 and {_LONGEST_S:g} s", param, ctx)
        return seconds


def sentence(problem: click.ClickException) -> str:
    """Click's complaint in our style: lower case, no full stop, what to do."""
    if isinstance(problem, click.NoSuchOption):
        # Click words it differently from version to version.
        near = advice.did_you_mean(problem.possibilities or ())
        return f"no option {problem.option_name!r}{near or '; see autorun --help'}"
    text = problem.format_message().strip().rstrip(".")
    text = " ".join(text.split())
    return f"{text[:1].lower()}{text[1:]}; see autorun --help"
