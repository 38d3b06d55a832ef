"""No connection is refused or broken over a restart: real servers under load."""

import itertools
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.driver import App, free_port, until
from tests.load import Load, Where, ask, connect, version_in
from tests.serving import SERVERS, WARE, Server, named

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


def restarted(app: App, where: Where, *, times: int = RESTARTS, workers: int = 1) -> Load:
    """Restart under load so many times; what the clients met."""
    with Load(where) as load:
        for version in range(1, times + 1):
            save_and_see(app, load, WARE.format(version))
            if workers > 1:  # one that has not begun to import would have the next version
                app.wait_for(f"serves {version}", times=workers)
        until(load.answered_more(BETWEEN), load.told)
    return load


def save_and_see(app: App, load: Load, ware: str) -> None:
    """Save the next version under load, and wait until a client has seen it."""
    until(load.answered_more(BETWEEN), load.told)
    seen = load.seen
    app.edit("ware.py", ware)
    until(lambda: load.seen > seen, lambda: load.told() + app.said())


@pytest.mark.parametrize("server", SERVERS, ids=[server.name for server in SERVERS])
def test_nobody_is_refused_over_a_restart(app: App, server: Server) -> None:
    port = start(app, server)
    if server.workers > 1:
        app.wait_for("serves 0", times=server.workers)
    load = restarted(app, ("127.0.0.1", port), workers=server.workers)
    assert load.counts["refused"] == load.counts["wrong"] == load.counts["hung"] == 0, load.told()
    if server.is_one_process:
        assert set(load.counts) == {"ok"}, load.told()
    app.assert_restarts(RESTARTS)
    assert app.stop_leaves_nothing(port) == 0


TINY = """\
import os
import select
import socket

from ware import *

ANSWER = b"HTTP/1.1 200 OK\\r\\n\\r\\nversion %d." % VERSION


def opened(place):
    family = socket.AF_INET if isinstance(place, tuple) else socket.AF_UNIX
    return socket.create_server(place, family=family)


servers = [opened(place) for place in PLACES]
print("serves", VERSION, flush=True)
while True:
    for server in select.select(servers, [], [])[0]:
        client, _ = server.accept()
        client.recv(10_000)
        client.sendall(ANSWER)
        client.close()
"""


def tiny(version: int, *places: Where) -> str:
    """The file `ware.py` of a program that serves at these places."""
    return f"VERSION = {version}\nPLACES = {list(places)!r}\n"


def start_tiny(
    app: App,
    *places: Where,
    options: tuple[str, ...] = (),
    command: Sequence[str] | None = None,
) -> None:
    app.write("app.py", TINY)
    app.write("ware.py", tiny(0, *places))
    app.start(*options, "app.py", command=command)
    app.wait_for("serves 0")  # at all places; it is ready when it is at the first
    app.wait_for("ready in")


def here(number: int) -> list[tuple[str, int]]:
    """So many free places."""
    return [("127.0.0.1", free_port()) for _ in range(number)]


def is_refused(where: Where) -> bool:
    return ask(where, 1).kind == "refused"


UNIX = [
    ("uvicorn", "uvicorn asgi:app --uds s.sock --loop asyncio", "uvicorn, asyncio"),
    ("uvicorn, uvloop", "uvicorn asgi:app --uds s.sock --loop uvloop", "uvicorn, uvloop"),
    ("gunicorn", "gunicorn wsgi:app --bind unix:s.sock", "gunicorn"),
    ("waitress", "waitress-serve --unix-socket=s.sock wsgi:app", "waitress"),
]


