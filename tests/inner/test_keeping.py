"""What one run had open, the next one gets: every run an interpreter of its own, the outer's keeper
between them."""

import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoreload.outer.keeper import Keeper
from autoreload.system.channel import Channel, ChannelClosed, drop_passed, pair
from tests.children import environment
from tests.driver import free_port
from tests.waiting import TIMEOUT_S

BEGIN = """
import errno, os, socket, sys
from autoreload.core.keeping import Address
from autoreload.inner.keeping import Keeping
from autoreload.system.channel import Channel
from autoreload.watch.traces import Traces

port = int(sys.argv[1])
traces = Traces()
traces.install()
keeping = Keeping(Channel(int(sys.argv[2])))
keeping.install(traces)
keeping.give([Address(*one) for one in eval(sys.argv[3])], traces)

def inode(fd):
    return os.fstat(fd).st_ino

def opened(address=None, *, family=socket.AF_INET, backlog=5, **options):
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for name, value in options.items():
        level = socket.IPPROTO_IPV6 if name.startswith("IPV6") else socket.SOL_SOCKET
        sock.setsockopt(level, getattr(socket, name), value)
    sock.bind(("127.0.0.1", port) if address is None else address)
    sock.listen(backlog)
    return sock

def greet(sock):
    connection, _ = sock.accept()
    connection.sendall(b"hello")
    connection.close()

def hand_over(longest_s):
    keeping.drain(keeping.hand_over(), longest_s)
"""


class Runs:
    """Runs that follow one another; the last line of one may be `hand_over(0.5)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.keeper = Keeper()

    def run(self, code: str) -> list[str]:
        """Run code to its end, with what was kept; the lines that it prints."""
        ours, theirs = pair()
        self.keeper.begin()
        self.keeper.restore()
        out = self.folder / "out.txt"
        with out.open("wb") as file:
            words = [str(self.port), str(theirs), repr(self.keeper.addresses())]
            process = subprocess.Popen(
                [sys.executable, "-c", BEGIN + textwrap.dedent(code), *words],
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                pass_fds=[theirs],
            )
        os.close(theirs)
        try:
            self._answer(ours)
            code_ = process.wait(TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
            ours.close()
        assert code_ == 0, out.read_text()
        return out.read_text().splitlines()

    def _answer(self, ours: Channel) -> None:
        try:
            while ours.wait(TIMEOUT_S):
                while message := ours.receive():
                    self.keeper.hear(message)
                    drop_passed(message)
        except ChannelClosed:
            return
        pytest.fail(f"no end: {(self.folder / 'out.txt').read_text()}")

    def knock(self, host: str = "127.0.0.1") -> socket.socket:
        """Connect while nobody is there but the keeper."""
        return socket.create_connection((host, self.port), timeout=TIMEOUT_S)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    found = Runs(tmp_path)
    yield found
    found.keeper.close()


OPENED = {
    "plain": "sock = opened()",
    "create_server": "sock = socket.create_server(('127.0.0.1', port))",
    "by name": "sock = opened(('localhost', port))",
    "all of IPv4": "sock = opened(('', port))",
    "dual": "sock = socket.create_server(('', port), family=socket.AF_INET6, dualstack_ipv6=True)",
    "not inheritable, by detach": "sock = socket.socket(fileno=opened().detach())",
    "dup": "first = opened(); sock = first.dup(); first.close()",
    "in a fork's parent": """
sock = opened()
if not (pid := os.fork()):
    os._exit(0)
os.waitpid(pid, 0)
""",
    "in a thread": """
import threading
found = []
thread = threading.Thread(target=lambda: found.append(opened()))
thread.start()
thread.join()
sock, = found
""",
    "shared port": "sock = opened(SO_REUSEPORT=1)",
    "asyncio": """
import asyncio
async def main():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port, start_serving=False)
    return socket.socket(fileno=os.dup(server.sockets[0].fileno()))
sock = asyncio.run(main())
sock.listen(5)
""",
    "asyncio, shared port": """
import asyncio
async def main():
    server = await asyncio.start_server(
        lambda *_: None, "127.0.0.1", port, start_serving=False, reuse_port=True)
    return socket.socket(fileno=os.dup(server.sockets[0].fileno()))
sock = asyncio.run(main())
sock.listen(5)
""",
    "socketserver": """
