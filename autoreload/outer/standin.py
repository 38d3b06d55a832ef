"""Stands in for an app that is down: accepts on the kept listeners and says what is wrong.

It has one descriptor of its own to wait on, behind which are all its sockets, and never blocks.
When the next run begins it accepts no more, and who is in the middle of asking still gets the
answer; whoever comes then waits in the queue of the listener, which stays open, for the new code.

A connection that is closed with something unread is reset by the kernel, and its client never
sees the answer: so after the answer only our direction ends, and the client's end is waited for.
"""

import errno
import selectors
import struct
from enum import Enum

from autoreload.core import page, request
from autoreload.core.request import Request, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as Socket
    from collections.abc import Iterable

    from autoreload.core.page import Problem

MOST_CLIENTS = 100
"""More wait in the queue of the listener; the usual limit of open files is 256 on macOS."""
MOST_WAITING = 50
"""Pages that wait for the next run; one that is sent away asks again after a second."""

SILENT_S = 1.0
"""Who has said nothing by then does not speak HTTP, or only keeps a connection in reserve."""
SLOW_S = 5.0
"""The longest time from the first byte of a request to its last."""
ANSWER_S = 2.0
"""The longest time for a client to take more of its answer, and then to end."""
PAUSE_S = 0.1
"""After an accept that failed, for want of descriptors, say, and would at once fail again."""

_CHUNK = 1 << 16
_TURNS = 16
"""Chunks that are read of one client before it is somebody else's turn."""
_NO_LINGER = struct.pack("ii", 0, 0)

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class _Stage(Enum):
    ASKING = "its request is read"
    WAITING = "it waits for the next run"
    ANSWERED = "the answer is written"
    DRAINING = "its end is waited for"
    GONE = "it is closed"


class _Client:
    """One connection."""

    __slots__ = ("data", "due", "is_local", "left", "said_end", "socket", "stage")

    def __init__(self, socket: "Socket", *, is_local: bool, now: float) -> None:
        self.socket = socket
        self.is_local = is_local
        self.stage = _Stage.ASKING
        self.due: float | None = now + SILENT_S
        """When it is closed if nothing happens; None for one that may wait."""
        self.data = b""
        self.left = memoryview(b"")
        """What is still to be written."""
        self.said_end = False
        """Whether nothing more comes from it."""


