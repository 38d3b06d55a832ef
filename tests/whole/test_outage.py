"""While the app is down: its port answers with the error, and a port that is taken is awaited."""

import json
import socket
import subprocess
import sys
import time

import pytest

from tests.driver import App, free_port, until

SERVER = """\
import http.server
import os

from words import GREETING


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = GREETING.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Greeter).serve_forever()
"""


@pytest.fixture
def port(app: App) -> int:
    """The port of a server whose greeting lies in a file of its own."""
    app.write("server.py", SERVER)
    app.write("words.py", "GREETING = 'hello'\n")
    return free_port()


def break_it(app: App, port: int) -> None:
    app.start("server.py", env={"PORT": str(port)})
    app.wait_answer(port, "hello")
    app.edit("words.py", "import not_there_at_all\n")
    app.wait_for("Crashed")


def test_the_error_is_answered_and_the_next_save_serves(app: App, port: int) -> None:
    break_it(app, port)
    text = app.wait_answer(port, "not_there_at_all")
    assert text.startswith("503")
    assert "words.py" in text
    error = json.loads(app.get(port, headers={"Accept": "application/json"})[4:])["error"]
    assert error["type"] == "ModuleNotFoundError"
    assert error["file"].endswith("words.py")
    page = app.get(port, headers={"Accept": "text/html"})
    assert "<html" in page
    assert "not_there_at_all" in page
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_answer(port, "good day")
    assert app.stop_leaves_nothing(port) == 0


def test_a_second_error_takes_the_place_of_the_first(app: App, port: int) -> None:
    break_it(app, port)
    app.edit("words.py", "raise RuntimeError('another one')\n")
    app.wait_for("Crashed", times=2)
    assert "another one" in app.wait_answer(port, "another one")


def test_a_page_that_waits_hears_of_the_next_run(app: App, port: int) -> None:
    break_it(app, port)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Autorun-Wait: 1\r\n\r\n")
        heard = waiting.recv(4096)
        assert heard.startswith(b"HTTP/1.1 200")
        app.edit("words.py", "GREETING = 'good day'\n")
        while chunk := waiting.recv(4096):
            heard += chunk
        assert b"again" in heard
    app.wait_answer(port, "good day")


def test_what_is_no_request_is_closed(app: App, port: int) -> None:
    break_it(app, port)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert client.recv(4096) == b""


def test_an_app_that_is_done_keeps_no_port(app: App, port: int) -> None:
    app.start("server.py", env={"PORT": str(port)})
    app.wait_answer(port, "hello")
    app.edit("words.py", "raise SystemExit(0)\n")
    app.wait_for("finished in")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_is_taken_is_named_and_awaited(app: App, port: int) -> None:
    taken = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(taken, cwd=app.folder, stdout=quiet, stderr=quiet) as other:
        try:
            until(lambda: _listens(port), lambda: "the other server does not listen")
            app.start("server.py", env={"PORT": str(port)})
            app.wait_for(rf"port {port} is in use by pid {other.pid} \(.*http\.server {port}")
        finally:
            other.terminate()
            other.wait(10)
    app.wait_for(f"port {port} is free, starting again")
    app.wait_answer(port, "hello")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        time.sleep(0.01)
        return False
    return True
