"""Sockets that a program is handed from descriptor 3 on."""

import errno
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core.listenfds import Place, parse
from autoreload.system import handing, processes
from tests.children import environment

REPORT = """
import json, os, signal, socket, sys
status = open('/proc/self/status').read().split()
opened = [n for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]
with open(sys.argv[1], 'w') as out:
    json.dump({
        'pid': os.getpid(), 'parent': os.getppid(), 'argv': sys.orig_argv, 'folder': os.getcwd(),
        'mask': status[status.index('SigBlk:') + 1],
        'ignored': status[status.index('SigIgn:') + 1],
        'environment': open('/proc/self/environ', errors='surrogateescape').read().split(chr(0)),
        'names': [socket.socket(fileno=os.dup(fd)).getsockname()
                  for fd in range(3, 3 + int(os.environ.get('LISTEN_FDS', 0)))],
        'open': opened,
    }, out)
"""


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A listening socket, its descriptor out of the way."""
    with listener() as opened:
        yield opened


def listener() -> socket.socket:
    """A listening socket, its descriptor out of the way."""
    opened = socket.create_server(("127.0.0.1", 0))
    return socket.socket(fileno=handing.out_of_the_way(opened.detach(), 2))


def report(argv: list[str], folder: Path, *, mask: tuple[int, ...], sockets: list[int]) -> object:
    """What a program finds that is started by `handing.spawn`, or plainly without sockets."""
    out = folder / "report.json"
    argv = [*argv, str(out)]
    variables = environment(SAID="h\udcffé", EMPTY="")
    if sockets:
        pid = handing.spawn(argv, variables, mask=mask, sockets=sockets)
    else:
        pid = processes.spawn(argv, variables, mask=mask)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    found = json.loads(out.read_text())
    assert found.pop("pid") == pid
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_program_finds_its_sockets_and_else_what_it_finds_without(
    tmp_path: Path,
    server: socket.socket,
) -> None:
    argv = [os.path.basename(sys.executable), "-S", "-c", REPORT]
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{os.path.dirname(sys.executable)}:{path}"
    mask = (int(signal.SIGUSR1), int(signal.SIGINT))
    two = listener()
    try:
        plain = report(argv, tmp_path, mask=mask, sockets=[])
        found = report(argv, tmp_path, mask=mask, sockets=[server.fileno(), two.fileno()])
    finally:
        os.environ["PATH"] = path
        names = [[*server.getsockname()], [*two.getsockname()]]
        two.close()
    assert isinstance(found, dict)
    assert isinstance(plain, dict)
    assert found.pop("names") == names
    assert plain.pop("names") == []
    its, others = set(found.pop("environment")), set(plain.pop("environment"))
    assert others <= its
    assert sorted(one.partition("=")[0] for one in its - others) == ["LISTEN_FDS", "LISTEN_PID"]
    assert {*found.pop("open")} == {*plain.pop("open"), "3", "4"}
    assert found == plain


def test_listen_pid_is_the_programs_own(
    tmp_path: Path,
    server: socket.socket,
) -> None:
    out = tmp_path / "out"
    line = 'echo "$LISTEN_PID $LISTEN_FDS $$" > "$1"'
    pid = handing.spawn(
        ["sh", "-c", line, "sh", str(out)], environment(), mask=(), sockets=[server.fileno()]
    )
    assert os.waitpid(pid, 0) == (pid, 0)
    assert out.read_text() == f"{pid} 1 {pid}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_c_locale_is_left_alone(
    tmp_path: Path,
    server: socket.socket,
) -> None:
    """Python puts LC_CTYPE into its environment there (PEP 538)."""
    out = tmp_path / "out"
    variables = {"LANG": "C", "PATH": os.environ["PATH"]}
    line = f"env > {out}"
    pid = handing.spawn(["sh", "-c", line], variables, mask=(), sockets=[server.fileno()])
    os.waitpid(pid, 0)
    assert "LC_CTYPE" not in out.read_text()


def children() -> set[int]:
    """The processes that this one has started, and not waited for."""
    return {one.pid for one in processes.children(os.getpid()) or ()}


def test_programs_that_cannot_be_started(
    tmp_path: Path,
    server: socket.socket,
) -> None:
    """As `processes.spawn` has it, and nothing is left."""
    plain = tmp_path / "plain"
    plain.write_text("text")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nothing")
    broken.chmod(0o755)
    before = os.listdir("/dev/fd")
    mine = children()  # other tests may have left some
    for name in ("/no/such", "no-such-program", str(plain), str(tmp_path), str(broken)):
        with pytest.raises(OSError) as expected:  # noqa: PT011  # each has its own
            processes.spawn([name], environment(), mask=())
        with pytest.raises(OSError) as found:  # noqa: PT011
            handing.spawn([name], environment(), mask=(), sockets=[server.fileno()])
        assert (found.value.errno, found.value.filename) == (expected.value.errno, name)
        assert os.listdir("/dev/fd") == before
        assert children() <= mine


def test_the_same_socket_serves_one_program_after_another(server: socket.socket) -> None:
    code = (
        "import os, socket\ns = socket.socket(fileno=3)\ns.setblocking(False); s.listen(1)\n"
        "s.setblocking(True)\nc = s.accept()[0]\nc.send(b'%d' % os.getpid())\n"
        "s.setblocking(False); s.shutdown(2)"
    )
    for _ in range(2):
        with socket.create_connection(server.getsockname()) as client:
            argv = [sys.executable, "-c", code]
            pid = handing.spawn(argv, environment(), mask=(), sockets=[server.fileno()])
            assert int(client.recv(99)) == pid
        assert os.waitpid(pid, 0) == (pid, 0)
        handing.renew(server)
    assert server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    assert server.getblocking()


@pytest.mark.parametrize("text", ["0", "127.0.0.1:0", "localhost:0", "*:0", "[::1]:0", "[::]:0"])
def test_listening_at_an_address(text: str) -> None:
    place = parse(text)
    try:
        opened = handing.listen(place)
    except OSError as error:
        if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) and ":" in place.host:
            pytest.skip("no IPv6 here")
        raise
    with socket.socket(fileno=opened.detach()) as server:
        assert server.getsockname()[0] == place.host
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host)
        socket.create_connection((host, server.getsockname()[1])).close()
        assert not server.get_inheritable()


def test_an_address_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(OSError, match="in use") as found:
            handing.listen(Place(host="127.0.0.1", port=server.getsockname()[1]))
        assert handing.why(found.value) == "used"


def test_a_path_where_nobody_listens_is_taken_over(tmp_path: Path) -> None:
    path = str(tmp_path / "app.sock")
    first = handing.listen(Place(path=path))
    with pytest.raises(OSError, match="in use"):
        handing.listen(Place(path=path))
    first.close()
    handing.listen(Place(path=path)).close()
    assert stat.S_ISSOCK(os.lstat(path).st_mode)


def test_a_file_is_not_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "app.sock"
    file.write_text("mine")
    with pytest.raises(OSError, match="in use"):
        handing.listen(Place(path=str(file)))
    assert file.read_text() == "mine"


def test_sockets_are_placed_from_descriptor_3_on(server: socket.socket) -> None:
    """As for an interpreter that sets LISTEN_PID by itself; further children may have them."""
    code = (
        "import os, socket, subprocess, sys\n"
        "s = socket.socket(fileno=3)\n"
        f"assert s.getsockname()[1] == {server.getsockname()[1]} and s.get_inheritable()\n"
        "os.execlp('sh', 'sh', '-c', 'test -S /dev/fd/3')\n"
    )
    pid = processes.spawn(
        [sys.executable, "-c", code], environment(), mask=(), placed=[server.fileno()]
    )
    assert os.waitpid(pid, 0) == (pid, 0)
