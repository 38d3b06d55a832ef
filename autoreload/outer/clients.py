"""The control socket: lets others ask and tell, and never waits for any of them."""

import os
import selectors

from autoreload.core import control
from autoreload.core.control import LARGEST, ControlProblem
from autoreload.system import instance as instances

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as Socket

    from autoreload.core.events import Value
    from autoreload.outer.commands import Commands
    from autoreload.system.instance import Instance

MOST_CLIENTS = 64
MOST_UNREAD = 1 << 20
"""Bytes that are kept for a client that does not read."""
_CHUNK = 1 << 16
_TURNS = 16
"""Clients that are accepted at once before it is somebody else's turn."""
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Client:
    """One connection: requests come in, answers go out, in whichever order they are ready."""

    def __init__(self, socket: "Socket", server: "Clients") -> None:
        self.socket = socket
        self._server = server
        self._read = b""
        self._left = bytearray()
        self.is_open = True
        self.is_last = False
        """Whether it is closed when all is written."""

    def send(self, fields: "dict[str, Value]") -> None:
        """Write an object, now or when the client reads; one that never does is let go."""
        self.write(control.encode(fields))

    def write(self, data: bytes) -> None:
        if not self.is_open:
            return
        self._left += data
        self.flush()
        if len(self._left) > MOST_UNREAD:
            self._server.drop(self)

    def flush(self) -> None:
        try:
            while self._left:
                del self._left[: self.socket.send(self._left)]
        except BlockingIOError:
            pass
        except OSError:
            self._server.drop(self)
            return
        if self.is_last and not self._left:
            self._server.drop(self)
        elif self.is_open:
            self._server.watch(self, _READ | _WRITE if self._left else _READ)

    def lines(self) -> list[bytes]:
        """The requests that have come; raises ControlProblem for one that is too long."""
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._server.drop(self)
            return []
        *lines, self._read = (self._read + data).split(b"\n")
        if len(self._read) > LARGEST or any(len(line) > LARGEST for line in lines):
            raise ControlProblem("too-long", f"a request has at most {LARGEST} bytes")
        return [line for line in lines if line.strip()]


class Clients:
    """Accepts clients, and hands their requests on."""

    def __init__(self, instance: "Instance | None", commands: "Commands") -> None:
        self._instance = instance
        self._commands = commands
        self._selector: selectors.BaseSelector | None = None
        self._clients: list[Client] = []
        if instance is not None:
            self._selector = selectors.DefaultSelector()
            self._selector.register(instance.socket, _READ)

    def fileno(self) -> int | None:
        """What to wait on for all of them."""
        # epoll and kqueue, which Linux and macOS have, are descriptors themselves.
        return None if self._selector is None else self._selector.fileno()  # type: ignore[attr-defined]

    def serve(self) -> None:
        """Accept, read and write as far as that goes at once."""
        if self._selector is None:
            return
        for key, ready in self._selector.select(0):
            client = key.data
            if client is None:
                for _ in range(_TURNS):
                    if not self._accept():
                        break
                continue
            if ready & _WRITE:
                client.flush()
            if ready & _READ and client.is_open:
                self._hear(client)

    def _accept(self) -> bool:
        """Take the next one from the queue, if there is one."""
        from _socket import socket

        assert self._instance is not None
        try:
            fd, _ = self._instance.socket._accept()  # type: ignore[attr-defined]  # of the C class
        except OSError:
            return False  # there is none, or no descriptor for it
        connected = socket(fileno=fd)
        connected.setblocking(False)
        client = Client(connected, self)
        if instances.peer_uid(connected) not in (os.getuid(), 0):
            connected.close()
            return True
        self._clients.append(client)
        client.send(self._commands.greeting())
        if len(self._clients) > MOST_CLIENTS:
            problem = ControlProblem("busy", f"{MOST_CLIENTS} clients are connected already")
            client.is_last = True
            client.write(control.refusal(None, problem))
        return True

    def _hear(self, client: Client) -> None:
        try:
            lines = client.lines()
        except ControlProblem as problem:
            client.is_last = True
            client.write(control.refusal(None, problem))
            return
        for line in lines:
            number: Value = None
            try:
                request = control.request(line)
                number = request.number
                self._commands.carry_out(request, client)
            except ControlProblem as problem:
                client.write(control.refusal(number, problem))

    def watch(self, client: Client, events: int) -> None:
        """Wait for this of a client from now on."""
        if self._selector is None:
            return
        try:
            self._selector.modify(client.socket, events, client)
        except KeyError:
            self._selector.register(client.socket, events, client)

    def drop(self, client: Client) -> None:
        """Close a connection, and forget what it waits for."""
        if not client.is_open:
            return
        client.is_open = False
        self._commands.forget(client)
        if client in self._clients:
            self._clients.remove(client)
        if self._selector is not None:
            try:
                self._selector.unregister(client.socket)
            except KeyError:
                pass
        client.socket.close()

    def close(self) -> None:
        """Autorun ends: nobody finds it any more, and who is connected sees the end."""
        for client in tuple(self._clients):
            self.drop(client)
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._instance is not None:
            self._instance.close()
