"""What the program finds in its environment about its run."""

import json

import click

from autoreload.cli import command
from autoreload.core import variables


def test_the_first_run_is_because_of_nothing() -> None:
    assert variables.of_run(1, [], "/home/me") == {"AUTORUN_RUN": "1", "AUTORUN_CHANGES": "[]"}


def test_paths_are_told_as_the_user_would_write_them() -> None:
    paths = ["/home/me/a.py", "/home/me2/b.py", '/home/me/d/"\udcff\n\u2028.py', "/home/me"]
    found = variables.of_run(12, paths, "/home/me")
    assert found["AUTORUN_RUN"] == "12"
    assert found["AUTORUN_CHANGES"].isascii()
    told = ["a.py", "/home/me2/b.py", 'd/"\udcff\n\u2028.py', "/home/me"]
    assert json.loads(found["AUTORUN_CHANGES"]) == told
    assert json.loads(variables.of_run(2, ["/a/b"], "/")["AUTORUN_CHANGES"]) == ["a/b"]


def test_none_of_them_is_an_option() -> None:
    """A nested autorun would read it as one."""
    context = click.Context(command, auto_envvar_prefix="AUTORUN")
    names = {
        f"AUTORUN_{one.name.upper()}" for one in command.get_params(context) if one.name is not None
    }
    assert not names & variables.FOR_APP
    assert set(variables.of_run(1, [], "/")) | set(variables.ALWAYS) <= variables.FOR_APP
