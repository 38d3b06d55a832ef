"""One run of the app: spawn it, talk to it, know what it loaded and how it ended."""

import os
import signal
import time

from autoreload.core import protocol
from autoreload.core.changes import Loaded
from autoreload.system import channel as channels
from autoreload.system import files, processes
from autoreload.system.channel import ChannelClosed
from autoreload.watch.probes import Probes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from autoreload.core.options import Options
    from autoreload.core.protocol import Message
    from autoreload.core.targets import Plan

DOOR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")


class Child:
    """A process that is waited for, and the app that is signalled.

    The two are one process as long as nothing stands between outer and app; `live` is what the
    other end of the channel says that it is.
    """

    def __init__(
        self, pid: int, channel: "channels.Channel | None", started_ns: int | None = None
    ) -> None:
        self.pid = pid
        self.live = pid
        self.channel = channel
        self.started = time.monotonic()
        self.started_ns = files.now_ns() if started_ns is None else started_ns
        """A moment before the program began, by the clock of the file system."""
        self.greeted = channel is None
        self.called_at: float | None = None
        self.is_settled = False
        self.heard_at = self.started
        self.probes = Probes()
        self.nonce = ""
        """Not empty while the interpreter waits for the word to begin."""
        self.is_ahead = False
        """Whether it has gone ahead, up to the first file of the project."""
        self.usage = ""
        self.chain: list[int] = []
        """The checkpoints between us and the app, the one that we wait for first."""
        self.cold = ""
        """Why no checkpoint can go on, as far as it has said so."""
        self.reporters: set[int] = set()
        """The processes that have said anything."""
        self.loaded: dict[str, Loaded] = {}
        """What the app's own process has loaded; its watcher compares these."""
        self.below: dict[str, Loaded] = {}
        """What its children have loaded; only the outer can compare these."""

    def extent(self) -> int:
        """How much is known of it; more means that there may be directories to subscribe."""
        return len(self.loaded) + len(self.below) + len(self.probes.asked)

    def fileno(self) -> int | None:
        """What to wait on for messages, while there may be some."""
        return None if self.channel is None or self.nonce else self.channel.fileno()

    def messages(self) -> "Iterable[Message]":
        """What has come over the channel; loads are taken in on the way."""
        while self.channel is not None and not self.nonce:
            try:
                message = self.channel.receive()
            except (ChannelClosed, protocol.ProtocolError):
                return
            if message is None:
                return
            self.heard_at = time.monotonic()
            self.reporters.add(message.pid)
            match message.word:
                case "hello":
                    self.greeted = True
                    self.live = message.pid
                    self.chain = [int(pid) for pid in message.texts("chain")]
                case "cold":
                    self.cold = message.text("reason")
                case "loaded":
                    self._take_loaded(message)
                case "probed":
                    self._take_probed(message)
                case "dropped":
                    for path in message.texts("paths"):
                        self.loaded.pop(path, None)
                        self.below.pop(path, None)
                case "settled":
                    self.is_settled = True
                case "called":
                    self.called_at = self.called_at or self.heard_at
            yield message
            channels.drop_passed(message)

    def _take_loaded(self, message: "Message") -> None:
        table = self.loaded if message.pid == self.live else self.below
        entries = message.fields.get("files")
        for entry in entries if isinstance(entries, list) else ():
            path, signature, digest, reason = entry
            known = table.get(path)
            # Of several processes that load a file the first counts: it runs the oldest.
            if table is self.loaded or known is None:
                table[path] = Loaded(path, signature, digest, reason=reason)
            elif known.digest is None and known.signature == signature:
                known.digest = digest

    def _take_probed(self, message: "Message") -> None:
        questions = message.fields.get("questions")
        for question in questions if isinstance(questions, list) else ():
            self.probes.note(*question)

    def tell(self, word: str, **fields: object) -> None:
        """Send a message; an app that is ending does not hear it any more."""
        if self.channel is not None:
            self.channel.tell(word, **fields)

    def ask(self, number: int, *, restart: bool) -> None:
        """Ask the app to stop as a user would."""
        for checkpoint in self.chain if restart else ():
            # What the outer alone compares may have been read, unseen, before any of them.
            processes.send(checkpoint, signal.SIGKILL)
        if self.channel is None:
            processes.send(self.pid, number)
        elif self.greeted:
            self.tell("stop", restart=restart, signal=number)
        else:
            # An interpreter that boots takes a signal badly, and nothing of the user's has run.
            processes.send(self.pid, signal.SIGKILL)

    def asked_by_others(self) -> None:
        """Let the inner watch over the end of an app that has been asked already."""
        self.tell("stop", restart=False, asked=True)

    def kill(self) -> None:
        """End it and what is below it, now."""
        below = processes.descendants(self.pid, processes.table())
        processes.send(self.pid, signal.SIGKILL)
        for process in below:
            processes.send(process.pid, signal.SIGKILL)

    def outlives(self, pid: int) -> bool:
        """Whether this end is that of a checkpoint, and the app lives on.

        The outermost process that is left has become our own child.
        """
        left = [one for one in (*self.chain, self.live) if one != pid and processes.is_alive(one)]
        if pid != self.pid or not left:
            return False
        self.pid = left[0]
        self.chain = [one for one in left if one != self.live]
        return True

    def successor(self) -> "Child":
        """The run that a checkpoint has begun in this one's stead, and that waits for its turn."""
        next_one = Child(self.pid, self.channel)
        next_one.live, next_one.chain = self.live, self.chain
        next_one.greeted = next_one.is_ahead = True
        next_one.nonce = "again"
        self.channel = None
        return next_one

    def close(self) -> None:
        """The app is gone: forks of it may still hold the other end, and are not heard."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None


class Launchpad:
    """Starts runs; the next one may go ahead while the present one is stopping.

    It goes as far as the first file of the project, and nothing of the user's has run in it.
    """

    def __init__(
        self,
        plan: "Plan",
        options: "Options",
        environment: "Mapping[str, str]",
        *,
        mask: "Iterable[int]",
        root: str,
    ) -> None:
        self._plan = plan
        self._options = options
        self._environment = environment
        self._mask = [int(number) for number in mask]
        self._root = root
        self._waiting: tuple[int, channels.Channel, str] | None = None
        self.successor: Child | None = None
        """The next run, if a checkpoint has begun it already."""
        self.distrusted: set[str] = set()
        """Sources whose stale bytecode could not be removed."""
        self.written: set[str] = set()
        """What the program has been seen to write itself, in any run."""
        self.ahead: list[str] = []
        """The installed modules that a run imports before its first file of the project."""
        self.hot: list[str] = []
        """The files edited last, the newest at the end."""
        self.kept: list[tuple[int, str, int, int]] = []
        """Where the listeners stood that wait for the next run."""

    def pids(self) -> set[int]:
        """What belongs to the run that waits, if there is one."""
        found = set() if self._waiting is None else {self._waiting[0]}
        if self.successor is not None:
            found |= {self.successor.live, *self.successor.chain}
        return found

    def prepare(self) -> None:
        """Boot the interpreter of the next run, and let it go ahead. Raises OSError."""
        if self._plan.kind == "command" or self._waiting is not None:
            return
        self._waiting = self._boot()
        if self.ahead:
            _, channel, nonce = self._waiting
            channel.tell("start", nonce=nonce, ahead=self.ahead, **self._fixed())

    def start(self, *, wait: bool) -> Child:
        """Start a run: this package again, with RELOAD_ENV=true; or a command, as it is.

        With `wait` the interpreter boots and no more, until `begin`. Raises OSError.
        """
        # Taken first: when we are on again, the program may have read what is being saved.
        started_ns = files.now_ns()
        if self._plan.kind == "command":
            pid = processes.spawn(self._plan.args, self._environment, mask=self._mask)
            return Child(pid, None, started_ns)
        if self.successor is not None:
            child, self.successor = self.successor, None
            if not wait:
                self.begin(child)
            return child
        if self._waiting is not None and not processes.is_alive(self._waiting[0]):
            self.discard()
        prepared, self._waiting = self._waiting, None
        pid, channel, nonce = prepared or self._boot()
        child = Child(pid, channel, started_ns)
        child.nonce = nonce
        child.is_ahead = prepared is not None and bool(self.ahead)
        if not wait:
            self.begin(child)
        return child

    def begin(self, child: Child) -> None:
        """Let a run that waits begin."""
        if child.is_ahead:
            child.tell("go", **self._latest())
        else:
            child.tell("start", nonce=child.nonce, **self._fixed(), **self._latest())
        child.nonce = ""

    def discard(self) -> None:
        """Nothing follows: end the interpreter that waits."""
        if self._waiting is not None:
            pid, channel, _ = self._waiting
            self._waiting = None
            channel.close()
            processes.send(pid, signal.SIGKILL)

    def _boot(self) -> "tuple[int, channels.Channel, str]":
        ours, theirs = channels.pair()
        nonce = os.urandom(8).hex()
        plan = self._plan
        inner = {**self._environment, protocol.CHANNEL: f"{theirs}:{nonce}"}
        words = ["-m", plan.name] if plan.kind == "module" else [plan.name]
        argv = [plan.python, *plan.flags, DOOR, *words, *plan.args]
        # A booting interpreter takes SIGINT badly: it stays pending until the program begins.
        mask = {*self._mask, signal.SIGINT}
        try:
            pid = processes.spawn(argv, inner, mask=mask, pass_fd=theirs)
        except OSError:
            ours.close()
            raise
        finally:
            os.close(theirs)
        return pid, ours, nonce

    def _latest(self) -> "dict[str, object]":
        """What a run is told when its turn comes."""
        return {
            "distrusted": list(self.distrusted),
            "written": protocol.shortened(sorted(self.written), most=500),
            "kept": self.kept,
            "hot": self.hot,
        }

    def _fixed(self) -> "dict[str, object]":
        """What every run is told."""
        plan, options = self._plan, self._options
        return {
            "kind": "callable" if plan.entry_point else plan.kind,
            "name": plan.entry_point or plan.name,
            "argv0": plan.name if plan.entry_point else "",
            "mask": self._mask,
            "signal": signal_number(options.signal or plan.stop_signal),
            "stop_timeout_s": options.stop_timeout_s,
            "delay_s": options.delay_s,
            "poll_s": options.poll_s or 0.0,
            "hold": options.hold,
            "data": options.data,
            "ignore": list(options.ignore),
            "keep": options.keep_sockets != "none",
            "warm": options.warm,
            "root": self._root,
        }


def by_hand(plan: "Plan") -> list[str]:
    """The line that runs the target without us."""
    if plan.kind == "command":
        return list(plan.args)
    start = [plan.python, *plan.flags]
    if plan.kind == "module":
        return [*start, "-m", plan.name, *plan.args]
    if plan.kind == "callable":
        return [*start, DOOR, "--call", plan.name, *plan.args]
    return [*start, plan.name, *plan.args]


def signal_number(name: str) -> int:
    """INT, SIGINT or 2 as a number; ValueError for anything else."""
    if name.isdigit():
        return int(signal.Signals(int(name)))
    found = getattr(signal, "SIG" + name.upper().removeprefix("SIG"), None)
    if not isinstance(found, signal.Signals):
        raise ValueError(name)
    return int(found)
