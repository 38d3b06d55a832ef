"""Starts runs, and the next one's interpreter while the present run is stopping."""

import os
import signal
import time

from autoreload.core import checkpoints, protocol, variables
from autoreload.outer.child import DOOR, Child
from autoreload.outer.warmth import Warmth
from autoreload.system import census, files, processes, signals
from autoreload.system import channel as channels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from autoreload.core.options import Options
    from autoreload.core.targets import Plan
    from autoreload.outer.spawning import Spawning
    from autoreload.system.seccomp import Notices


class Booted:
    """An interpreter that waits for its first word, or for its turn."""

    __slots__ = ("channel", "is_ahead", "nonce", "notices", "pid")

    def __init__(
        self, pid: int, channel: channels.Channel, nonce: str, notices: "Notices | None"
    ) -> None:
        self.pid = pid
        self.channel = channel
        self.nonce = nonce
        self.notices = notices
        self.is_ahead = False
        """Whether it has been told to go ahead, up to the first file of the project."""


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
        spawning: "Spawning",
    ) -> None:
        self._plan = plan
        self._options = options
        self._environment = environment
        self._mask = [int(number) for number in mask]
        self._root = root
        self._spawning = spawning
        self.is_warm = options.warm
        """Whether runs leave checkpoints behind."""
        self._waiting: Booted | None = None
        self._booted: Booted | None = None
        """The run that was started last, while it waits for the word to begin."""
        self._notices: Notices | None = None
        self.successor: Child | None = None
        """The next run, if a checkpoint has begun it already."""
        self.distrusted: set[str] = set()
        self._began = 0.0
        """When the run before this one began, by the clock; 0 for none."""
        """Sources whose stale bytecode could not be removed."""
        self.written: set[str] = set()
        """What the program has been seen to write itself, in any run."""
        self.unheeded: set[str] = set()
        """What it writes again and again, so that a restart for it would be followed by another."""
        self.ahead: list[str] = []
        """The installed modules that a run imports before its first file of the project."""
        self.warmth = Warmth(root, environment) if options.warm else None
        self.kept: list[tuple[int, str, int, int]] = []
        """Where the listeners stood that wait for the next run."""
        self.number = 0
        """Which run the next one is, from 1 on."""
        self.changes: list[str] = []
        """The files that the next run is because of."""

    def pids(self) -> set[int]:
        """What belongs to the run that waits, if there is one."""
        found = set() if self._waiting is None else {self._waiting.pid}
        if self.successor is not None:
            found |= {self.successor.live, *self.successor.chain}
        return found

    @property
    def waits(self) -> bool:
        """Whether a run can be told to wait before it begins; a command begins at once."""
        return self._plan.kind != "command"

    def prepare(self) -> None:
        """Boot the interpreter of the next run, and let it go ahead. Raises OSError."""
        if not self.waits or self._waiting is not None:
            return
        booted = self._waiting = self._boot()
        if self.ahead:
            booted.is_ahead = True
            booted.channel.tell(
                "start", nonce=booted.nonce, ahead=self.ahead, **self._fixed(booted)
            )

    def start(self, *, wait: bool) -> Child:
        """Start a run: this package again, with RELOAD_ENV=true; or a command, as it is.

        With `wait` the interpreter boots and no more, until `begin`. Raises OSError.
        """
        if self._enter():
            self.discard()
        # Taken first: when we are on again, the program may have read what is being saved.
        started_ns = files.now_ns()
        if self._plan.kind == "command":
            environment = {**self._environment, **self._variables()}
            pid, notices = self._spawning.spawn(self._plan.args, environment, mask=self._mask)
            self._spawning.begin(notices)
            return Child(pid, None, started_ns)
        if self.successor is not None and self.successor.is_whole():
            child, self.successor = self.successor, None
            child.started, child.started_ns = time.monotonic(), started_ns
            if not wait:
                self.begin(child)
            return child
        self._discard_successor()
        if self._waiting is not None and not processes.is_alive(self._waiting.pid):
            self.discard()
        booted, self._waiting = self._waiting or self._boot(), None
        child = Child(booted.pid, booted.channel, started_ns)
        child.nonce = booted.nonce
        self._booted = booted
        if not wait:
            self.begin(child)
        return child

    def _enter(self) -> bool:
        """Be in the directory that has the name now, if it was replaced; whether it was.

        Whoever stays where he was runs the code of a directory that was renamed or deleted.
        """
        now = files.identity(self._root)
        if now is None or now == files.identity("."):
            return False
        try:
            os.chdir(self._root)
        except OSError:
            return False  # a file, or closed to us; the program will say so
        return True

    def begin(self, child: Child) -> None:
        """Let a run that waits begin."""
        booted, self._booted = self._booted, None
        if booted is not None:
            self._notices = booted.notices
        self._spawning.begin(self._notices)
        if booted is None or booted.is_ahead:  # without one, a checkpoint has begun it
            child.tell("go", **self._latest())
        else:
            child.tell("start", nonce=booted.nonce, **self._fixed(booted), **self._latest())
        child.nonce = ""
        self._began = time.time()

    def twin(self) -> Booted:
        """Start the program a second time, cold, up to its first bind. Raises OSError."""
        booted = self._boot()
        apart = {"twin": True, "warm": False, "keep": False}
        fields = {**self._fixed(booted), **self._latest(), **apart}
        booted.channel.tell("start", nonce=booted.nonce, **fields)
        return booted

    def stand_by(self, size: int) -> None:
        """Have the next run's interpreter ready before it is wanted, if there is memory for two.

        `size` is what the present run takes, in bytes.
        """
        options = self._options
        if options.keep_sockets == "any":  # the kernel's notices are set up for the very next run
            return
        if not checkpoints.may_stand_by(
            resident=size, available=census.available(), wanted=options.standby
        ):
            return
        self.boot_ahead()

    def boot_ahead(self) -> None:
        """Prepare the next run, if that can be done; what keeps it from that keeps the run, too."""
        try:
            self.prepare()
        except OSError:
            pass

    def discard(self) -> set[int]:
        """Nothing follows: end the run that waits, and its checkpoints; which processes these are.

        They may take a moment to be gone.
        """
        pids = self.pids()
        if self._waiting is not None:
            booted, self._waiting = self._waiting, None
            booted.channel.close()
            processes.send(booted.pid, signal.SIGKILL)
        self._discard_successor()
        return pids

    def _discard_successor(self) -> None:
        if self.successor is not None:
            child, self.successor = self.successor, None
            for pid in (*child.chain, child.live):
                processes.send(pid, signal.SIGKILL)
            child.close()

    def _boot(self) -> "Booted":
        self._enter()
        ours, theirs = channels.pair()
        theirs = channels.settle_high(theirs)  # the low numbers may be those of offered sockets
        nonce = os.urandom(8).hex()
        plan = self._plan
        inner = {**self._environment, protocol.CHANNEL: f"{theirs}:{nonce}"}
        words = ["-m", plan.name] if plan.kind == "module" else [plan.name]
        argv = [plan.python, *plan.flags, DOOR, *words, *plan.args]
        # A booting interpreter takes SIGINT badly: it stays pending until the program begins.
        mask = {*self._mask, signal.SIGINT}
        try:
            pid, notices = self._spawning.spawn(argv, inner, mask=mask, pass_fd=theirs)
        except OSError:
            ours.close()
            raise
        finally:
            os.close(theirs)
        return Booted(pid, ours, nonce, notices)

    def _latest(self) -> "dict[str, object]":
        """What a run is told when its turn comes."""
        return {
            "distrusted": list(self.distrusted),
            "since": self._began,
            "written": protocol.shortened(sorted(self.written), most=500),
            "unheeded": protocol.shortened(sorted(self.unheeded)),
            "kept": self.kept,
            "hot": self.warmth.hot if self.warmth is not None else [],
            "changes": self._told_changes(),
            "variables": self._variables(),
        }

    def _told_changes(self) -> list[str]:
        return protocol.shortened(self.changes)

    def _variables(self) -> dict[str, str]:
        """What the environment says of this run; what is the same in all of them is there."""
        return variables.of_run(self.number, self._told_changes(), self._root)

    def _fixed(self, booted: "Booted") -> "dict[str, object]":
        """What every run is told."""
        plan, options = self._plan, self._options
        return {
            "kind": "callable" if plan.entry_point else plan.kind,
            "name": plan.entry_point or plan.name,
            "argv0": plan.name if plan.entry_point else "",
            "mask": self._mask,
            "signal": signals.number_of(options.signal or plan.stop_signal),
            "stop_timeout_s": options.stop_timeout_s,
            "delay_s": options.delay_s,
            "poll_s": options.poll_s or 0.0,
            "hold": options.hold,
            "data": options.data,
            "ignore": list(options.ignored),
            "keep": options.keep_sockets != "none",
            "warm": self.is_warm,
            "verify": options.verify_warm,
            "verbose": options.verbose,
            "standby": options.standby,
            "overlap": options.overlap,
            "below": booted.notices is not None,
            "sockets": self._spawning.offered,
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
