"""The sockets of `--socket`, over the life of an autorun."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autoreload.core.listenfds import Place, SocketProblem, parse
from autoreload.outer.offered import Offered
from autoreload.system import handing
from tests.children import environment
from tests.keeping import ask


def places(*texts: str) -> list[Place]:
    return [parse(text) for text in texts]


def test_they_are_open_in_order_and_out_of_the_way(tmp_path: Path) -> None:
    path = str(tmp_path / "app.sock")
    offered = Offered(places("0", path, "0.0.0.0:0"))
    try:
        names = [socket.socket(fileno=os.dup(fd)) for fd in offered.fds]
        ports = [one.getsockname()[1] for one in names if one.family == socket.AF_INET]
        assert offered.urls == [
            f"http://127.0.0.1:{ports[0]}",
            path,
            f"http://127.0.0.1:{ports[1]}",
        ]
        assert names[1].getsockname() == path
        assert offered.inodes == {os.fstat(one.fileno()).st_ino for one in names}
        for fd in offered.fds:
            assert fd > 5
            assert not os.get_inheritable(fd)
        for one in names:
            one.close()
        socket.create_connection(("127.0.0.1", ports[0])).close()
    finally:
        offered.close()
    assert not os.path.exists(path)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


def test_one_that_cannot_be_opened_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    before = os.listdir("/dev/fd")
    path = tmp_path / "app.sock"
    nowhere = tmp_path / "no" / "app.sock"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for text, problem in (
            (str(port), f"--socket 127.0.0.1:{port} is in use by another program"),
            ("203.0.113.7:80", "--socket 203.0.113.7:80 is no address of this machine"),
            ("[fe80::1%x]:80", "--socket [fe80::1%x]:80 cannot be had, there is no such interface"),
            (f"{nowhere}", f"--socket {nowhere} cannot be made, its folder is not there"),
        ):
            with pytest.raises(SocketProblem) as found:
                Offered(places(str(path), text))
            assert str(found.value) == problem
            assert not path.exists()
    with pytest.raises(SocketProblem, match=r"--socket 127\.0\.0\.1:8000 is named twice"):
        Offered(places("8000", "localhost:8000"))
    assert os.listdir("/dev/fd") == before


def test_a_path_that_somebody_else_has_by_now_is_left(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    offered = Offered(places(str(path)))
    path.unlink()
    path.write_text("another's")
    offered.close()
    assert path.read_text() == "another's"


def test_renewed_between_two_runs() -> None:
    offered = Offered(places("0"))
    try:
        with socket.socket(fileno=os.dup(offered.fds[0])) as copy:
            copy.setblocking(False)
            copy.shutdown(socket.SHUT_RDWR)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(copy.getsockname())
            offered.renew()
            socket.create_connection(copy.getsockname()).close()
            assert os.get_blocking(offered.fds[0])
    finally:
        offered.close()


def node() -> list[str]:
    if shutil.which("node") is None:
        pytest.skip("no node here")
    line = "require('http').createServer((q, r) => r.end('' + process.pid)).listen({fd: 3})"
    return ["node", "-e", line]


def of_the_environment(name: str, *words: str) -> list[str]:
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"no {name} here")
    return [str(path), *words]


SERVERS: dict[str, Callable[[], list[str]]] = {
    "node": node,
    "gunicorn": lambda: of_the_environment("gunicorn", "web:wsgi"),  # by LISTEN_PID
    "uvicorn": lambda: of_the_environment("uvicorn", "--fd", "3", "web:asgi"),
    "hypercorn": lambda: of_the_environment("hypercorn", "-b", "fd://3", "web:asgi"),
}

WEB = """
import os
def wsgi(environ, start):
    start("200 OK", [])
    return [str(os.getppid()).encode()]
async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""


@pytest.mark.parametrize("name", SERVERS)
def test_servers_that_speak_it_refuse_nobody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = SERVERS[name]()
    (tmp_path / "web.py").write_text(WEB)
    monkeypatch.chdir(tmp_path)
    offered = Offered(places("0"))
    port = int(offered.urls[0].rpartition(":")[2])
    answers = []
    try:
        for _ in range(2):
            # It knocks before anybody is there.
            with ThreadPoolExecutor() as pool:
                asked = pool.submit(ask, port)
                pid = handing.spawn(argv, environment(), mask=(), sockets=offered.fds)
                answers.append((asked.result(), pid))
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            offered.renew()
    finally:
        offered.close()
    for answer, pid in answers:
        # What hypercorn serves with is a child of its own.
        assert answer == str(pid) or (name == "hypercorn" and answer.isdigit()), answers
    assert answers[0][0] != answers[1][0]
