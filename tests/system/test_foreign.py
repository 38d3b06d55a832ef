"""Looking into other processes."""

import os
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest

from autoreload.core.keeping import UNIX, Address
from autoreload.system import foreign
from autoreload.system.foreign import Process
from tests.children import started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

SERVE = """
import os, signal, socket
os.chdir({folder!r})
a = socket.create_server(("127.0.0.1", 0))
b = socket.socket(socket.AF_UNIX); b.bind("b.sock"); b.listen()
c = socket.socket(socket.AF_UNIX); c.bind("\\0abstract" + str(os.getpid())); c.listen()
d = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); d.bind("d.sock"); d.listen()
e = socket.socket(); e.bind(("127.0.0.1", 0))
f = socket.socket(type=socket.SOCK_DGRAM); f.bind(("127.0.0.1", 0))
g = socket.create_connection(a.getsockname()); h = a.accept()[0]
i = a.dup()
print(a.getsockname()[1], a.fileno(), flush=True)
signal.pause()
"""


def test_stream_listeners_are_collected_once_each(tmp_path: Path) -> None:
    with started(SERVE.format(folder=str(tmp_path))) as child:
        port, _ = map(int, child.line().split())
        before = len(os.listdir("/proc/self/fd"))
        found = foreign.collect([child.pid, child.pid, 0])
        assert {one.address for one in found} == {
            Address(socket.AF_INET, "127.0.0.1", port),
            Address(UNIX, str(tmp_path / "b.sock")),
        }
        assert len(found) == 2
        for one in found:
            assert os.fstat(one.fd).st_ino == one.inode
            assert not os.get_inheritable(one.fd)
            os.close(one.fd)
        assert len(os.listdir("/proc/self/fd")) == before


def test_one_process(tmp_path: Path) -> None:
    with started(SERVE.format(folder=str(tmp_path))) as child:
        port, fd = map(int, child.line().split())
        process = Process(child.pid)
        try:
            assert process.shares(Address(socket.AF_INET, "127.0.0.1", port))
            assert process.shares(Address(UNIX, str(tmp_path)))
            assert process.folder() == str(tmp_path)
            assert process.flags(fd) & os.O_CLOEXEC
            with socket.socket(fileno=process.socket(fd).detach()) as copy:
                assert copy.getsockname() == ("127.0.0.1", port)
            with pytest.raises(OSError, match="Bad file"):
                process.socket(999)
            with pytest.raises(OSError, match=r"not a socket|non-socket"):
                process.socket(1)
            with pytest.raises(FileNotFoundError):
                process.flags(999)
            for pointer in (0, 1, 1 << 62, (1 << 64) - 1):
                with pytest.raises(OSError):  # noqa: PT011  # EIO or EFAULT
                    process.memory(pointer, 16)
            child.send(signal.SIGKILL)
            child.wait()
            assert not process.shares(Address(UNIX, str(tmp_path)))
            with pytest.raises(ProcessLookupError):
                process.socket(fd)
        finally:
            process.close()
    with pytest.raises(OSError):  # noqa: PT011  # ESRCH, or no such file below /proc
        Process(child.pid)


def test_a_process_is_found_by_any_of_its_threads() -> None:
    code = """
    import signal, threading
    threading.Thread(target=lambda: (print(threading.get_native_id(), flush=True),
                                     threading.Event().wait()), daemon=True).start()
    signal.pause()
    """
    with started(code) as child:
        process = Process(int(child.line()))
        assert process.pid == child.pid
        process.close()


def test_memory_is_read() -> None:
    code = """
    import ctypes, signal
    text = ctypes.create_string_buffer(b"some text")
    print(ctypes.addressof(text), flush=True)
    signal.pause()
    """
    with started(code) as child:
        process = Process(child.pid)
        assert process.memory(int(child.line()), 9) == b"some text"
        process.close()


def test_who_is_as_we_are_has_gained_nothing() -> None:
    with started("print(flush=True)\nimport signal\nsignal.pause()") as child:
        child.line()
        assert foreign.gained([child.pid, os.getpid(), 0]) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user to become")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="no setpriv here")
def test_who_has_gained_is_named() -> None:
    """Seen by a process without privileges, this one is such a program."""
    here = str(Path(__file__).parents[2])
    code = f"""
    import os, sys
    sys.path.insert(0, {here!r})
    from autoreload.system import foreign
    parent = os.getppid()
    assert foreign.gained([parent]) == "", "root becomes nobody"
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
    assert foreign.gained([os.getpid()]) == ""
    print(foreign.gained([os.getpid(), parent]), flush=True)
    """
    with started(code) as child:
        assert child.line() == Path("/proc/self/comm").read_text().strip()
