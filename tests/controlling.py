"""Speaks to an autorun under test, as the commands do."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoreload.client.connection import Connection, find
from tests.driver import App, clean_environment, until
from tests.runs import Outcome, autorun


def command(app: App, *words: str) -> Outcome:
    """Run `autorun WORDS` where the app was started."""
    return autorun(app.project, *words)


def asked(app: App, *words: str) -> dict[str, Any]:
    """What `autorun WORDS --json` answers, once there is an autorun that can be asked."""
    until(lambda: is_there(app), app.said)
    outcome = command(app, *words, "--json")
    assert outcome.out, outcome
    return dict(json.loads(outcome.out))


def is_there(app: App) -> bool:
    """Whether an autorun of the project can be spoken with."""
    found = find(str(app.project), clean_environment())
    for one in found:
        one.close()
    return bool(found)


@contextmanager
def connected(app: App) -> Iterator[Connection]:
    """A connection to the autorun, once it can be found."""
    one = until(lambda: find(str(app.project), clean_environment()), app.said)[0]
    try:
        yield one
    finally:
        one.close()


def place(app: App) -> Path:
    """The socket of the autorun, once it is there."""
    with connected(app) as one:
        return Path(one.path)


@contextmanager
def raw(app: App) -> Iterator[socket.socket]:
    """A bare connection, whose greeting has not been read."""
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(10)
        plain.connect(str(place(app)))
        yield plain


def lines_of(plain: socket.socket) -> Iterator[dict[str, Any]]:
    """The objects that come over a bare connection."""
    with plain.makefile("rb") as file:
        for line in file:
            yield json.loads(line)
