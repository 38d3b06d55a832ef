"""Profilers, coverage and debuggers on the line: they are with the program, and so in each run."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver import PATIENCE_S, App, free_port, until

APP = """\
import sys, time
from ware import VERSION
print("version", VERSION, sys.argv[1:], flush=True)
def wait():
    time.sleep(100)
wait()
"""


def start(app: App, *words: str) -> None:
    app.write("ware.py", "VERSION = 1\n")
    app.write("app.py", APP)
    app.start(*words, "app.py", "its own")
    app.wait_for("version 1 ['its own']".replace("[", r"\["))
    app.wait_for("ready in")


def restart(app: App) -> None:
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for(r"version 2 \['its own'\]")
    app.wait_for("ready in", times=2)
    # The script itself is read by the tool and not by the interpreter.
    app.replace("app.py", "version", "number")
    app.wait_for("app.py changed, (restarting|ready)")
    app.wait_for(r"number 2 \['its own'\]")
    app.wait_for("ready in", times=3)


def test_a_profile_is_written_at_the_end_of_each_run(app: App) -> None:
    start(app, "-m", "cProfile", "-o", "profile")
    assert not (app.project / "profile").exists()
    restart(app)
    script = "import pstats; pstats.Stats('profile').print_stats()"
    shown = subprocess.run(
        [sys.executable, "-c", script], cwd=app.project, capture_output=True, text=True, check=True
    ).stdout
    assert "(wait)" in shown
    assert app.stop_leaves_nothing() == 0


@pytest.mark.parametrize("words", [("-m", "coverage"), (sys.executable, "-m", "coverage")])
def test_coverage_is_saved_at_the_end_of_each_run(app: App, words: tuple[str, ...]) -> None:
    pytest.importorskip("coverage")
    start(app, *words, "run", "--source=.")
    restart(app)
    report = [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"]
    shown = subprocess.run(report, cwd=app.project, capture_output=True, text=True, check=True)
    measured = json.loads(shown.stdout)["files"]
    assert set(measured) == {"app.py", "ware.py"}
    assert measured["app.py"]["missing_lines"] == []
    assert app.stop_leaves_nothing() == 0


class Editor:
    """What an editor says to debugpy, in its Debug Adapter Protocol."""

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._number = 0
        found: list[socket.socket] = []
        until(lambda: self._connect(port, found), app.said)
        self._socket = found[0]
        self._socket.settimeout(PATIENCE_S)
        self._stream = self._socket.makefile("rb")

    @staticmethod
    def _connect(port: int, found: list[socket.socket]) -> bool:
        try:
            found.append(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
        except OSError:
            return False
        return True

    def ask(self, command: str, **arguments: object) -> None:
        self._number += 1
        message = {"type": "request", "seq": self._number, "command": command}
        body = json.dumps({**message, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def wait_for(self, kind: str, name: str) -> dict[str, object]:
        """Wait for an event or response, passing over what else comes."""
        heard = []
        while header := self._stream.readline():
            length = int(header.partition(b":")[2])
            self._stream.readline()
            message = json.loads(self._stream.read(length))
            heard.append(message)
            if message["type"] == kind and name == message.get("event", message.get("command")):
                return dict(message.get("body") or {})
        raise EOFError(f"no {kind} {name!r} in {heard}\n{self._app.said()}")

    def attach(self, path: Path, *lines: int) -> "Editor":
        """Let the program run, up to breakpoints in these lines."""
        self.ask("initialize", adapterID="test")
        self.wait_for("response", "initialize")
        self.ask("attach", justMyCode=True)
        self.wait_for("event", "initialized")
        breakpoints = [{"line": line} for line in lines]
        self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=breakpoints)
        self.wait_for("response", "setBreakpoints")
        self.ask("configurationDone")
        return self

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def test_a_program_that_an_editor_has_stopped_is_left_alone(app: App) -> None:
    """And the next run listens for the editor again, at the same port."""
    pytest.importorskip("debugpy")
    app.write("ware.py", "VERSION = 1\n")
    path = app.write("app.py", APP)
    port = free_port()
    app.start("-m", "debugpy", "--listen", f"127.0.0.1:{port}", "--wait-for-client", "app.py")
    editor = Editor(app, port)
    editor.attach(path, 4)
    thread = editor.wait_for("event", "stopped")["threadId"]
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("ware.py changed: kept until you continue")
    editor.ask("next", threadId=thread)
    editor.wait_for("event", "stopped")
    app.edit("ware.py", "VERSION = 33\n")
    editor.ask("continue", threadId=thread)
    app.wait_for("ware.py changed, (restarting|ready)")
    editor.wait_for("event", "terminated")
    editor.close()

    def attached() -> Editor | None:
        editor = Editor(app, port)
        try:
            return editor.attach(path)
        except (OSError, EOFError):
            editor.close()
            return None  # that was the end of the last run's

    again = until(attached, app.said)
    assert again is not None
    app.wait_for("version 33")
    app.assert_restarts(1)
    assert app.count("kept until") == 1, app.said()
    assert "cannot be followed" not in app.err()
    again.close()
    assert app.stop_leaves_nothing(port) == 0
