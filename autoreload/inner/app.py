"""The program in the main thread of this process: asked to stop, woken, ended."""

import _thread
import os
import sys
from _thread import get_ident

from autoreload.core import protocol
from autoreload.core.keeping import Address
from autoreload.inner import hooks
from autoreload.inner.ahead import Ahead, Scouting, forget_listings
from autoreload.system import plainsignal as signal
from autoreload.system.channel import Channel
from autoreload.system.waiting import wait
from autoreload.watch.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from autoreload.core.protocol import Message
    from autoreload.inner.checkpoints import Chain
    from autoreload.inner.farewell import Farewell
    from autoreload.inner.keeping import Keeping
    from autoreload.inner.showing import Showing
    from autoreload.inner.wishes import Wishes
    from autoreload.system import processes
    from autoreload.watch.app import Settings
    from autoreload.watch.reads import Reads

_DEBUGGERS = ("bdb", "code", "pydevd", "IPython")
"""Without one of these modules there is neither a debugger nor a prompt."""
GUARD_GRACE_S = 0.4
"""What the app gets to clean up when the outer is gone; all is over within a second."""


MOST_NAMED = 5
"""Threads, and children, that are named when they keep the program from ending."""


class App:
    """The program in the main thread of this process."""

    def __init__(self, channel: Channel, stop_signal: int) -> None:
        self._channel = channel
        self._main = _thread.get_ident()
        self._signal = stop_signal
        self._asked_at: tuple[FrameType | None, int] | None = None
        self.pid = os.getpid()
        self.mask: list[int] = []
        """The signals that the program is to find blocked."""
        self.called = False
        self.reads: Reads | None = None
        self.keeping: Keeping | None = None
        self.ahead: Ahead | None = None
        self.scouting: Scouting | None = None
        self.chain: Chain | None = None
        self.settings: Settings | None = None
        self.wishes: Wishes | None = None
        self.farewell: Farewell | None = None
        self._is_parting = False
        """Asked to end, and the program's own functions come first."""
        self.showing: Showing | None = None
        self.longest_stop_s = 0.0
        self.overlaps = False
        """Whether the next run may begin beside the clean-up."""
        self.restarting = False
        self.asked = False

    def begin(self, turn: "Message", traces: Traces) -> None:
        """Take over what the last run left, and know which run this is."""
        variables = turn.fields.get("variables")
        if isinstance(variables, dict):
            os.environ.update(variables)
        hooks.begin(turn.texts("changes"))
        traces.distrusted = frozenset(turn.texts("distrusted"))
        if self.settings is not None:
            self.settings.unheed(turn.texts("unheeded"))
        traces.since = turn.number("since") or traces.since
        if self.reads is not None:
            self.reads.add_written(turn.texts("written"))
        kept = turn.fields.get("kept")
        if self.keeping is not None and isinstance(kept, list):
            self.keeping.give([Address(*one) for one in kept], traces)
        if self.ahead is not None:
            forget_listings(traces.scope)

    def is_called(self) -> bool:
        return self.called

    def is_idle(self) -> bool:
        """Whether the main thread sleeps (proc(5)); where nobody can tell, it counts as if."""
        try:
            with open("/proc/self/stat", "rb") as file:
                return file.read().rpartition(b")")[2].split()[0] == b"S"
        except OSError:
            return True

    def stop(self, *, restart: bool) -> None:
        """Ask as a user would, after what the program itself wants to do before a restart."""
        self.asked = True
        self.restarting = restart
        self._is_parting = restart and self.farewell is not None and self.farewell.begin(self._main)
        if not self._is_parting:
            self._stop(restart=restart)

    def proceed(self) -> None:
        """Ask it when those functions are through."""
        if self._is_parting and self.farewell is not None and self.farewell.is_over():
            self._is_parting = False
            self._stop(restart=True)

    def _stop(self, *, restart: bool) -> None:
        """The signal goes to the main thread, which it wakes from any wait."""
        ports: set[int | str] = set()
        if restart and self.keeping is not None:
            try:
                ports = self.keeping.hand_over()
            except Exception:  # whatever a program does to its sockets, the restart goes on
                pass
        if self.chain is not None:  # the next one comes up beside what is still being answered
            if restart:
                self.chain.announce()
            else:
                self.chain.end()
        if ports and self.keeping is not None:
            self.keeping.drain(ports, self.longest_stop_s)
        if restart and self.overlaps and self.chain is not None:
            self.chain.go_beside()
        self._asked_at = self._position()
        signal.pthread_kill(self._main, self._signal)
        if restart and "autoreload.inner.hastening" in sys.modules:
            from autoreload.inner import hastening

            hastening.hurry()

    def nudge(self) -> None:
        """Wake a main thread that did not move; the signal itself is not sent twice.

        Servers count them, and take the second one for "at once".
        """
        if self._is_parting:
            return
        if self.keeping is not None:
            self.keeping.knock()
        if self._asked_at is not None and self._asked_at[0] is not None:
            from autoreload.system import interrupts

            if self._asked_at == self._position():
                interrupts.wake(self._main)

    def _position(self) -> "tuple[FrameType | None, int]":
        frame = sys._current_frames().get(self._main)
        return frame, frame.f_lasti if frame is not None else -1

    def force(self) -> None:
        """End now; buffers and logs are still written, what else was to be cleaned up is lost."""
        from autoreload.system import processes

        below = processes.descendants(os.getpid(), processes.table())
        children = protocol.shortened([repr(one) for one in below], most=MOST_NAMED)
        threads = protocol.shortened(self.kept_by(), most=MOST_NAMED)
        self._channel.tell("forced", threads=threads, children=children)
        _flush()
        os._exit(protocol.SENTINEL if self.restarting else 1)  # noqa: TID251

    def kept_by(self) -> list[str]:
        """The threads that keep the process, each with the line where it stands."""
        from autoreload.inner import stacks

        frames = sys._current_frames()
        found = [
            f"{thread.name} ({_where(frames[thread.ident])})"
            for thread in stacks.threads()
            if not thread.daemon
            and thread.ident in frames
            # The main thread at its very end, waiting for the others, keeps nothing.
            and not (
                thread.ident == self._main and frames[thread.ident].f_code.co_name == "_shutdown"
            )
        ]
        if not found and self._main in frames:
            found.append(f"MainThread ({_where(frames[self._main])})")
        return found

    def stacks(self) -> str:
        """Where every thread is, but for the one that asks."""
        from autoreload.inner import stacks

        return stacks.described(self._main, get_ident())

    def ready(self) -> None:
        """It is up: what it reads from now on is its own affair."""
        self.close_boot()
        if self.scouting is not None:
            self.scouting.ready()

    def note_imports(self) -> None:
        """Let the next run know what this one has imported late."""
        if self.chain is not None and self.chain.is_over:
            self.chain.tail.note()

    def close_boot(self) -> None:
        """Neither what it reads from now on counts, nor where it stands."""
        if self.reads is not None:
            self.reads.close()
        if self.chain is not None:
            self.chain.close()
        if self.showing is not None:
            self.showing.show()

    def part(self, code: int) -> None:
        """All that the program is owed is done: let a run that waits for this end go on."""
        if self.chain is not None:
            self.chain.part(code)

    def forgo_checkpoints(self) -> None:
        """Let the next run begin anew."""
        if self.chain is not None:
            self.chain.forgo("the program has asked for it")

    def is_debugged(self) -> bool:
        """Whether a debugger waits for its user."""
        # Most programs have none, and a restart is not to wait for our import.
        if (
            sys.modules.keys().isdisjoint(_DEBUGGERS)
            and "PYTHONBREAKPOINT" not in os.environ
            and not hasattr(sys.breakpointhook, "__code__")
        ):
            return False
        from autoreload.inner import debuggers

        return debuggers.waits()

    def refresh(self, paths: list[str]) -> str:
        """Let the framework read files again."""
        from autoreload.inner import frameworks

        return frameworks.refresh(paths)

    def cached(self) -> "list[tuple[str, str]] | None":
        """What the framework caches; None while it is not set up."""
        if "django.utils.autoreload" not in sys.modules:
            return None
        from autoreload.inner import frameworks

        return frameworks.cached()

    def alone(self) -> int:
        """The program has closed our descriptors, and no word goes in or out; the parent."""
        return os.getppid() if self.chain is None else self.chain.abandon()

    def orphaned(self) -> None:
        """The outer is gone without a word: end what was started, the app, and this process."""
        from autoreload.system import processes

        def below() -> set[int]:
            mine = {one.pid for one in processes.descendants(os.getpid(), processes.table())}
            return mine | {one.pid for one in _carriers()}

        self.asked = True
        left = below()
        if left:
            processes.end(left, 0.2, nap)
        signal.pthread_kill(self._main, self._signal)
        nap(GUARD_GRACE_S)
        for pid in below():
            processes.send(pid, signal.SIGKILL)
        _flush()
        os._exit(1)  # noqa: TID251


def _carriers() -> "list[processes.Process]":
    from autoreload.system import processes

    identity = os.environ.get(protocol.IDENTITY, "")
    return processes.carriers(protocol.IDENTITY, identity) if identity else []


def nap(seconds: float) -> None:
    """Wait without waking for anything."""
    wait([], seconds)


def _flush() -> None:
    logging = sys.modules.get("logging")
    if logging is not None:
        try:
            logging.shutdown()
        except Exception:  # a handler of the app's that fails must not keep the process
            pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, replaced or None
            pass


def _where(frame: "FrameType") -> str:
    """The innermost line outside of the standard library's waiting."""
    inner: FrameType | None = frame
    standard = os.path.dirname(os.__file__)
    while inner is not None and inner.f_back and inner.f_code.co_filename.startswith(standard):
        inner = inner.f_back
    chosen = inner if inner is not None else frame
    return f"{os.path.basename(chosen.f_code.co_filename)}:{chosen.f_lineno}"
