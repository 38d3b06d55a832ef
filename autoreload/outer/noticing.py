"""What the outer does about hints: hands them to the inner, or decides where no inner can."""

import sys
import time

from autoreload.core import protocol
from autoreload.core.changes import FIRST_WAIT_S, LONGEST_WAIT_S, Stir
from autoreload.core.plans import compiles_like, has_bytecode_elsewhere
from autoreload.outer.found import Restart
from autoreload.outer.packages import Packages
from autoreload.outer.prompts import Prompts
from autoreload.outer.watching import Watching
from autoreload.system import files, repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.plans import Plan
    from autoreload.core.protocol import Message
    from autoreload.outer.child import Child

LONGEST_GIT_S = 10.0
UNANSWERED_S = 2.0
"""A watcher that has not said a word this long after a hint is kept from running."""


class Noticing:
    """Turns hints into requests to the inner, and into restarts where the outer itself compared."""

    def __init__(self, watching: Watching, plan: "Plan", environment: "Mapping[str, str]") -> None:
        self._watching = watching
        self._bytecode_elsewhere = has_bytecode_elsewhere(plan, environment)
        self._proves = compiles_like(plan, sys.executable)
        """Whether what compiles here compiles in the program as well."""
        self._packages = Packages(watching.is_ignored)
        self._prompts = Prompts()
        self._asked_at: float | None = None
        self._pending: list[str] = []
        self._pending_since: float | None = None
        self._stir = Stir()
        self.is_paused = False
        """Whether what is found is only kept."""
        self._decided: list[str] = []
        self._decided_at = 0.0

    def follow(self, child: "Child") -> None:
        """A new run reads everything anew."""
        self._packages.follow(child.needs, time.monotonic())
        self._prompts.forget()
        self.forget()

    def forget(self) -> None:
        """What was found until now has been acted on."""
        self._asked_at = self._pending_since = None
        self._pending = []

    @property
    def pending(self) -> list[str]:
        """What was found here and is not acted on yet."""
        return self._pending + self._prompts.pending

    def ask(self, child: "Child", question: int, now: float) -> None:
        """Have the inner compare, and answer."""
        child.tell("look", question=question)
        self._asked_at = self._asked_at or now

    def decide(self, paths: list[str]) -> None:
        """A restart was decided because of these files."""
        self._decided = paths
        self._decided_at = time.monotonic()
        self._stir.decide(paths, self._decided_at)
        self._watching.noticed(paths)

    def rest(self) -> float:
        """Seconds until the next run may begin: many files, or git's work, are one change."""
        now = time.monotonic()
        rest = self._stir.rest(now)
        is_early = bool(self._decided) and now < self._decided_at + LONGEST_GIT_S
        if is_early and repository.busy(self._decided[0]):
            return max(rest, FIRST_WAIT_S)
        return rest

    def heard(self) -> None:
        """The inner has said something, so its watcher runs."""
        self._asked_at = None

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        times = [self._watching.next_look()]
        if not self.is_paused:
            times += self._packages.timeouts(now)
        times += self._prompts.timeouts(now)
        if self._pending_since is not None:
            times.append(FIRST_WAIT_S)
        if self._asked_at is not None:
            times.append(self._asked_at + UNANSWERED_S - now)
        return times

    def look(self, child: "Child | None") -> Restart | None:
        """Take the hints; `child` is the run that can be told of them, if one lives."""
        found = self._look(child)
        if self.is_paused and found is None:
            return None
        return self._prompts.sift(found, child)

    def keeps(self, message: "Message") -> list[str]:
        """What is kept for a debugger's user, if this message adds to it."""
        return self._prompts.hear(message)

    def _look(self, child: "Child | None") -> Restart | None:
        found = self._watching.look()
        now = time.monotonic()
        self._stir.move(found.touched, now)
        if child is not None:
            if found.hinted:
                self._ask_for(found.loaded, child)
                self._asked_at = self._asked_at or now
            if found.refresh:
                child.tell("refresh", paths=protocol.shortened(found.refresh))
            if self._asked_at is not None and now > self._asked_at + UNANSWERED_S:
                return self._unanswered(now)
        changed = [path for path in found.restart if not self._watching.is_apart(path)]
        self._pending += [path for path in changed if path not in self._pending]
        if self.is_paused:
            return None
        if self._pending:
            return self._settled(now)
        installed = self._packages.look(now)
        return Restart([], now, installed=installed) if installed else None

    def _ask_for(self, paths: list[str], child: "Child") -> None:
        """Have the inner look, for no more than these, if there are any.

        A lone source is read and compiled here: in a program that works, whatever the watcher does
        makes that wait, and it itself waits for Python's lock at each call to the kernel.
        """
        proof = None
        if self._proves and len(paths) == 1 and not repository.busy(paths[0]):
            proof = files.proof(paths[0])
        child.tell("look", paths=paths, proof=proof)

    def cached(self, message: "Message", child: "Child") -> None:
        """A directory that the framework caches is watched, and what it may have missed is said."""
        directory, pattern = message.text("directory"), message.text("pattern")
        missed = self._watching.add_cached(directory, pattern, since_ns=child.started_ns)
        if missed:
            child.tell("refresh", paths=protocol.shortened(missed))

    def named(self, message: "Message", child: "Child") -> None:
        """The program wants a glob or a folder watched."""
        self._watching.add_asked(
            message.text("pattern"), since_ns=int(message.number("since_ns")) or child.started_ns
        )

    def ignored(self, message: "Message") -> None:
        """The program wants no restart for something."""
        self._watching.asked.ignore(message.text("pattern"))

    def _settled(self, now: float) -> Restart | None:
        """What was found here, once half a save had a moment to become a whole one."""
        if self._pending_since is None:
            self._pending_since = now
        waited_s = now - self._pending_since
        if any(_is_half(path) for path in self._pending) and waited_s < LONGEST_WAIT_S:
            return None
        if repository.busy(self._pending[0]) and waited_s < LONGEST_GIT_S:
            return None
        return self._restart(self._pending, self._pending_since)

    def _unanswered(self, now: float) -> Restart | None:
        """The watcher is kept from running: compare in its stead."""
        self._asked_at = None
        paths = self._watching.differs()
        return self._restart(paths, now, is_unanswered=True) if paths else None

    def _restart(self, paths: list[str], since: float, *, is_unanswered: bool = False) -> Restart:
        self.forget()
        return Restart(paths, since, is_unanswered=is_unanswered)

    def drop_bytecode(self, paths: list[str]) -> list[str]:
        """Bytecode is keyed by whole seconds and size: that of a changed source may be stale.

        Returns the sources whose bytecode could not be removed.
        """
        sources = [path for path in paths if path.endswith(".py")]
        if self._bytecode_elsewhere:
            return sources
        return [path for path in sources if not files.drop_bytecode(path)]


def _is_half(path: str) -> bool:
    """Whether a file may be in the middle of a save: an empty module compiles as well."""
    signature = files.signature(path)
    is_empty = signature is not None and signature[1] == 0
    return is_empty or (path.endswith(".py") and files.broken(path) is not None)
