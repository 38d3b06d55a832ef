"""The kinds of values that options take, as click reads them."""

import os

import click

from autoreload.core.options import out_of_bounds


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