import socketserver
server = socketserver.TCPServer(("127.0.0.1", port), socketserver.BaseRequestHandler)
sock = server.socket
""",
}


@pytest.mark.parametrize("way", OPENED)
def test_who_knocked_between_two_runs_is_answered_by_the_second(runs: Runs, way: str) -> None:
    """The listener is the very same one, on the descriptor that the program knows."""
    code = OPENED[way]
    first = runs.run(code + "\nprint(inode(sock.fileno())); hand_over(0.5)")
    with runs.knock() as client:
        second = runs.run(code + "\nprint(inode(sock.fileno())); sock.settimeout(20); greet(sock)")
        assert client.recv(100) == b"hello"
    assert first == second


def test_what_was_not_bound_here_is_not_given(runs: Runs) -> None:
    """A listener that was inherited is whoever's started the program."""
    runs.run("""
    import _socket
    inherited = _socket.socket()
    inherited.listen()
    hand_over(0.5)
    """)
    assert runs.keeper.kept == []


def test_what_the_program_set_is_what_it_has(runs: Runs) -> None:
    code = """
    sock = socket.socket()
    os.set_inheritable(sock.fileno(), {inherits})
    sock.settimeout({timeout})
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, {nodelay})
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, {buffer})
    fd = sock.fileno()
    sock.bind(("127.0.0.1", port))
    sock.listen({backlog})
    assert sock.fileno() == fd
    from autoreload.system import sockets
    print(os.get_inheritable(fd), os.get_blocking(fd), sock.gettimeout(), sock.getsockname()[0],
        sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
        sockets.listening()[inode(fd)].backlog, inode(fd))
    hand_over(0.5)
    """
    rows: list[dict[str, Any]] = [
        {"inherits": False, "timeout": None, "nodelay": 0, "buffer": 20_000, "backlog": 5},
        {"inherits": True, "timeout": 0, "nodelay": 1, "buffer": 40_000, "backlog": 50},
        {"inherits": False, "timeout": 2.5, "nodelay": 0, "buffer": 30_000, "backlog": 7},
        {"inherits": False, "timeout": None, "nodelay": 1, "buffer": 50_000, "backlog": 1},
    ]
    shown = [runs.run(code.format(**row))[0].split() for row in rows]
    blocks = ["True", "False", "False", "True"]
    timeouts = ["None", "0.0", "2.5", "None"]
    assert [row[:-1] for row in shown] == [
        [
            str(row["inherits"]),
            block,
            timeout,
            "127.0.0.1",
            str(row["nodelay"]),
            str(row["buffer"] * 2),
            str(row["backlog"]),
        ]
        for row, block, timeout in zip(rows, blocks, timeouts, strict=True)
    ]
    assert len({row[-1] for row in shown}) == 1


def test_a_port_of_the_kernels_choice_is_had_again_by_its_turn(runs: Runs) -> None:
    code = """
    probe = socket.socket(); probe.bind(("127.0.0.1", 0)); probe.close()
    one, two = opened(("127.0.0.1", 0)), opened(("127.0.0.1", 0))
    print(one.getsockname()[1], two.getsockname()[1])
    hand_over(0.5)
    """
    first = runs.run(code)
    assert runs.run(code) == first
    assert runs.run(code) == first
    (other,) = runs.run(code.replace("one, two =", "x = opened(('', 0)); one, two ="))
    assert other != first[0]


def test_a_client_that_names_its_own_side_gets_no_listener(runs: Runs) -> None:
    """The first bind to port 0 was a server's in one run, and is a client's in the next."""
    runs.run("sock = opened(('127.0.0.1', 0)); hand_over(0.5)")
    with socket.create_server(("127.0.0.1", runs.port)) as server:
        server.settimeout(TIMEOUT_S)
        said = runs.run("""
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.1", 0)) as one:
            print(one.getpeername()[1] == port)
        """)
        server.accept()[0].close()
    assert said == ["True"]


CHANGES = [
    ("('127.0.0.1', port)", ""),
    ("('0.0.0.0', port)", ""),
    ("('::', port)", "family=socket.AF_INET6, IPV6_V6ONLY=0"),
    ("('::', port)", "family=socket.AF_INET6, IPV6_V6ONLY=1"),
    ("('127.0.0.1', port)", "SO_REUSEPORT=1"),
    ("('127.0.0.1', port)", ""),
    ("('::1', port)", "family=socket.AF_INET6"),
    ("('127.0.0.1', port)", ""),
]


