"""The filter: what is asked, what is not, and what it does to a program besides."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoreload.system import processes, seccomp
from autoreload.system.seccomp import Call, Notices
from autoreload.system.waiting import POLLHUP, POLLIN, wait
from tests.children import environment, output
from tests.waiting import TIMEOUT_S, readable

why_not = seccomp.unavailable()
pytestmark = pytest.mark.skipif(bool(why_not), reason=why_not)


class Running:
    """A program under the filter, whose calls the test answers."""

    def __init__(self, code: str, *, mask: tuple[int, ...] = ()) -> None:
        self._read, write = os.pipe()
        argv = [sys.executable, "-c", f"import os, sys, socket; out = {write}\n{code}", "one", ""]
        self.pid, self.notices = seccomp.notified(
            lambda: processes.spawn(argv, environment(), mask=mask, pass_fd=write)
        )
        os.close(write)
        self._is_left = False

    def call(self) -> Call:
        """The next call that waits."""
        assert wait([self.notices.fileno()], TIMEOUT_S) == {self.notices.fileno(): POLLIN}
        call = self.notices.receive()
        assert call is not None
        return call

    def said(self) -> str:
        """All that it says until its end."""
        text = b""
        while taken := os.read(self._read, 4096):
            text += taken
        return text.decode()

    def hear(self) -> str:
        """What it says now."""
        assert readable(self._read)
        return os.read(self._read, 4096).decode()

    def leave(self) -> None:
        """Answer no more."""
        if not self._is_left:
            self.notices.close()
        self._is_left = True

    def close(self) -> None:
        os.close(self._read)
        self.leave()
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # the test has seen its end


@contextmanager
def running(code: str, *, mask: tuple[int, ...] = ()) -> Iterator[Running]:
    program = Running(code, mask=mask)
    try:
        yield program
    finally:
        program.close()


def run_all(code: str, answer: Callable[[Notices, Call], None] = Notices.go_on) -> tuple[str, str]:
    """Run a program to its end; what it said, and what was asked, in order."""
    asked: list[str] = []
    with running(code) as program:
        while True:
            found = wait([program.notices.fileno()], TIMEOUT_S)
            if found[program.notices.fileno()] & POLLHUP:
                return program.said(), " ".join(asked)
            call = program.call()
            asked.append(call.what)
            answer(program.notices, call)


def test_bind_and_listen_are_asked_about_and_go_on() -> None:
    said, asked = run_all("s = socket.create_server(('127.0.0.1', 0)); os.write(out, b'done')")
    assert (said, asked) == ("done", "bind listen")


def test_an_answer_stands_for_the_call() -> None:
    said, asked = run_all(
        """
s = socket.socket()
s.bind(('127.0.0.1', 0))
os.write(out, str(s.getsockname()).encode())""",
        Notices.done,
    )
    assert (said, asked) == ("('0.0.0.0', 0)", "bind")


def test_a_call_tells_who_and_what() -> None:
    with running("s = socket.socket(); os.dup2(s.fileno(), 77); s.detach()\n"
                 "socket.socket(fileno=77).bind(('127.0.0.1', 0))") as program:  # fmt: skip
        call = program.call()
        assert (call.what, call.tid, call.fd, call.length) == ("bind", program.pid, 77, 16)
        assert program.notices.is_waiting(call)
        os.kill(program.pid, signal.SIGKILL)
        os.waitpid(program.pid, 0)
        assert not program.notices.is_waiting(call)
        program.notices.go_on(call)  # in vain, and no harm
        with pytest.raises(OSError, match="No such file"):
            program.notices.put(call, 0, inheritable=False)


def test_a_listener_is_put_over_the_socket() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as ours,
        running(
            """
s = socket.socket()
number = s.fileno()
s.bind(('127.0.0.1', 1))
assert s.fileno() == number and not s.get_inheritable()
os.write(out, str(s.getsockname()[1]).encode())
"""
        ) as program,
    ):
        call = program.call()
        program.notices.put(call, ours.fileno(), inheritable=False)
        program.notices.done(call)
        assert program.said() == str(ours.getsockname()[1])


def test_others_are_not_asked_about() -> None:
    """Resolvers bind a netlink socket for every name, and no call but the two is looked at."""
    said, asked = run_all(
        """
n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
n.bind((0, 0))
a, b = socket.socketpair()
a.send(b'x')
os.write(out, b.recv(1))
"""
    )
    assert (said, asked) == ("x", "")


def test_children_and_threads_of_the_program_are_asked_about() -> None:
    said, asked = run_all(
        """
import subprocess, threading
line = "import socket; socket.socket().bind(('127.0.0.1', 0))"
subprocess.check_call([sys.executable, '-c', line])
t = threading.Thread(target=lambda: socket.socket().bind(('127.0.0.1', 0)))
t.start(); t.join()
if os.fork() == 0:
    socket.socket().bind(('127.0.0.1', 0)); os._exit(0)
os.wait()
"""
    )
    assert (said, asked) == ("", "bind bind bind")


def test_the_end_of_all_below_is_told() -> None:
    with running("if os.fork() == 0: os.read(0, 1)", mask=()) as program:
        assert wait([program.notices.fileno()], TIMEOUT_S) == {program.notices.fileno(): POLLHUP}
        os.waitpid(program.pid, 0)


REPORT = """
import json, signal
status = open('/proc/self/status').read()
os.write(out, json.dumps([os.getpid(), os.getppid(), sys.argv[1:], os.getcwd(),
    sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))), dict(os.environ),
    sorted(map(int, os.listdir('/proc/self/fd')))]).encode())
