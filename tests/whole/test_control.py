"""The control socket: whose it is, what it answers, and that no client can do any harm."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.controlling import asked, command, connected, lines_of, place, raw
from tests.driver import ROOT, App, clean_environment, free_port, until

SERVER = """\
import http.server
import os

class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def start(app: App, *options: str) -> int:
    """A server under autorun, up; its port."""
    port = free_port()
    app.write("app.py", SERVER)
    app.start(*options, "app.py", env={"PORT": str(port)})
    app.wait_for("ready in")
    return port


def test_only_its_user_can_reach_it(app: App) -> None:
    start(app)
    path = place(app)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.parent.stat().st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_is_sent_away(
    runtime: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one who got past the directory: the kernel says who it is."""
    # Not in the place of all, where nobody is found while it is open to others.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    start(app)
    script = (
        "import os, socket, sys\n"
        "os.chdir(sys.argv[1])\n"
        "plain = socket.socket(socket.AF_UNIX)\n"
        "folder = os.open('.', os.O_RDONLY)\n"
        "os.chmod(sys.argv[2], 0o666)\n"
        "os.setuid(65534)\n"
        "plain.connect(sys.argv[2])\n"
        "print(plain.recv(100))\n"
    )
    path = place(app)
    path.parent.chmod(0o711)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, str(path.parent), path.name],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        path.parent.chmod(0o700)
    assert done.stdout == "b''\n", done.stderr
    assert asked(app, "status")["state"] == "ready"


def test_a_place_that_is_open_to_others_is_not_used(app: App, tmp_path: Path) -> None:
    """Somebody else might have made it, to be asked in our stead."""
    runtime = tmp_path / "runtime"
    (runtime / "autorun").mkdir(parents=True)
    (runtime / "autorun").chmod(0o777)
    app.write("app.py", "import os\nprint(os.environ.get('AUTORUN_CONTROL'))\n")
    app.start("--exit", "app.py", env={"XDG_RUNTIME_DIR": str(runtime)})
    assert app.wait() == 0
    assert app.out() == "None\n"
    assert os.listdir(runtime / "autorun") == []


def test_the_app_is_told_where_it_is(app: App) -> None:
    app.write("app.py", "import os\nprint(os.environ['AUTORUN_CONTROL'], flush=True)\n")
    app.start("app.py")
    app.wait_for(r"\.sock\n")
    assert app.out().strip() == str(place(app))


def test_nothing_is_left_of_it(app: App) -> None:
    start(app)
    path = place(app)
    assert command(app, "stop").code == 0
    assert app.wait() == 0
    assert not path.exists()
    assert not path.with_suffix(".lock").exists()
    assert command(app, "stop").code == 0  # there is nothing to be done, and that is no failure
    assert command(app, "status").code == 3
    assert command(app, "wait").code == 3


def test_what_a_killed_one_left_is_in_nobodys_way(app: App) -> None:
    start(app)
    path = place(app)
    app.send(signal.SIGKILL)
    app.wait()
    assert path.exists()
    until(lambda: command(app, "status").code == 3, app.said)
    assert not path.exists()
    start(app)
    assert place(app) == path
    assert asked(app, "status")["instance"]["pid"] == app.pid


def test_a_second_start_says_that_it_runs_already(app: App) -> None:
    port = start(app)
    second = command(app, "app.py")
    assert second.code == 2
    assert second.err == (
        f"autorun: app.py runs already: pid {app.pid}, http://127.0.0.1:{port}; "
        "autorun stop ends it, --name NAME runs a second one\n"
    )


def test_several_of_one_directory_are_told_apart_by_name(app: App, tmp_path: Path) -> None:
    start(app)
    (tmp_path / "other").mkdir()
    other = App(tmp_path / "other")
    other.project = app.project
    app.write("worker.py", "import signal\nsignal.pause()\n")
    other.start("--name", "worker", "worker.py")
    try:
        other.wait_for("ready in")
        assert len(command(app, "status").out.splitlines()) == 2
        assert command(app, "wait").code == 0
        refused = command(app, "restart")
        assert refused.code == 2
        assert f"worker.py, name worker, pid {other.pid}" in refused.err
        assert command(app, "stop", "--name", "worker").code == 0
        assert other.wait() == 0
        assert asked(app, "status")["instance"]["pid"] == app.pid
    finally:
        other.close()


def test_it_is_found_from_below(app: App) -> None:
    start(app)
    below = app.project / "deep" / "down"
    below.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "autoreload", "status"],
        cwd=below,
        env=clean_environment({"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("app.py: ready, run 1")


def test_what_is_said_of_a_run(app: App) -> None:
    port = start(app)
    status = asked(app, "status")
    assert status["state"] == "ready"
    assert (status["run"], status["urls"]) == (1, [f"http://127.0.0.1:{port}"])
    assert status["pid"] == app.inner_pid()
    assert command(app, "why").out == "run 1 is the first one\n"
    assert command(app, "why", "app.py").out == "app.py: the target\n"
    assert command(app, "why", "none.py").out.startswith("none.py: not watched: it is not there")
    assert f"{app.project}/app.py: the target\n" in command(app, "watched").out
    stacks = command(app, "stacks").out
    assert stacks.startswith("MainThread:\n")
    assert "serve_forever" in stacks
    assert "autoreload" not in stacks
    assert command(app, "restart", "--wait").code == 0
    assert command(app, "why").out == "run 2: a restart was asked for\n"
    told = [json.loads(line)["event"] for line in command(app, "events").out.splitlines()]
    assert told == ["start", "started", "ready", "changed", "started", "ready"]


def test_events_are_followed_to_the_end(app: App) -> None:
    start(app)
    with connected(app) as one:
        first = one.ask("events", follow=True)["events"]
        assert isinstance(first, list)
        assert len(first) == 3
        app.edit("app.py", SERVER + "# edited\n")
        app.wait_for("ready in", times=2)
        assert app.stop() == 0
        rest = [entry["event"] for entry in one.lines()]
    assert rest == ["changed", "started", "ready", "stopping", "stopped"]


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        (b"nothing\n", "bad-request"),
        (b"[1, 2]\n", "bad-request"),
        (b'{"id": 1}\n', "bad-request"),
        (b'{"id": 1, "cmd": 5}\n', "bad-request"),
        (b'{"id": 1, "cmd": "explode"}\n', "unknown-command"),
        (b'{"id": 1, "v": 99, "cmd": "status"}\n', "bad-version"),
        (b'{"id": 1, "cmd": "pause", "seconds": "long"}\n', "bad-request"),
        (b'{"id": 1, "cmd": "pause", "seconds": -1}\n', "bad-request"),
        (b'{"id": 1, "cmd": "wait", "timeout": 1e99}\n', "bad-request"),
        (b'{"id": 1, "cmd": "why", "path": []}\n', "bad-request"),
        (b'{"id": 1, "cmd": "events", "after": true}\n', "bad-request"),
        (b"[" * 50_000 + b"\n", "bad-request"),
        (b"\xff\xfe\n", "bad-request"),
    ],
)
def test_a_wrong_request_is_refused(app: App, request_line: bytes, code: str) -> None:
    start(app)
    with raw(app) as plain:
        plain.sendall(request_line + b'{"id": 2, "cmd": "status"}\n')
        lines = lines_of(plain)
        assert next(lines)["v"] == 1
        assert next(lines)["error"]["code"] == code
        assert next(lines)["state"] == "ready"


def test_a_flood_is_cut_off(app: App) -> None:
    start(app)
    with raw(app) as plain:
        refused = None
        for _ in range(160):  # 10 MB
            try:
                plain.sendall(b"x" * 65_536)
            except OSError as error:
                refused = error
                break
        assert isinstance(refused, BrokenPipeError | ConnectionResetError)
    assert asked(app, "status")["state"] == "ready"


def test_half_a_request_holds_nobody_up(app: App) -> None:
    start(app)
    with raw(app) as plain:
        plain.sendall(b'{"id": 1, "cmd": "sta')
        assert asked(app, "status")["state"] == "ready"
        plain.sendall(b'tus"}\n')
        lines = lines_of(plain)
        next(lines)
        assert next(lines)["state"] == "ready"


def test_200_clients_are_no_more_than_it_can_take(app: App) -> None:
    start(app)
    path = str(place(app))
    clients = []
    for _ in range(200):
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        client.settimeout(10)
        clients.append(client)
    greeted = refused = 0
    for client in clients:
        with client.makefile("rb") as file:
            assert b'"v":1' in file.readline()
            with suppress(BrokenPipeError):  # one too many, which it has been told
                client.sendall(b'{"id": 1, "cmd": "status"}\n')
            answer = json.loads(file.readline())
            greeted += answer["ok"]
            refused += not answer["ok"] and answer["error"]["code"] == "busy"
    assert greeted + refused == 200
    assert greeted >= 60
    for client in clients:
        client.close()
    assert asked(app, "status")["state"] == "ready"


def test_a_client_that_never_reads_is_let_go(app: App) -> None:
    start(app)
    with raw(app) as plain:
        plain.setblocking(False)
        line = b'{"id": 1, "cmd": "watched"}\n' * 1000

        def is_closed() -> bool:
            try:
                plain.send(line)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return False

        until(is_closed, app.said)
    assert asked(app, "status")["state"] == "ready"


def test_whoever_waits_is_told_of_the_end(app: App) -> None:
    start(app)
    with connected(app) as one, connected(app) as other:
        one.ask("pause", seconds=300)
        app.edit("app.py", SERVER + "# edited\n")
        assert one.ask("wait", timeout=0.1)["result"] == "timeout"
        other.ask("stop")
        assert one.ask("wait", within_s=30, timeout=30)["result"] == "stopped"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("wait", "--timeout", "soon"), "'soon' is no time; 30, 30s and 5m are"),
        (("wait", "--now"), "no such option"),
        (("why", "a", "b"), "got unexpected extra argument"),
        (("pause", "--for", "-5"), "'-5' is not between 0 and 86400 s"),
    ],
)
def test_a_wrong_line_is_said_in_a_sentence(
    app: App, words: tuple[str, ...], sentence: str
) -> None:
    outcome = command(app, *words)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert sentence in outcome.err
    assert f"see autorun {words[0]} --help" in outcome.err


def test_a_file_of_that_name_is_the_target(app: App) -> None:
    app.write("status", "print('mine')\n")
    app.write("wait/__main__.py", "print('mine, too')\n")
    assert "autorun runs in this directory" not in command(app, "--exit", "status").err
    assert command(app, "--exit", "wait").out == "mine, too\n"
