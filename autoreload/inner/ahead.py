"""A run that goes ahead while the last one is still stopping, up to the first file of the project.

Importing what is installed takes most of a server's start, and depends on nothing that the last run
may still hold or write. So the next run imports, in the same order, what the one before had
imported when it came to the first file of the project, and waits for its turn. Should an import
want more than to import - a file of the project, a write, a socket, a process - it waits right
there: the interpreter says itself what it is about to do (audit events), and what is not known to
be harmless is not done.
"""

import os
import sys
from _thread import allocate_lock, get_ident

from autoreload.core import protocol
from autoreload.system import audit, processes
from autoreload.system.channel import Channel, ChannelClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from autoreload.core.protocol import Message
    from autoreload.watch.scope import Scope
    from autoreload.watch.traces import Traces

MOST_AHEAD = 2000
"""How many modules a run imports ahead of its turn."""

_FILES = frozenset({"ctypes.dlopen", "open"})
HARMLESS = frozenset(
    {
        "builtins.id",
        "code.__new__",
        "compile",
        "ctypes.dlsym",
        "ctypes.dlsym/handle",
        "exec",
        "function.__new__",
        "gc.get_objects",
        "gc.get_referents",
        "gc.get_referrers",
        "import",
        "marshal.dumps",
        "marshal.load",
        "marshal.loads",
        "object.__delattr__",
        "object.__getattr__",
        "object.__setattr__",
        "os.listdir",
        "os.scandir",
        "sys._current_frames",
        "sys._getframe",
        "sys._getframemodulename",
        "sys.addaudithook",
        "type.__new__",
    }
)
"""What an import of installed code does, and what nobody else can tell."""


SERVERS = {
    "uvicorn": frozenset({"uvicorn", "uvloop", "httptools", "websockets", "h11", "wsproto"}),
}
"""Servers that import more of their own after the app, and which packages that are."""


class Ahead:
    """Where a run waits for its turn; it comes but once, and maybe a long time after the start."""

    def __init__(
        self,
        channel: Channel,
        traces: "Traces",
        modules: "list[str]",
        then: "Callable[[Message], None]",
    ) -> None:
        """`then` is called with the word that lets it go on, in the thread that waited."""
        self._channel = channel
        self._scope = traces.scope
        self._installed = traces.installed
        self._modules = modules
        self._then = then
        self._lock = allocate_lock()
        self._waiting_thread = 0
        self._is_over = False
        audit.guard(self._hear)

    def run(self) -> None:
        """Import what the last run had imported by then, and wait."""
        for name in self._modules:
            if self._is_over:
                break
            try:
                __import__(name)
            except BaseException:  # the program meets it again, if it still wants the module
                break
        self.wait()

    def wait(self) -> None:
        """Wait until the last run is over; at once when it was waited for before."""
        if self._is_over or self._waiting_thread == get_ident():
            return
        with self._lock:
            if self._is_over:
                return
            self._waiting_thread = get_ident()
            name = processes.rename(processes.STANDBY)
            try:
                turn = await_turn(self._channel)
                processes.rename(name)
                if stale := self._installed.changed():
                    give_up(self._channel, f"{stale} was written while the run stood by")
                self._then(turn)
            finally:
                self._is_over = True
                self._waiting_thread = 0
                audit.unguard()

    def _hear(self, event: str, arguments: "tuple[object, ...]") -> None:
        is_harmless = self._is_installed(*arguments) if event in _FILES else event in HARMLESS
        if not is_harmless:
            self.wait()

    def _is_installed(self, path: object, mode: object = None, flags: object = 0) -> bool:
        """Whether a file is opened to be read, and belongs to what is installed."""
        if not isinstance(path, str) or not isinstance(flags, int):
            return False
        is_writing = isinstance(mode, str) and not {"w", "a", "x", "+"}.isdisjoint(mode)
        if is_writing or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            return False
        return self._scope.real(os.path.abspath(path)) is None


class Scouting:
    """Finds out, in a run that did not go ahead itself, how far the next one may."""

    def __init__(self, channel: Channel, scope: "Scope") -> None:
        self._channel = channel
        self._scope = scope
        self._born_with = frozenset(sys.modules)
        self._found: list[str] = []

    def meet(self) -> None:
        """The first file of the project is next: what is imported by now may be ahead."""
        self._found = installed(self._scope, self._born_with)
        self._tell()

    def ready(self) -> None:
        """The program is up: what a known server has imported for itself may be ahead as well."""
        packages = {name.partition(".")[0] for name in self._found}
        wanted = [one for server in packages for one in SERVERS.get(server, ())]
        if wanted:
            later = installed(self._scope, self._born_with.union(self._found))
            self._found += [name for name in later if name.partition(".")[0] in wanted]
            self._tell()

    def _tell(self) -> None:
        modules = protocol.shortened(self._found, most=MOST_AHEAD)
        self._channel.tell("ahead", modules=modules)


def await_turn(channel: Channel) -> "Message":
    """Wait for the word to go on; ends the process when nothing is to follow."""
    try:
        while True:
            channel.wait(None)
            message = channel.receive()
            if message is not None and message.word == "go":
                return message
            if message is not None and message.word == "stop" and not message.flag("restart"):
                break
    except (ChannelClosed, protocol.ProtocolError):
        pass
    os._exit(0)  # noqa: TID251  # nothing of the user's is under way in here


def give_up(channel: Channel, reason: str) -> "NoReturn":
    """Another run is to be started in the stead of this one, of which nothing has run."""
    channel.tell("cold", reason=reason, over=True)
    os._exit(protocol.SENTINEL)  # noqa: TID251


def installed(scope: "Scope", before: "frozenset[str]") -> list[str]:
    """The installed modules that were imported since, in the order of their imports."""
    found = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)
        if name in before or spec is None or spec.name != name or name == "__main__":
            continue
        if isinstance(origin, str) and origin.startswith(os.sep) and scope.real(origin) is None:
            found.append(name)
    return found


def forget_listings(scope: "Scope") -> None:
    """Let importlib list the folders of the project anew: what it saw may have changed since."""
    for forget in listings(scope):
        forget()


def listings(scope: "Scope") -> "list[Callable[[], object]]":
    """What makes importlib list the folders of the project anew, one for each."""
    found = []
    for entry, finder in list(sys.path_importer_cache.items()):
        forget = getattr(finder, "invalidate_caches", None)
        if forget is not None and scope.real(os.path.join(os.path.abspath(entry), "_")) is not None:
            found.append(forget)
    return found