class StandIn:
    """Answers in the stead of the app, from `begin` to `end`, as often as it is needed."""

    def __init__(self) -> None:
        self._selector: selectors.BaseSelector | None = None
        self._listeners: list[Socket] = []
        self._is_accepting = False
        self._accept_again: float | None = None
        self._clients: dict[int, _Client] = {}
        self._problem: Problem | None = None

    def fileno(self) -> int | None:
        """The descriptor that is readable when there is something to serve; None while idle."""
        if self._selector is None:
            return None
        return int(self._selector.fileno())  # type: ignore[attr-defined]  # epoll and kqueue

    def begin(self, listeners: "Iterable[Socket]", problem: "Problem", now: float) -> None:
        """Accept on these listeners, which stay their owner's, and tell of this problem.

        They become non-blocking, with every copy that there is of them.
        """
        self.end(now)
        self._problem = problem
        self._listeners = list(listeners)
        if not self._listeners:
            return
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
        for listener in self._listeners:
            listener.setblocking(False)
        self._listen()

    def end(self, now: float) -> None:
        """The next run begins: accept no more, let the pages that wait ask for it.

        Who has been accepted already is still answered; `serve` goes on until all are.
        """
        self._deafen()
        self._listeners = []
        self._accept_again = None
        for client in list(self._clients.values()):
            if client.stage is _Stage.WAITING:
                self._answer(client, page.waited(), now)
        self._rest()

    def close(self) -> None:
        """Drop everything: autorun ends."""
        self._deafen()
        self._listeners = []
        self._accept_again = None
        for client in list(self._clients.values()):
            self._drop(client)
        self._rest()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something has to be done though nobody says anything."""
        times = [one.due - now for one in self._clients.values() if one.due is not None]
        if self._accept_again is not None:
            times.append(self._accept_again - now)
        return times

    def serve(self, now: float) -> None:
        """Do what can be done at once."""
        if self._selector is None:
            return
        for key, events in self._selector.select(0):
            client = self._clients.get(key.fd)
            if client is None:
                self._accept(key.fileobj, now)  # type: ignore[arg-type]  # as we registered it
                continue
            if events & _READ:
                self._hear(client, now)
            if events & _WRITE and client.stage is not _Stage.GONE:
                self._write(client, now)
        for client in [one for one in self._clients.values() if (one.due or now + 1) <= now]:
            self._drop(client)
        if self._accept_again is not None and now >= self._accept_again:
            self._accept_again = None
        if self._listeners and self._accept_again is None and not self._is_full():
            self._listen()
        self._rest()

    # --- listeners --------------------------------------------------------------------------------

    def _listen(self) -> None:
        if not self._is_accepting and self._selector is not None:
            self._is_accepting = True
            for listener in self._listeners:
                self._selector.register(listener, _READ)

    def _deafen(self) -> None:
        if self._is_accepting and self._selector is not None:
            self._is_accepting = False
            for listener in self._listeners:
                self._selector.unregister(listener)

    def _is_full(self) -> bool:
        return len(self._clients) >= MOST_CLIENTS

    def _accept(self, listener: "Socket", now: float) -> None:
        """Take in everybody who has come, as far as there is room."""
        import _socket

        while self._is_accepting:
            if self._is_full():
                self._deafen()
                return
            try:
                fd, peer = listener._accept()  # type: ignore[attr-defined]  # of a raw one
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.ECONNABORTED:
                    continue
                self._deafen()
                self._accept_again = now + PAUSE_S
                return
            socket = _socket.socket(fileno=fd)
            socket.setblocking(False)
            # Inherited from the listener; a server that lets no close linger loses the answer.
            socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, _NO_LINGER)
            client = _Client(socket, is_local=_is_local(socket, peer), now=now)
            self._clients[fd] = client
            assert self._selector is not None
            self._selector.register(fd, _READ)
            self._hear(client, now)

    # --- clients ----------------------------------------------------------------------------------

    def _hear(self, client: _Client, now: float) -> None:
        """Read what has come; what follows a request is read and forgotten."""
        for _ in range(_TURNS):
            try:
                data = client.socket.recv(_CHUNK)
            except BlockingIOError:
                return
            except OSError:
                self._drop(client)
                return
            if not data:
                self._hear_end(client)
                return
            if client.stage is _Stage.ASKING:
                self._ask(client, data, now)
            if client.stage is _Stage.GONE:
                return

    def _hear_end(self, client: _Client) -> None:
        if client.stage is _Stage.ANSWERED:
            client.said_end = True
            assert self._selector is not None
            self._selector.modify(client.socket.fileno(), _WRITE)
        else:
            self._drop(client)

    def _ask(self, client: _Client, data: bytes, now: float) -> None:
        if not client.data:
            client.due = now + SLOW_S
        client.data += data
        asked = request.read(client.data)
        match asked:
            case Request():
                client.data = b""
                self._reply(client, asked, now)
            case Unread.FOREIGN:
                self._drop(client)
            case Unread.MORE:
                pass

    def _reply(self, client: _Client, asked: Request, now: float) -> None:
        assert self._problem is not None
        if not page.may_wait(asked, is_local=client.is_local):
            answer = page.respond(asked, self._problem, is_local=client.is_local)
            self._answer(client, answer, now)
        elif not self._listeners or self._waiting() >= MOST_WAITING:
            self._drop(client)  # it asks again, and somebody else may answer then
        else:
            client.due = None
            client.stage = _Stage.WAITING
            try:
                client.socket.send(page.waiting())
            except OSError:
                self._drop(client)

    def _waiting(self) -> int:
        return sum(one.stage is _Stage.WAITING for one in self._clients.values())

    def _answer(self, client: _Client, answer: bytes, now: float) -> None:
        client.stage = _Stage.ANSWERED
        client.left = memoryview(answer)
        self._write(client, now)

    def _write(self, client: _Client, now: float) -> None:
        assert self._selector is not None
        client.due = now + ANSWER_S
        try:
            while client.left:
                client.left = client.left[client.socket.send(client.left) :]
            import _socket

            if not client.said_end:
                client.socket.shutdown(_socket.SHUT_WR)
        except BlockingIOError:
            events = _WRITE if client.said_end else _READ | _WRITE
            self._selector.modify(client.socket.fileno(), events)
            return
        except OSError:
            self._drop(client)
            return
        if client.said_end:
            self._drop(client)
            return
        client.stage = _Stage.DRAINING
        self._selector.modify(client.socket.fileno(), _READ)

    def _drop(self, client: _Client) -> None:
        client.stage = _Stage.GONE
        assert self._selector is not None
        self._selector.unregister(client.socket.fileno())
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _rest(self) -> None:
        """Let go of the selector when nothing is left to be served."""
        if self._selector is not None and not self._clients and not self._listeners:
            self._selector.close()
            self._selector = None


def _is_local(socket: "Socket", peer: object) -> bool:
    """Whether the other end is on this machine: by unix socket, loopback, or our own address."""
    if not isinstance(peer, tuple):
        return True
    try:
        mine = socket.getsockname()
    except OSError:
        return False
    return request.is_loopback(str(peer[0])) or peer[0] == mine[0]
