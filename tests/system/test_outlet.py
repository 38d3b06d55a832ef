"""Writing without waiting: pipes, sockets, files, and readers that do not read, or are gone."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.system.outlet import Outlet
from tests.children import output

LARGE = bytes(range(256)) * 4096
"""1 MiB, more than a pipe or a socket takes."""


@pytest.fixture(params=["pipe", "socket"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """The end that is read, and the one that is written to."""
    if request.param == "socket":
        ours, theirs = socket.socketpair()
        pair = ours.detach(), theirs.detach()
    else:
        pair = os.pipe()
    os.set_blocking(pair[0], False)
    yield pair
    os.close(pair[0])


def read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 20)
    except BlockingIOError:
        return b""


def test_nobody_reads_and_nobody_waits(ends: tuple[int, int]) -> None:
    reading, writing = ends
    outlet = Outlet(writing, "x")
    assert outlet.waits_on() == []
    outlet.write(LARGE)
    assert outlet.left
    assert outlet.waits_on() != []
    heard = b""
    while outlet.left:
        heard += read(reading)
        outlet.flush()
    outlet.write(b"the end")
    while part := read(reading):
        heard += part
        outlet.flush()
    assert heard == LARGE + b"the end"
    assert not outlet.trouble
    outlet.close()


def test_the_mode_of_what_others_share_is_left_alone(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], "x")
    outlet.write(b"x")
    assert os.get_blocking(ends[1])
    outlet.close()


def test_a_reader_that_is_gone_is_said(ends: tuple[int, int]) -> None:
    reading, writing = os.pipe()
    outlet = Outlet(writing, "x")
    os.close(reading)
    outlet.write(b"x")
    assert (outlet.is_open, len(outlet.left), outlet.trouble) == (False, 0, "Broken pipe")
    outlet.write(b"more")
    assert not outlet.left
    outlet.close()
    Outlet(ends[1], "y").close()


def test_closing_gives_up_on_a_reader_that_takes_nothing(ends: tuple[int, int]) -> None:
    outlet = Outlet(ends[1], "x")
    outlet.write(LARGE)
    outlet.close(0.01)
    assert not outlet.is_open


def test_closing_writes_the_rest(tmp_path: Path) -> None:
    heard = output(
        """
        import os, threading
        from autoreload.system.outlet import Outlet
        reading, writing = os.pipe()
        outlet = Outlet(writing, "x")
        outlet.write(bytes(1 << 20))
        found = []
        def read():
            while data := os.read(reading, 1 << 16):
                found.append(len(data))
        thread = threading.Thread(target=read)
        thread.start()
        outlet.close(30)
        thread.join()
        print(sum(found))
        """
    )
    assert int(heard) == 1 << 20


def test_a_full_disk_may_have_room_again(tmp_path: Path) -> None:
    """By a limit of the size of files, which can be raised."""
    path = tmp_path / "log"
    heard = output(
        """
        import os, resource, sys
        from autoreload.system.outlet import Outlet
        outlet = Outlet(os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), "x")
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, most))
        outlet.write(b"12345678")
        outlet.write(b"abcdefgh")
        print(outlet.lost, outlet.is_open, outlet.trouble, flush=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        outlet.write(b"after")
        """,
        str(path),
    )
    assert heard == "6 True File too large\n"
    assert path.read_bytes() == b"12345678abafter"


def test_a_file_can_be_shortened(tmp_path: Path) -> None:
    path = tmp_path / "log"
    outlet = Outlet(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "x")
    outlet.write(b"".join(b"line %03d\n" % number for number in range(100)))
    left = outlet.shorten(24, b"shortened\n")
    outlet.write(b"more\n")
    assert path.read_bytes() == b"shortened\nline 098\nline 099\nmore\n"
    assert left == 28
    outlet.close()
