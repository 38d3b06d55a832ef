"""Listeners that outlive a run: handed over when a restart begins, given back when the next binds.

What the program binds is heard by an audit event, so that nothing is replaced in a first run. At
a restart the outer gets a copy of each listener that was bound in this process; an empty one takes
its place, so that whoever connects from then on waits for the next run; and what is being answered
gets a moment to be finished. A run that follows finds `socket.bind` replaced until everything that
was kept has been asked for.
"""

import errno
import os
import sys
import time

from autoreload.core.draining import is_busy
from autoreload.core.keeping import Address
from autoreload.inner import replacing
from autoreload.system import audit
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Iterable
    from typing import Any

    from autoreload.system.channel import Channel
    from autoreload.system.listeners import Listener
    from autoreload.watch.traces import Traces

LONGEST_DRAIN_S = 0.5
DRAIN_PACE_S = 0.0003


class Keeping:
    """What this run has bound, and what it is given back."""

    def __init__(self, channel: "Channel", *, is_below: bool = False) -> None:
        """With `is_below` the outer sees every bind by the kernel, and gives back there."""
        self._channel = channel
        self._is_below = is_below
        self._kept: list[Address] = []
        """Where the listeners stand that wait for this run."""
        self.on_bind: Callable[[], None] = _nothing
        """Called before the program binds, whatever it is given then."""
        self._bound: dict[int, int] = {}
        """Inode to the turn among the binds to port 0, or 0, of what was bound here."""
        self._turns = 0
        self._unheard: set[int] = set()
        """Inodes of what was given for port 0 and has not listened since."""
        self._empties: list[tuple[Any, ...]] = []
        """Where those stand that were put in the place of what was handed over."""
        self._paths: set[str] = set()
        """Sockets in the file system that wait for a run; nobody removes them meanwhile."""

    def install(self, traces: "Traces") -> None:
        """Hear of every bind."""
        audit.listen("socket.bind", self._binds)
        traces.on_module["uvloop"] = _bind_in_python

    def give(self, kept: "list[Address]", traces: "Traces") -> None:
        """Let the program have these when it asks for them."""
        self._kept = kept
        if not kept:
            return
        self._paths = {one.host for one in kept if one.is_unix}
        if self._paths:
            replacing.spare_paths(self._paths)
        for name, replace in (
            ("socket", self._replace_in_socket),
            ("gevent._socket3", self._replace_in_gevent),
        ):
            if name in sys.modules:
                replace(sys.modules[name])
            else:
                traces.on_module[name] = replace

    def note(self, fds: "Iterable[int]") -> None:
        """These were opened before the program: they are swapped and drained as its own."""
        for fd in fds:
            self._bound[os.fstat(fd).st_ino] = 0

    # --- while it runs ----------------------------------------------------------------------------

    def _binds(self, sock: "_socket.socket", address: object) -> None:
        from autoreload.system import listeners

        try:
            if not _is_stream(sock):
                return
            inode = os.fstat(sock.fileno()).st_ino
            wanted = listeners.resolved(sock, address)
        except (OSError, ValueError):
            return  # a closed socket: the bind itself says so
        self._bound[inode] = self._next_turn() if wanted is not None and _is_any(wanted) else 0
        if wanted is not None and not _is_any(wanted):
            self._channel.tell("binds", address=wanted.entry())

    def _next_turn(self) -> int:
        self._turns += 1
        return self._turns

    # --- given back -------------------------------------------------------------------------------

    def _replace_in_socket(self, module: "Any") -> None:
        replacing.replace_methods(module.socket, self)

    def _replace_in_gevent(self, module: "Any") -> None:
        """gevent has a socket class of its own below its sockets."""
        replaced = getattr(module, "_wrefsocket", None)
        if replaced is not None:
            replacing.replace_methods(replaced, self)

    def take(self, sock: "Any", address: object) -> bool:
        """Whether a kept listener stands now where the program's socket was."""
        from autoreload.system import listeners

        self.on_bind()
        if self._is_below or not self._may_be_kept(address):
            return False
        if not _is_stream(sock) or _is_shared(sock):
            return False  # those that share a port are told apart only when they listen
        wanted = listeners.resolved(sock, address)
        if wanted is None:
            return False
        turn = self._turns + 1 if _is_any(wanted) else 0
        if not self._put(sock, wanted, turn):
            return False
        if turn:
            self._turns = turn
        return True

    def _may_be_kept(self, address: object) -> bool:
        """Whether a listener waits on this port or path; nothing is looked up for others."""
        port = address[1] if isinstance(address, tuple) and len(address) > 1 else None
        return any(one.is_unix if port is None else port in (0, one.port) for one in self._kept)

    def listens(self, sock: "Any") -> None:
        """The program is about to let a socket listen: one that shares its port is told by that."""
        from autoreload.system import listeners

        self.on_bind()
        if self._is_below or not self._kept or not _is_stream(sock):
            return
        self._unheard.discard(_inode(sock))
        if _is_shared(sock) and not listeners.listens(sock):
            bound = listeners.address_of(sock)
            if bound is not None:
                self._put(sock, bound, self._bound.get(_inode(sock), 0))

    def _put(self, sock: "Any", wanted: Address, turn: int) -> bool:
        """Ask for a listener, and put it under the descriptor of the program's socket."""
        import _socket

        from autoreload.system import listeners

        answer = self._channel.ask(
            "take", address=wanted.entry(), turn=turn, options=listeners.options_of(sock)
        )
        if answer is None or not answer[1]:
            return False
        kept = _socket.socket(fileno=answer[1][0])
        listeners.copy_options(sock, kept)
        os.dup2(kept.fileno(), sock.fileno(), os.get_inheritable(sock.fileno()))
        kept.close()
        self._paths.discard(wanted.host)
        # Whether it blocks belongs to the listener that both share, not to the descriptor.
        sock.settimeout(sock.gettimeout())
        self._bound[_inode(sock)] = turn
        if turn:
            self._unheard.add(_inode(sock))
        return True

    def give_up(self, sock: "Any", bind: "Callable[..., None]") -> None:
        """Who has bound port 0 and connects is a client: it gets a socket that does not listen."""
        if not self._unheard or not _is_stream(sock) or _inode(sock) not in self._unheard:
            return
        import _socket

        from autoreload.system import listeners

        self._unheard.discard(_inode(sock))
        host, _, *rest = sock.getsockname()
        new = _socket.socket(sock.family, sock.type, sock.proto)
        listeners.copy_options(sock, new)
        os.dup2(new.fileno(), sock.fileno(), os.get_inheritable(sock.fileno()))
        new.close()
        sock.settimeout(sock.gettimeout())
        bind(sock, (host, 0, *rest))

    def bind(self, sock: "Any", address: "tuple[Any, ...]", bind: "Callable[..., None]") -> None:
        """Bind for real, past a kept listener on the same port that is none for this address."""
        from autoreload.system import listeners

        try:
            bind(sock, *address)
        except OSError as error:
            if self._is_below or error.errno != errno.EADDRINUSE or not _is_stream(sock):
                raise
            wanted = listeners.resolved(sock, address[0])
            if wanted is None or not self._is_told("free", wanted):
                raise
            bind(sock, *address)

    def is_nobody(self, sock: "Any", address: "tuple[Any, ...]") -> bool:
        """Whether only a listener that waits for this run would hear: nobody is there yet."""
        from autoreload.system import listeners

        if len(address) != 1 or not self._may_be_kept(address[0]) or not _is_stream(sock):
            return False
        wanted = listeners.resolved(sock, address[0])
        if wanted is None or not any(one.may_hear(wanted) for one in self._kept):
            return False
        if not (wanted.is_unix or listeners.is_local(wanted)):
            return False
        return self._is_told("asks", wanted)

    def _is_told(self, word: str, address: Address) -> bool:
        answer = self._channel.ask(word, address=address.entry())
        return answer is not None and answer[0].flag("yes")

    # --- the restart ------------------------------------------------------------------------------

    def hand_over(self) -> "set[int | str]":
        """Give the outer every listener; the ports and paths of those."""
        if not self._bound and not self._is_below:
            return set()
        given = self._give()
        for listener in given:
            self._put_empty(listener)
        return {one.address.port or one.address.host for one in given if one.address is not None}

    def _give(self) -> "list[Listener]":
        from autoreload.system import channel as channels
        from autoreload.system import listeners

        found = [one for one in listeners.own() if one.fd != self._channel.fd]
        kept = [
            one
            for one in found
            if (self._is_below or one.inode in self._bound) and _has_address(one)
        ]
        first = {one.inode: one for one in reversed(kept)}
        entries = [
            ((one.address or Address(0, "")).entry(), self._bound.get(one.inode, 0))
            for one in first.values()
        ]
        fds = [one.fd for one in first.values()]
        left = [str(one.address or "a name that is not kept") for one in found if one not in kept]
        self._paths |= {one.address.host for one in kept if one.address and one.address.is_unix}
        if self._paths:
            replacing.spare_paths(self._paths)
        for start in range(0, max(len(fds), 1), channels.MOST_PASSED):
            end = start + channels.MOST_PASSED
            if (
                self._channel.ask("give", fds[start:end], listeners=entries[start:end], left=left)
                is None
            ):
                return []
            left = []
        return kept

    def _put_empty(self, listener: "Listener") -> None:
        from autoreload.system import listeners

        try:
            name = listeners.put_empty(listener)
        except OSError:
            return  # closed in the meantime
        if isinstance(name, str):
            self._paths.add(os.path.realpath(name))
        elif isinstance(name, tuple):
            self._empties.append(name)

    def knock(self) -> None:
        """Wake a thread that was told of a connection before the restart, and now waits for one."""
        from autoreload.system import listeners

        for name in self._empties:
            listeners.knock(name)

    def drain(self, ports: "set[int | str]", longest_s: float) -> None:
        """Let what is being answered at these ports end; for half a second at most."""
        from autoreload.system import listeners

        until = time.monotonic() + min(longest_s, LONGEST_DRAIN_S)
        activity = None
        if any(isinstance(one, str) for one in ports):
            from autoreload.system.activity import Activity

            activity = Activity()
        among: set[int] | None = None
        while time.monotonic() < until:
            quiet_ms = activity.quiet_ms() if activity else sys.maxsize
            traffic = listeners.traffic(ports, quiet_ms, among=among)
            busy = {fd for fd, one in traffic if is_busy(one)}
            if busy:
                wait([], DRAIN_PACE_S)
            elif among is None:
                return
            # Each look takes Python's lock from what is being answered, so it is a short one until
            # those are done that were busy before.
            among = busy or None


def _is_stream(sock: "Any") -> bool:
    import _socket

    from autoreload.system import listeners

    return sock.type == _socket.SOCK_STREAM and sock.family in listeners.FAMILIES


def _inode(sock: "Any") -> int:
    return os.fstat(sock.fileno()).st_ino


def _has_address(listener: "Listener") -> bool:
    """Whether it can be asked for by its address: some programs rename the path of a socket."""
    address = listener.address
    return address is not None and (not address.is_unix or os.path.exists(address.host))


def _is_any(address: Address) -> bool:
    """Whether the kernel is to choose the port."""
    return not address.is_unix and address.port == 0


def _is_shared(sock: "Any") -> bool:
    from autoreload.system import listeners

    return bool(_is_stream(sock) and listeners.options_of(sock)[0])


def _bind_in_python(module: "Any") -> None:
    from autoreload.inner import uvloops

    uvloops.bind_in_python(module)


def _nothing() -> None:
    """Nobody waits for a bind."""
