"""An app that failed because an address is taken: what is said, and when it is tried again."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core import protocol
from autoreload.core.keeping import Address
from autoreload.outer.ports import LONGEST_S, PACE_S, PAUSES_S, Busy
from tests.children import named_autorun, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nobody is known to listen there")

LISTEN = """
    import signal, socket
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1])
    signal.pause()
"""


def web(server: socket.socket) -> Address:
    return Address(socket.AF_INET, *server.getsockname())


def said(busy: Busy, now: float, *, again: bool = True) -> str:
    line = busy.failed(now, again=again)
    return "" if line is None else line.text


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """A port that nobody else can have, though nobody listens there."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield server


def test_who_is_in_the_way_is_named_and_waited_for(tmp_path: Path) -> None:
    busy = Busy("/elsewhere", str(tmp_path))
    (tmp_path / "x").mkdir()
    with started(LISTEN, cwd=tmp_path / "x") as child:
        address = Address(socket.AF_INET, "127.0.0.1", int(child.line()))
        busy.noted(address)
        assert busy.freed(0.0) is None  # the run goes on
        text = said(busy, 10.0)
        assert text.startswith(f"port {address.port} is in use by pid {child.pid} (python")
        assert text.endswith(
            f", in ~/x): stop it (kill {child.pid}) or choose another port; "
            "autorun starts again when the port is free"
        )
        assert busy.timeouts(10.0) == [0.0]
        assert busy.freed(10.0) is None
        assert busy.timeouts(10.0) == [PACE_S]
    assert busy.freed(10.1) is None  # not looked at before it is time
    assert busy.freed(10.0 + PACE_S) == address
    assert (busy.timeouts(11.0), busy.freed(11.0)) == ([], None)


def test_what_an_earlier_autorun_left_is_called_that() -> None:
    busy = Busy("/elsewhere", "")
    with started(LISTEN, cwd=None, **{protocol.IDENTITY: "0123456789abcdef"}) as child:
        busy.noted(Address(socket.AF_INET, "127.0.0.1", int(child.line())))
        assert "left over from an earlier autorun: stop it" in said(busy, 0.0)


@pytest.mark.parametrize("is_same", [True, False])
def test_another_autorun_is_the_one_to_stop(tmp_path: Path, is_same: bool) -> None:
    code = """
        import subprocess, sys
        code = "import socket, sys; server = socket.create_server(('127.0.0.1', 0)); "
        code += "print(server.getsockname()[1], flush=True); sys.stdin.read()"
        # It ends when this process does.
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE).wait()
    """
    busy = Busy(str(tmp_path) if is_same else "/elsewhere", str(tmp_path.parent))
    with named_autorun(tmp_path, code) as child:
        busy.noted(Address(socket.AF_INET, "127.0.0.1", int(child.line())))
        text = said(busy, 0.0, again=False)
    assert (f"by another autorun of this project (pid {child.pid}): stop it" in text) is is_same
    assert (f", in ~/{tmp_path.name}): stop it (kill {child.pid})" in text) is not is_same


def test_the_app_itself_is_not_waited_for(tmp_path: Path) -> None:
    """It would take the port again, and fail again."""
    code = """
        import socket
        from autoreload.core.keeping import Address
        from autoreload.outer.ports import Busy
        with socket.create_server(("127.0.0.1", 0)) as server:
            busy = Busy("/elsewhere", "")
            busy.noted(Address(socket.AF_INET, *server.getsockname()))
            print(busy.failed(0.0, again=True).text, busy.timeouts(0.0))
    """
    with named_autorun(tmp_path, code) as child:
        line = child.line()
        assert f"is in use by this app itself, pid {child.pid} (" in line
        assert line.endswith(") []")


def test_a_program_that_finds_another_port_is_left_alone(bound: socket.socket) -> None:
    busy = Busy("/elsewhere", "")
    assert said(busy, 0.0) == ""
    busy.noted(web(bound))
    busy.ready()
    assert said(busy, 0.0) == ""
    busy.noted(web(bound))
    busy.begin()
    assert said(busy, 0.0) == ""
    assert busy.timeouts(0.0) == []


def test_a_change_ends_the_wait(bound: socket.socket) -> None:
    busy = Busy("/elsewhere", "")
    busy.noted(web(bound))
    assert "nobody listens there" in said(busy, 0.0)
    busy.begin()
    bound.close()
    assert (busy.timeouts(1.0), busy.freed(1.0), busy.given_up(LONGEST_S)) == ([], None, None)


def test_the_wait_is_bounded_and_its_end_is_told_once(bound: socket.socket) -> None:
    busy = Busy("/elsewhere", "")
    busy.noted(web(bound))
    said(busy, 0.0)
    for now in (0.0, 100.0, LONGEST_S - 1):
        assert (busy.freed(now), busy.given_up(now)) == (None, None)
    assert busy.given_up(LONGEST_S) == web(bound)
    assert (busy.given_up(LONGEST_S), busy.timeouts(LONGEST_S)) == (None, [])


def test_what_is_free_in_vain_is_tried_less_and_less() -> None:
    """The port looks free each time, and the app says each time that it is not."""
    busy = Busy("/elsewhere", "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = web(server)
    now, pauses = 0.0, []
    while now < LONGEST_S:
        busy.begin()
        busy.noted(address)
        said(busy, now)
        (pause,) = busy.timeouts(now)
        pauses.append(pause)
        now += pause
        if busy.given_up(now) is not None:
            break
        assert busy.freed(now) == address
    assert tuple(pauses[:7]) == PAUSES_S
    assert set(pauses[7:]) == {PAUSES_S[-1]}
    assert now <= LONGEST_S + PAUSES_S[-1]
    busy.ready()
    busy.noted(address)
    said(busy, now)
    assert busy.timeouts(now) == [0.0]


def test_of_several_ports_the_first_that_is_free_is_enough(bound: socket.socket) -> None:
    """A program that goes through ten ports wants one of them."""
    busy = Busy("/elsewhere", "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        another = web(server)
        for address in (another, web(bound), another):
            busy.noted(address)
        assert f"port {bound.getsockname()[1]} is in use" in said(busy, 0.0)
        assert busy.freed(0.0) is None
    assert busy.freed(1.0) == another


def test_a_path_that_nobody_listens_at_is_to_be_removed(tmp_path: Path) -> None:
    busy = Busy("/elsewhere", "")
    path = tmp_path / "s"
    path.touch()
    address = Address(socket.AF_UNIX, str(path))
    busy.noted(address)
    assert said(busy, 0.0).endswith(f"(rm {path}); autorun starts again when the path is free")
    path.unlink()
    assert busy.freed(0.0) == address