@pytest.mark.parametrize(("line", "name"), [row[1:] for row in UNIX], ids=[row[0] for row in UNIX])
def test_a_socket_of_the_file_system_refuses_nobody_either(
    app: App, line: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers remove its path when they stop and before they start."""
    monkeypatch.chdir(app.project)  # a path of a socket is short
    start(app, named(name), line)
    assert app.count(r"ready in .*  unix:.*s\.sock") == 1, app.said()
    load = restarted(app, "s.sock", times=2)
    assert set(load.counts) == {"ok"}, load.told() + app.said()
    app.wait_for("ready in", times=2)
    assert app.stop_leaves_nothing() == 0
    # The others leave their path by hand as well.
    assert {*os.listdir(".")} - {"s.sock", "__pycache__"} == {"ware.py", *named(name).files}
    assert name != "gunicorn" or not os.path.exists("s.sock")


def test_a_listener_that_the_new_code_does_not_open_is_closed(app: App) -> None:
    """Of two, one; nobody hangs on a port that nobody serves."""
    one, two = here(2)
    start_tiny(app, one, two)
    assert ask(two).kind == "ok"
    app.edit("ware.py", tiny(1, one))
    app.wait_for("serves 1")
    until(lambda: is_refused(two), app.said)
    assert version_in(ask(one).text) == 1
    app.edit("ware.py", tiny(2, one, two))
    app.wait_for("serves 2")
    assert version_in(ask(two).text) == 2
    assert app.stop_leaves_nothing(one[1]) == 0


def test_a_changed_port_is_refused_at_once(app: App, tmp_path: Path) -> None:
    one, two = here(2)
    places: list[Where] = [one, two, str(tmp_path / "s.sock"), one]
    start_tiny(app, one)
    for version, (old, new) in enumerate(itertools.pairwise(places), 1):
        app.edit("ware.py", tiny(version, new))
        app.wait_for("ready in", times=version + 1)
        assert is_refused(old), app.said()
        assert version_in(ask(new).text) == version
    assert not list(tmp_path.glob("*s.sock*"))
    assert app.stop_leaves_nothing(one[1]) == 0


def test_who_asks_while_the_app_is_broken_is_served_by_the_next_good_save(app: App) -> None:
    """It fails at boot: nobody is refused, nobody gets the old code, and who asks is told why."""
    (one,) = here(1)
    start_tiny(app, one)
    with Load(one) as load:
        save = (app.project / "ware.py").read_text
        until(load.answered_more(BETWEEN), load.told)
        app.edit("ware.py", save() + "1 / 0\n")
        app.wait_for("ZeroDivisionError: division by zero")
        app.edit("ware.py", tiny(1, one))
        until(lambda: load.seen == 1, lambda: load.told() + app.said())
    told = [answer for answer in load.failed if answer.kind == "odd"]
    assert all(answer.text.startswith(b"HTTP/1.1 503 ") for answer in told), load.told()
    assert set(load.counts) <= {"ok", "odd"}, load.told()
    assert app.stop_leaves_nothing(one[1]) == 0


def test_an_end_while_the_app_is_broken_frees_the_port(app: App) -> None:
    (one,) = here(1)
    start_tiny(app, one)
    app.edit("ware.py", "1 / 0\n")
    app.wait_for("waiting for a change")
    with connect(one):
        assert app.stop_leaves_nothing(one[1]) == 0


def test_sockets_are_not_kept_on_request(app: App) -> None:
    """Which shows that the clients here notice a restart."""
    (one,) = here(1)
    start_tiny(app, one, options=("--no-keep-sockets",))
    with Load(one) as load:
        for version in range(1, 4):
            save_and_see(app, load, tiny(version, one))
    assert load.counts["refused"] > 0
    assert load.counts["wrong"] == 0
    assert app.stop_leaves_nothing(one[1]) == 0


THREADED = """\
import socketserver
import threading

from ware import *


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(10_000)
        self.request.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nversion %d." % VERSION)


socketserver.TCPServer.allow_reuse_address = True
server = socketserver.ThreadingTCPServer(PLACES[0], Handler)
thread = threading.Thread(target=server.serve_forever)
thread.start()
try:
    thread.join()
except KeyboardInterrupt:
    server.shutdown()
    thread.join()
    server.server_close()
"""


def test_a_server_in_a_thread_stops_at_once(app: App) -> None:
    (one,) = here(1)
    app.write("app.py", THREADED)
    app.write("ware.py", tiny(0, one))
    app.start("app.py")
    app.wait_for("ready in")
    with Load(one) as load:
        for version in range(1, 6):
            save_and_see(app, load, tiny(version, one))
    assert set(load.counts) == {"ok"}, load.told()
    assert app.count("killed") == 0, app.said()
    assert app.stop_leaves_nothing(one[1]) == 0


FEW_EVENTS = """\
from autoreload.outer import journal
journal.MOST_KEPT = 100
from autoreload.__main__ import main
main()
"""
"""The last thousand events are kept, which three hundred restarts do not reach."""


def test_three_hundred_restarts_leave_nothing_in_autorun(app: App) -> None:
    (one,) = here(1)
    start_tiny(app, one, options=("--delay=0",), command=(sys.executable, "-c", FEW_EVENTS))
    most, used = 0, []
    for version in range(1, 301):
        app.edit("ware.py", tiny(version, one))
        app.wait_for(rf"serves {version}\n")
        if version % 50 == 0:
            # Not so many times: who is saved again at once has not been seen to be ready.
            app.wait_for(r"ready in .*\n\Z", stream="err")
            most = most or descriptors(app.pid)
            assert_no_more_descriptors(app.pid, most)
            used.append(memory_kb(app.pid))
    assert used[-1] - used[1] < 200, used  # not a kilobyte for each
    assert app.stop_leaves_nothing(one[1]) == 0


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def assert_no_more_descriptors(pid: int, most: int) -> None:
    """One may be open for a moment; none stays."""
    until(lambda: descriptors(pid) <= most, lambda: f"{most} were open, now {descriptors(pid)}")


def memory_kb(pid: int) -> int:
    """What a process has for itself alone."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("whom", ["outer", "inner"])
def test_a_kill_at_any_moment_of_a_hand_over_leaves_nothing(app: App, whom: str, seed: int) -> None:
    """The port is free when autorun is gone; an app that was killed is started again by a save."""
    (one,) = here(1)
    start_tiny(app, one)
    victims = {"outer": app.pid, "inner": app.inner_pid()}
    chance = random.Random(seed)
    app.edit("ware.py", tiny(1, one))
    select.select([], [], [], chance.uniform(0.0, 0.25))
    try:
        os.kill(victims[whom], signal.SIGKILL)
    except ProcessLookupError:
        pass  # the run has ended by itself
    if whom == "outer":
        app.wait()
    else:
        app.edit("ware.py", tiny(2, one))
        until(lambda: version_in(ask(one).text) == 2, app.said)
        assert app.stop() == 0, app.said()
    app.assert_nothing_left()
    until(lambda: is_refused(one), app.said)
    with socket.create_server(one):
        pass


@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_is_stopped_in_a_hand_over_is_killed_and_followed(app: App, seed: int) -> None:
    (one,) = here(1)
    start_tiny(app, one, options=("--stop-timeout=0.3",))
    inner = app.inner_pid()
    app.edit("ware.py", tiny(1, one))
    app.wait_for("changed, (restarting|ready)")
    select.select([], [], [], random.Random(seed).uniform(0.0, 0.02))
    try:
        os.kill(inner, signal.SIGSTOP)
    except ProcessLookupError:
        pass  # the run has ended by itself
    app.edit("ware.py", tiny(2, one))
    until(lambda: version_in(ask(one, 1).text) == 2, app.said)
    assert app.stop_leaves_nothing(one[1]) == 0