def test_another_address_of_the_same_port_is_bound_for_real(runs: Runs) -> None:
    """What is held in its way is let go of; the options that bind fixes are the program's."""
    seen = []
    for address, options in CHANGES:
        seen += runs.run(f"""
        sock = opened({address}, {options})
        print(sock.getsockname()[:2], inode(sock.fileno()),
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))
        hand_over(0.5)
        """)
    port = runs.port
    hosts = ["127.0.0.1", "0.0.0.0", "::", "::", "127.0.0.1", "127.0.0.1", "::1", "127.0.0.1"]
    assert [row.rpartition(") ")[0] + ")" for row in seen] == [str((h, port)) for h in hosts]
    inodes = [row.split()[-2] for row in seen]
    assert all(inodes[at] != inodes[at + 1] for at in range(6))
    assert [row[-1] for row in seen] == list("00001000")


def test_localhost_on_both_families_is_two_listeners(runs: Runs) -> None:
    code = """
    import asyncio
    async def main():
        server = await asyncio.start_server(lambda *_: None, ["127.0.0.1", "::1"], port)
        print(sorted(inode(one.fileno()) for one in server.sockets))
        hand_over(0.5)
    asyncio.run(main())
    """
    first = runs.run(code)
    assert len(runs.keeper.kept) == 2
    assert runs.run(code) == first


def test_each_of_several_that_share_a_port_is_given_once(runs: Runs) -> None:
    """A socket that is bound with SO_REUSEPORT only to reserve the port swallows no connection."""
    code = """
    reserve = socket.socket()
    reserve.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserve.bind(("127.0.0.1", port))
    found = [opened(SO_REUSEPORT=1) for _ in range(NUMBER)]
    from autoreload.system import listeners
    print(listeners.listens(reserve), *sorted(inode(one.fileno()) for one in found))
    hand_over(0.5)
    """
    (first,) = runs.run(code.replace("NUMBER", "2"))
    (second,) = runs.run(code.replace("NUMBER", "3"))
    assert first.split()[0] == second.split()[0] == "False"
    assert {*first.split()} < {*second.split()}
    assert len({*second.split()}) == 4


def test_what_is_closed_and_bound_again_is_had_again(runs: Runs) -> None:
    """A program that looks whether the port is free, by binding it, then serves."""
    code = """
    probe = socket.socket()
    probe.bind(("127.0.0.1", port))
    probe.close()
    sock = opened()
    print(inode(sock.fileno()))
    hand_over(0.5)
    """
    assert runs.run(code) == runs.run(code)


def test_what_was_closed_before_the_restart_is_not_kept(runs: Runs) -> None:
    runs.run("opened().close(); sock = socket.socket(); sock.bind(('', 0)); hand_over(0.5)")
    assert runs.keeper.kept == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_program_that_asks_whether_the_port_is_taken_hears_no(runs: Runs, host: str) -> None:
    """Until it listens itself; then it can be reached, also by itself."""
    runs.run("sock = opened(); hand_over(0.5)")
    said = runs.run(f"""
    def ask():
        with socket.socket() as probe:
            probe.settimeout(5)
            try:
                probe.connect(({host!r}, port))
                return "taken"
            except ConnectionRefusedError as error:
                return error.errno == errno.ECONNREFUSED and error.strerror
    def ask_by_number():
        with socket.socket() as probe:
            return errno.errorcode.get(probe.connect_ex(({host!r}, port)), "taken")
    print(ask(), ask_by_number())
    sock = opened()
    print(ask(), ask_by_number())
    """)
    assert said == ["Connection refused ECONNREFUSED", "taken taken"]


def test_another_machines_port_of_the_same_number_is_reached(runs: Runs) -> None:
    """A service at another address was refused because a kept listener has the same port."""
    runs.run("sock = opened(('127.0.0.1', port)); hand_over(0.5)")
    with socket.create_server(("127.0.0.2", runs.port)):
        said = runs.run("""
        with socket.create_connection(("127.0.0.2", port), timeout=5) as other:
            print(other.getpeername()[0])
        with socket.socket() as other:
            print(other.connect_ex(("127.0.0.2", port)))
        """)
    assert said == ["127.0.0.2", "0"]


def test_names_are_not_looked_up_for_other_ports(runs: Runs) -> None:
    """Each connection of a run that follows another asked the name server twice."""
    runs.run("sock = opened(); hand_over(0.5)")
    said = runs.run("""
    import _socket
    asked = []
    look_up = _socket.getaddrinfo
    _socket.getaddrinfo = lambda *a, **k: asked.append(a) or look_up(*a, **k)
    with socket.socket() as other:
        try:
            other.connect(("localhost", 1 if port != 1 else 2))
        except OSError:
            pass
    print(asked)
    """)
    assert said == ["[]"]


