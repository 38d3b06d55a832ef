"""No connection is refused or broken over a restart: real servers under load."""

import pytest

from tests.driver import App, free_port, until
from tests.load import Load, Where
from tests.serving import SERVERS, WARE, Server

RESTARTS = 3
BETWEEN = 20
"""Answers between two restarts: the load is on when the next one begins."""


def start(app: App, server: Server, line: str = "") -> int:
    """Start a server with its program on a free port; the port."""
    app.write("ware.py", WARE.format(0))
    for name, text in server.files.items():
        app.write(name, text)
    port = free_port()
    words = (line or server.line).replace("PORT", str(port)).split()
    # gunicorn keeps a socket for its own command there.
    app.start(*words, env={"HOME": str(app.folder), "PORT": str(port)})
    app.wait_for("ready in")
    return port


def restarted(app: App, where: Where, *, times: int = RESTARTS) -> Load:
    """Restart under load so many times; what the clients met."""
    with Load(where) as load:
        for version in range(1, times + 1):
            save_and_see(app, load, version)
        until(load.answered_more(BETWEEN), load.told)
    return load


def save_and_see(app: App, load: Load, version: int) -> None:
    """Save a version under load, and wait until a client has seen it."""
    until(load.answered_more(BETWEEN), load.told)
    app.edit("ware.py", WARE.format(version))
    until(lambda: load.seen >= version, lambda: load.told() + app.said())


@pytest.mark.parametrize("server", SERVERS, ids=[server.name for server in SERVERS])
def test_nobody_is_refused_over_a_restart(app: App, server: Server) -> None:
    port = start(app, server)
    load = restarted(app, ("127.0.0.1", port))
    assert load.counts["refused"] == load.counts["wrong"] == load.counts["hung"] == 0, load.told()
    if server.is_one_process:
        assert set(load.counts) == {"ok"}, load.told()
    assert app.count("changed, restarting") == RESTARTS, app.said()
    assert app.stop_leaves_nothing(port) == 0
