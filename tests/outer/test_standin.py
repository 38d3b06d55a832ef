"""Real clients of all manners at a listener whose app is down."""

import _socket
import http.client
import os
import resource
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from autoreload.core import page
from autoreload.core.page import Problem
from autoreload.outer import standin
from autoreload.outer.standin import StandIn
from autoreload.system.waiting import wait
from tests.waiting import until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
WAITS = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Autorun-Wait: 1\r\n\r\n"
TLS_HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(200))
PROBLEM = Problem("app.py", "no <work>", kind="ValueError", trace="Traceback ...\nno <work>\n")


class Served:
    """A stand-in in a loop as the outer's: one wait, then whatever is to be done."""

    def __init__(self, listener: "_socket.socket") -> None:
        self.listener = listener
        self.standin = StandIn()
        self.longest_s = 0.0
        """The longest time that one turn of it took."""
        self.turns = 0
        self.most_clients = 0
        self._said: list[Callable[[float], None]] = []
        self._read, self._write = os.pipe()
        self._is_over = False
        self._thread = threading.Thread(target=self._turn)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.listener.getsockname()[:2]
        return host, port

    def _turn(self) -> None:
        while not self._is_over:
            times = self.standin.timeouts(time.monotonic())
            ready = wait((self._read, self.standin.fileno()), min(times, default=None))
            self.most_clients = max(self.most_clients, len(times))
            begun = time.thread_time()
            self.turns += 1
            if self._read in ready:
                os.read(self._read, 1)
                for action in [self._said.pop(0) for _ in list(self._said)]:
                    action(time.monotonic())
            self.standin.serve(time.monotonic())
            self.longest_s = max(self.longest_s, time.thread_time() - begun)

    def tell(self, action: Callable[[float], None]) -> None:
        """Have something done in the loop, and wait until it is."""
        done = threading.Event()

        def both(now: float) -> None:
            action(now)
            done.set()

        self._said.append(both)
        os.write(self._write, b".")
        assert done.wait(30)

    def begin(self, problem: Problem = PROBLEM) -> None:
        self.tell(lambda now: self.standin.begin([self.listener], problem, now))

    def end(self) -> None:
        self.tell(self.standin.end)

    def timeouts(self) -> list[float]:
        """Those of all clients: not empty when one is in the middle of something."""
        found: list[float] = []
        self.tell(lambda now: found.extend(self.standin.timeouts(now)))
        return found

    def is_idle(self) -> bool:
        return self.standin.fileno() is None

    @contextmanager
    def running(self) -> Iterator["Served"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over = True
            os.write(self._write, b".")
            self._thread.join(30)
            self.standin.close()
            self.listener.close()
            os.close(self._read)
            os.close(self._write)

    def connect(self) -> socket.socket:
        client = socket.create_connection(self.address, timeout=30)
        assert client.getsockname() != client.getpeername()
        return client


def listener(
    family: int = _socket.AF_INET, host: "str | tuple[str, int]" = ("127.0.0.1", 0)
) -> "_socket.socket":
    found = _socket.socket(family, _socket.SOCK_STREAM)
    # What is accepted inherits it: a long answer is not taken at once.
    found.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 4096)
    found.bind(host)
    found.listen(10)
    return found


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(listener()).running() as found:
        found.begin()
        yield found


def everything(client: socket.socket) -> bytes:
    """What comes until the other side ends; a reset is an error."""
    with client:
        found = b""
        while data := client.recv(65536):
            found += data
        return found


class Answer(NamedTuple):
    status: int
    headers: "dict[str, str]"
    body: str