def test_bad_arguments_fail_as_they_do_without_us(runs: Runs) -> None:
    code = """
    def tried(name, *arguments):
        with socket.socket() as sock:
            try:
                return getattr(sock, name)(*arguments)
            except Exception as error:
                return type(error).__name__, str(error).replace("socket.", "")
    for name in ("bind", "connect", "connect_ex"):
        for arguments in ((), (5,), (("127.0.0.1",),), (("127.0.0.1", "x"),), ((None, 1),),
                          (("127.0.0.1", 70_000),)):
            print(tried(name, *arguments))
    print(tried("listen", "x"))
    closed = socket.socket()
    closed.close()
    for call in (lambda: closed.bind(("127.0.0.1", port)), lambda: closed.listen(),
                 lambda: closed.connect(("127.0.0.1", port))):
        try:
            call()
        except Exception as error:
            print(type(error).__name__, error)
    """
    plain = runs.run(code)
    runs.run("sock = opened(); hand_over(0.5)")
    replaced = runs.run(code)
    assert replaced == plain


UNIX_SERVERS = {
    "removes before": """
    if os.path.exists("s.sock"):
        os.unlink("s.sock")
    sock = opened("s.sock", family=socket.AF_UNIX)
    print(inode(sock.fileno()))
    """,
    "removes at the end": """
    import atexit
    atexit.register(os.remove, "s.sock")
    sock = opened("s.sock", family=socket.AF_UNIX)
    print(inode(sock.fileno()))
    """,
    "asks the socket for its path at the end": """
    import atexit
    sock = opened("s.sock", family=socket.AF_UNIX)
    atexit.register(lambda: os.unlink(sock.getsockname()))
    print(inode(sock.fileno()))
    """,
    "pathlib": """
    import pathlib
    path = pathlib.Path("s.sock")
    path.unlink(missing_ok=True)
    sock = opened(str(path.absolute()), family=socket.AF_UNIX)
    print(inode(sock.fileno()))
    """,
    "asyncio": """
    import asyncio
    async def main():
        server = await asyncio.start_unix_server(lambda *_: None, "s.sock", start_serving=False)
        return socket.socket(fileno=os.dup(server.sockets[0].fileno()))
    sock = asyncio.run(main())
    sock.listen(5)
    print(inode(sock.fileno()))
    """,
}


@pytest.mark.parametrize("way", UNIX_SERVERS)
def test_a_path_outlives_the_run_that_removes_it(runs: Runs, way: str) -> None:
    code = UNIX_SERVERS[way]
    first = runs.run(code + "\n    hand_over(0.5)")
    runs.keeper.restore()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(TIMEOUT_S)
        client.connect(str(runs.folder / "s.sock"))
        second = runs.run(code + "\n    sock.settimeout(20)\n    greet(sock)\n    hand_over(0.5)")
        assert client.recv(100) == b"hello"
    assert first == second
    assert runs.run(code) == first


def test_a_path_that_was_moved_is_bound_anew(runs: Runs) -> None:
    """Who binds beside and renames over would find nothing to rename."""
    code = """
    sock = opened("new.sock", family=socket.AF_UNIX)
    os.rename("new.sock", "s.sock")
    hand_over(0.5)
    """
    runs.run(code)
    runs.run(code)
    assert runs.keeper.kept == []
    assert sorted(os.listdir(runs.folder)) == ["out.txt", "s.sock"]


def test_a_path_is_removed_when_the_program_does_so(runs: Runs) -> None:
    """The socket stayed in the file system after the end of autorun."""
    code = """
    sock = opened("s.sock", family=socket.AF_UNIX)
    sock.close()
    os.unlink("s.sock")
    print(os.path.exists("s.sock"))
    """
    runs.run("sock = opened('s.sock', family=socket.AF_UNIX); hand_over(0.5)")
    assert runs.run(code) == ["False"]
    runs.keeper.close()
    assert sorted(os.listdir(runs.folder)) == ["out.txt"]


def test_a_path_that_nobody_wants_is_gone(runs: Runs) -> None:
    """The old run's own removal was put off for a run that then did not bind it."""
    runs.run("sock = opened('s.sock', family=socket.AF_UNIX); hand_over(0.5)")
    runs.run("opened()")
    runs.keeper.close()
    assert sorted(os.listdir(runs.folder)) == ["out.txt"]