"""


def test_the_program_is_as_without() -> None:
    """All but the pid: arguments, environment, directory, signals and descriptors."""
    mask = (int(signal.SIGUSR1),)
    with running(REPORT, mask=mask) as program:
        pid, *rest = json.loads(program.said())
        assert pid == program.pid
    read, write = os.pipe()
    code = f"import os, sys, socket; out = {write}\n{REPORT}"
    argv = [sys.executable, "-c", code, "one", ""]
    processes.spawn(argv, environment(), mask=mask, pass_fd=write)
    os.close(write)
    with open(read) as file:
        _, *plain = json.loads(file.read())
    os.wait()
    assert rest == plain
    assert rest[:2] == [os.getpid(), ["one", ""]]


def test_this_process_is_as_before() -> None:
    before = Path("/proc/self/status").read_text()
    descriptors = os.listdir("/proc/self/fd")
    with running("pass"):
        socket.create_server(("127.0.0.1", 0)).close()  # nobody would answer
    lines = ("NoNewPrivs", "Seccomp")
    now = Path("/proc/self/status").read_text()
    assert [one for one in now.splitlines() if one.startswith(lines)] == [
        one for one in before.splitlines() if one.startswith(lines)
    ]
    assert os.listdir("/proc/self/fd") == descriptors


def test_a_program_that_is_not_there() -> None:
    descriptors = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError) as found:
        seccomp.notified(lambda: processes.spawn(["/no/such"], {}, mask=()))
    assert found.value.filename == "/no/such"
    assert os.listdir("/proc/self/fd") == descriptors


def test_one_below_another_says_so() -> None:
    """The kernel has one listener only above a process."""
    said, asked = run_all(
        f"""
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from autoreload.system import seccomp
os.write(out, seccomp.unavailable().encode())
"""
    )
    assert (said, asked) == ("a program above this one is notified of system calls already", "")


def test_nobody_left_to_answer() -> None:
    """What outlives the other end can neither bind nor listen."""
    with running(
        """
sys.stdin.read(0)
signal = __import__('signal')
signal.sigwait([signal.SIGUSR1])
try:
    socket.socket().bind(('127.0.0.1', 0))
except OSError as error:
    os.write(out, str(error.errno).encode())
""",
        mask=(signal.SIGUSR1,),
    ) as program:
        program.leave()
        os.kill(program.pid, signal.SIGUSR1)
        assert program.said() == str(errno.ENOSYS)


def test_a_stand_in_lets_everything_go_on_and_ends_with_the_last() -> None:
    with running(
        """
__import__('signal').sigwait([__import__('signal').SIGUSR1])
for _ in range(3):
    socket.create_server(('127.0.0.1', 0)).close()
os.write(out, b'bound')
__import__('signal').pause()
""",
        mask=(signal.SIGUSR1,),
    ) as program:
        before = os.listdir("/proc/self/fd")
        pid = seccomp.stand_in([program.notices.fileno()])
        assert os.listdir("/proc/self/fd") == before
        program.leave()
        os.kill(program.pid, signal.SIGUSR1)
        assert program.hear() == "bound"
        assert os.getpgid(pid) == pid != os.getpgid(0)
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        os.kill(program.pid, signal.SIGKILL)
        os.waitpid(program.pid, 0)
        assert os.waitpid(pid, 0) == (pid, 0)


def test_many_at_once() -> None:
    said, asked = run_all(
        """
import threading
def many():
    for _ in range(20):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
threads = [threading.Thread(target=many) for _ in range(5)]
[t.start() for t in threads]
[t.join() for t in threads]
os.write(out, b'done')
"""
    )
    assert (said, asked.count("bind")) == ("done", 100)


def test_from_another_thread_and_several_programs() -> None:
    results: list[int] = []

    def start() -> None:
        pid, notices = seccomp.notified(lambda: processes.spawn(["true"], {}, mask=()))
        results.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        notices.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 4


AS_NOBODY = f"""
import ctypes, os, sys  # this user may not read where Python lies
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from autoreload.system import processes, seccomp
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
argv = sys.argv[1:]
print(seccomp.unavailable() or "available", flush=True)
start = lambda: processes.spawn(argv, os.environ, mask=())
os.waitpid(start(), 0)
pid, notices = seccomp.notified(start)
os.waitpid(pid, 0)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such a program")
@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler here")
def test_the_price_is_that_no_privilege_is_gained(tmp_path: Path) -> None:
    """For users without CAP_SYS_ADMIN: `sudo` refuses below such a program."""
    source = tmp_path / "gain.c"
    source.write_text(
        "#include <stdio.h>\n#include <unistd.h>\n"
        'int main(void) { printf("%d\\n", geteuid()); return 0; }\n'
    )
    program = tmp_path / "gain"
    subprocess.check_call(["cc", "-o", program, source])
    program.chmod(0o4755)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    if os.statvfs(tmp_path).f_flag & os.ST_NOSUID:
        pytest.skip("such programs gain nothing in this folder")
    assert output(AS_NOBODY, str(program)).split() == ["available", "0", "65534"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs CAP_SYS_ADMIN")
def test_who_needs_no_such_price_does_not_pay_it() -> None:
    code = """
text = open('/proc/self/status').read()
os.write(out, text.split('NoNewPrivs:')[1][:2].encode())
"""
    with running(code) as program:
        said = program.said().strip()
    capable = int(Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0], 16)
    assert said == ("0" if capable >> 21 & 1 else "1")