def ask(
    served: Served, method: str = "GET", *, body: bytes | None = None, **headers: str
) -> Answer:
    """One request by the standard library's client."""
    host, port = served.address
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request(method, "/a?b=1", body=body, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()


def test_everybody_is_answered_in_the_form_that_they_ask_for(served: Served) -> None:
    plain = ask(served)
    assert (plain.status, plain.headers["Retry-After"]) == (503, "1")
    assert plain.body.startswith("app.py is not running\n\nTraceback ...\nno <work>\n")
    assert "no &lt;work&gt;" in ask(served, Accept="text/html").body
    assert '"message": "no <work>"' in ask(served, Accept="application/json").body
    assert ask(served, "HEAD").body == ""
    assert ask(served, "POST", body=b"a=1").status == 503


def test_a_long_upload_does_not_lose_the_answer(served: Served) -> None:
    """Closing with something unread resets the connection, and the page would be gone."""
    assert ask(served, "POST", body=b"x" * 3_000_000).status == 503
    for _ in range(20):
        client = served.connect()
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000)
        assert everything(client).startswith(b"HTTP/1.1 503 ")


def test_a_request_in_pieces_is_answered(served: Served) -> None:
    with served.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for one in GET:
            client.send(bytes([one]))
        assert everything(client).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("hello", [TLS_HELLO, b"*1\r\n$4\r\nPING\r\n", b"PRI * HTTP/2.0\r\n\r\n"])
def test_what_is_not_http_is_closed_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch, hello: bytes
) -> None:
    monkeypatch.setattr(standin, "SILENT_S", 3600.0)
    monkeypatch.setattr(standin, "SLOW_S", 3600.0)
    client = served.connect()
    client.sendall(hello)
    assert everything(client) == b""


def test_who_says_nothing_is_closed_after_a_while(served: Served) -> None:
    begun = time.monotonic()
    assert everything(served.connect()) == b""
    assert time.monotonic() - begun >= standin.SILENT_S * 0.9
    served.end()
    until(served.is_idle)


def test_a_head_that_never_ends_is_closed_or_answered(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin, "SLOW_S", 0.3)
    slow = served.connect()
    slow.sendall(b"GET / HTTP/1.1\r\nA: ")
    endless = served.connect()
    endless.sendall(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000)
    assert everything(endless).startswith(b"HTTP/1.1 503 ")
    assert everything(slow) == b""


def test_a_slow_reader_gets_all_of_a_long_answer(served: Served) -> None:
    """More than the kernel takes at once: the rest follows when there is room."""
    served.begin(Problem("app.py", "x" * 1_000_000))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(30)
        client.connect(served.address)
        client.sendall(GET)
        first = client.recv(10)
        # Others are served meanwhile.
        quick = served.connect()
        quick.sendall(TLS_HELLO)
        assert everything(quick) == b""
        assert len(first + everything(client)) > 1_000_000


def test_who_does_not_read_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standin, "ANSWER_S", 0.3)
    served.begin(Problem("app.py", "x" * 1_000_000))
    with served.connect() as client:
        client.sendall(GET)
        client.recv(1)
        served.end()
        until(served.is_idle)


def test_who_only_says_its_end_is_answered(served: Served) -> None:
    """`nc -N` and the like end their direction at once, also before a long answer is taken."""
    for problem in (PROBLEM, Problem("app.py", "x" * 1_000_000)):
        served.begin(problem)
        client = served.connect()
        client.sendall(GET)
        client.shutdown(socket.SHUT_WR)
        assert everything(client).rstrip().endswith(b"when a file is saved")


def test_two_hundred_clients_at_once(served: Served) -> None:
    """More than there is room for; some of them say nothing."""
    served.tell(lambda now: served.listener.listen(300))
    silent = [served.connect() for _ in range(50)]
    clients = [served.connect() for _ in range(200)]
    for client in clients:
        client.sendall(GET)
    assert {everything(client)[:12] for client in clients} == {b"HTTP/1.1 503"}
    assert {everything(client) for client in silent} == {b""}
    assert served.most_clients <= standin.MOST_CLIENTS
    assert served.longest_s < 1


def test_a_page_waits_for_the_next_run(served: Served) -> None:
    """Its answer begins at once, ends when the next run begins, and the listener stays open."""
    waiting = served.connect()
    waiting.sendall(WAITS)
    head = waiting.recv(65536)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-Autorun-Wait: 1" in head
    assert ask(served).status == 503
    assert not select.select([waiting], [], [], 0)[0]
    served.end()
    assert everything(waiting) == page.waited()
    until(served.is_idle)
    # Whoever comes now waits in the queue for the new code.
    with served.connect() as client:
        client.sendall(GET)
        fd, _ = served.listener._accept()  # type: ignore[attr-defined]  # of a raw one
        with socket.socket(fileno=fd) as new:
            assert new.recv(100) == GET