def test_other_files_are_removed_as_ever(runs: Runs) -> None:
    runs.run("sock = opened('s.sock', family=socket.AF_UNIX); hand_over(0.5)")
    said = runs.run("""
    import pathlib
    folder = os.open(".", os.O_RDONLY)
    for name in "abcd":
        pathlib.Path(name).touch()
    os.unlink("a"); os.remove(b"b"); os.unlink("c", dir_fd=folder); pathlib.Path("d").unlink()
    for wrong in ("nothing", 5, None):
        try:
            os.unlink(wrong)
        except Exception as error:
            print(type(error).__name__)
    print(sorted(os.listdir(".")), os.unlink.__name__, os.remove.__name__)
    """)
    assert said == [
        "FileNotFoundError",
        "TypeError",
        "TypeError",
        "['.s.sock.autorun', 'out.txt', 's.sock'] unlink remove",
    ]


def test_an_outer_that_is_gone_keeps_nobody_from_binding(runs: Runs) -> None:
    said = runs.run("""
    import time
    keeping._kept = [Address(socket.AF_INET, "127.0.0.1", port)]
    keeping.give(keeping._kept, traces)
    from autoreload.system import channel
    ours, theirs = channel.pair()
    keeping._channel = Channel(theirs)
    ours.close()
    begun = time.monotonic()
    sock = opened()
    hand_over(0.5)
    print(sock.getsockname()[1] == port, time.monotonic() - begun < 1)
    """)
    assert said == ["True True"]


def test_children_hold_no_kept_listener_by_accident(runs: Runs) -> None:
    code = """
    import subprocess
    sock = opened()
    print(subprocess.run(
        [sys.executable, "-c", "import os; print(*os.listdir('/proc/self/fd'))"],
        close_fds=False, capture_output=True, text=True).stdout.split())
    hand_over(0.5)
    """
    first = runs.run(code)
    assert runs.run(code) == first


def test_what_is_being_answered_is_answered_and_what_knocks_waits(runs: Runs) -> None:
    """A blocking accept that is under way when the listener is exchanged takes one more."""
    code = """
    import threading, time
    sock = opened()
    taken = threading.Event()
    def serve():
        while True:
            connection, _ = sock.accept()
            connection.recv(100)
            taken.set()
            time.sleep(0.1)
            connection.sendall(b"hello")
            connection.close()
    threading.Thread(target=serve, daemon=True).start()
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"?")
    assert taken.wait(20)
    hand_over(0.5)
    client.setblocking(False)
    print(client.recv(100))
    """
    assert runs.run(code) == ["b'hello'"]


IDLE = {
    "nothing asked yet": "",
    "answered": "client.sendall(b'?'); server.recv(9); server.sendall(b'!'); client.recv(9)",
    "events": "client.sendall(b'?'); server.recv(9); [server.sendall(b'!') for _ in range(9)]",
    "half closed": "client.sendall(b'?'); server.recv(9); server.sendall(b'!'); client.shutdown(1)",
}


@pytest.mark.parametrize("way", IDLE)
def test_an_idle_connection_delays_nothing(runs: Runs, way: str) -> None:
    """Only bytes that moved in the last milliseconds are given the time to be followed."""
    (took,) = runs.run(f"""
    import select, time
    sock = opened()
    client = socket.create_connection(("127.0.0.1", port))
    server, _ = sock.accept()
    {IDLE[way]}
    select.select([], [], [], 0.03)
    begun = time.monotonic()
    hand_over(0.5)
    print(time.monotonic() - begun)
    """)
    assert float(took) < 0.25


def test_who_was_told_of_a_connection_that_waits_for_the_next_run_is_woken(runs: Runs) -> None:
    """A server in a thread met an empty queue after its select, and stood there for ever."""
    (took,) = runs.run("""
    import select, threading
    sock = opened()
    client = socket.create_connection(("127.0.0.1", port))
    select.select([sock], [], [])
    hand_over(0.5)
    accepting = threading.Thread(target=sock.accept, daemon=True)
    accepting.start()
    keeping.knock()
    accepting.join(20)
    print(accepting.is_alive())
    """)
    assert took == "False"


def test_a_request_that_takes_long_is_waited_for_no_longer_than_said(runs: Runs) -> None:
    (took,) = runs.run("""
    import time
    sock = opened()
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"?")
    server, _ = sock.accept()
    begun = time.monotonic()
    hand_over(0.1)
    print(time.monotonic() - begun)
    """)
    assert 0.1 <= float(took) < 0.4


def test_hundreds_of_listeners_pass(runs: Runs) -> None:
    """More than one packet can carry."""
    code = """
    found = [opened(("127.0.0.1", 0)) for _ in range(230)]
    print([one.getsockname()[1] for one in found] == sorted({0: 0}) or
          hash(tuple(one.getsockname()[1] for one in found)))
    hand_over(0.5)
    """
    first = runs.run(code)
    assert len(runs.keeper.kept) == 230
    assert runs.run(code) == first