def test_a_page_that_waits_for_a_run_that_fails_shows_that(served: Served) -> None:
    waiting = served.connect()
    waiting.sendall(WAITS)
    waiting.recv(65536)
    served.begin(Problem("app.py", "another one"))
    assert everything(waiting) == page.waited()
    assert "another one" in ask(served).body


def test_who_is_asking_when_the_next_run_begins_is_answered(served: Served) -> None:
    client = served.connect()
    client.sendall(GET[:10])
    until(served.timeouts)
    served.end()
    client.sendall(GET[10:])
    assert everything(client).startswith(b"HTTP/1.1 503 ")
    until(served.is_idle)


def test_too_many_pages_that_wait_leave_room_for_others(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin, "MOST_WAITING", 3)
    waiting = [served.connect() for _ in range(4)]
    for client in waiting:
        client.sendall(WAITS)
    heard = [client.recv(4) for client in waiting]
    assert sorted(heard) == [b"", b"HTTP", b"HTTP", b"HTTP"]
    # A page that is closed makes room.
    for client in waiting:
        client.close()
    again = served.connect()

    def is_taken() -> bool:
        nonlocal again
        again.close()
        again = served.connect()
        again.sendall(WAITS)
        return again.recv(4) == b"HTTP"

    until(is_taken)
    again.close()


def test_without_descriptors_it_waits_and_goes_on(served: Served) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = served.connect()
    another = socket.socket()
    another.settimeout(30)
    used = max(int(one) for one in os.listdir("/proc/self/fd"))
    until(served.timeouts)
    resource.setrlimit(resource.RLIMIT_NOFILE, (used, hard))
    spare = []
    try:
        while True:
            spare.append(os.dup(0))
    except OSError:
        pass
    try:
        another.connect(served.address)
        another.sendall(GET)
        client.sendall(GET)
        assert everything(client).startswith(b"HTTP/1.1 503 ")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in spare:
            os.close(fd)
    assert everything(another).startswith(b"HTTP/1.1 503 ")


def test_a_listener_that_fails_is_left_alone_for_a_while(served: Served) -> None:
    """It is readable for ever, and would keep the loop turning."""
    served.listener.shutdown(socket.SHUT_RDWR)
    until(served.timeouts)
    before = served.turns
    for _ in range(3):
        served.tell(lambda now: None)
    assert served.turns - before < 20


def test_a_unix_socket_and_ipv6_are_served_alike(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with Served(listener(_socket.AF_UNIX, path)).running() as served:
        served.begin()
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(30)
        client.connect(path)
        client.sendall(GET)
        assert b"no <work>" in everything(client)
    try:
        six = listener(_socket.AF_INET6, ("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    with Served(six).running() as served:
        served.begin()
        assert "no <work>" in ask(served).body


def test_another_address_of_this_machine_is_local_too() -> None:
    with Served(listener(host=("0.0.0.0", 0))).running() as served:
        served.begin()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing; tells our own address
            except OSError:
                pytest.skip("no other address here")
            own = probe.getsockname()[0]
        client = socket.create_connection((own, served.listener.getsockname()[1]), timeout=30)
        client.sendall(GET)
        assert b"no <work>" in everything(client)


def test_without_listeners_there_is_nothing_to_wait_for() -> None:
    stand = StandIn()
    stand.begin([], PROBLEM, 0.0)
    assert (stand.fileno(), stand.timeouts(0.0)) == (None, [])
    stand.serve(0.0)
    stand.end(0.0)
    stand.close()


def test_nothing_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with Served(listener()).running() as served:
        for _ in range(5):
            served.begin()
            with served.connect() as silent, served.connect() as waiting:
                waiting.sendall(WAITS)
                assert waiting.recv(4) == b"HTTP"
                assert ask(served).status == 503
                assert silent.fileno() > 0
            served.end()
        until(served.is_idle)
    assert len(os.listdir("/proc/self/fd")) == before
