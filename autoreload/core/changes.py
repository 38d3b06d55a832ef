"""What was loaded, and whether it is still what is on disk.

A file is known by its signature: modification time in nanoseconds, size and inode. Signatures are
compared for equality, never for order: a restored file is older and still another one. Where the
signature differs the bytes decide, so that a touch restarts nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Signature = tuple[int, int, int]
"""Modification time in nanoseconds, size in bytes, inode."""


class Loaded:
    """One file as it was when the program read it; no signature means that it was not there."""

    __slots__ = ("digest", "is_data", "path", "reason", "signature")

    def __init__(
        self,
        path: str,
        signature: Signature | None,
        digest: int | None = None,
        *,
        reason: str = "",
        is_data: bool = False,
    ) -> None:
        self.path = path
        self.signature = signature
        self.digest = digest
        self.reason = reason
        """Why it is watched, for people."""
        self.is_data = is_data
        """Opened by the program, not loaded by the interpreter."""

    def entry(self) -> tuple[object, ...]:
        """As plain data, for a message."""
        return (self.path, self.signature, self.digest, self.reason)

    def __repr__(self) -> str:
        return f"Loaded({self.path!r}, {self.signature}, {self.digest})"


class Change:
    """One file that is no longer what was loaded."""

    __slots__ = ("kind", "path", "signature")

    def __init__(self, path: str, kind: str, signature: Signature | None) -> None:
        self.path = path
        self.kind = kind
        self.signature = signature

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and (self.path, self.kind, self.signature) == (
            other.path,
            other.kind,
            other.signature,
        )

    def __hash__(self) -> int:
        return hash((self.path, self.kind, self.signature))

    def __repr__(self) -> str:
        return f"Change({self.path!r}, {self.kind!r})"


class Comparison:
    """What a look at the loaded files found."""

    __slots__ = ("changes", "same")

    def __init__(self, changes: list[Change], same: list[str]) -> None:
        self.changes = changes
        self.same = same


def compare(
    loaded: "Iterable[Loaded]",
    look: "Callable[[str], Signature | None]",
    digest: "Callable[[str], int | None]",
) -> Comparison:
    """Compare what was loaded with what is there now.

    `look` gives the signature of a path, or None when there is no such file; `digest` gives the
    digest of its bytes. A file with another signature and the same bytes takes the new signature,
    so that it is read once. Without a digest to compare with, another signature is a change: one
    restart too many is better than one too few.
    """
    changes: list[Change] = []
    same: list[str] = []
    for record in loaded:
        now = look(record.path)
        if now == record.signature:
            continue
        if now is None:
            changes.append(Change(record.path, "deleted", None))
        elif record.signature is None:
            changes.append(Change(record.path, "created", now))
        elif record.digest is not None and digest(record.path) == record.digest:
            # The digest was taken after the look: a write between the two leaves another
            # signature behind, and the next look meets it.
            record.signature = now
            same.append(record.path)
        else:
            changes.append(Change(record.path, "modified", now))
    return Comparison(changes, same)


BOOT_SWEEP_S = 0.1
SWEEP_S = 1.0
POLL_S = 0.5


def pace(cost_s: float, *, poll_s: float, has_events: bool | None) -> float:
    """Seconds between two looks without a hint, when one takes `cost_s`.

    `poll_s` is what the user asked for, or 0. While it is not known whether events arrive (None),
    looks are frequent; beside events they may take one part in 300 of the time, without one in 20.
    """
    if has_events and not poll_s:
        return max(SWEEP_S, cost_s * 300)
    if has_events is None and not poll_s:
        return max(BOOT_SWEEP_S, cost_s * 20)
    return max(poll_s or POLL_S, cost_s * 20)


LONE_WAIT_S = 0.008
"""What a lone save waits for a second one; the next interpreter boots meanwhile."""
TOGETHER_S = 0.003
"""How old a lone save that was acted on at once is when the next run begins: a warm restart is
decided at once, and what is saved while the last run stops is part of it."""
FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.3
STIR_WAIT_S = 0.05
STIR_MEMORY_S = 1.0
LONGEST_STIR_S = 15.0


def is_half(changes: list[Change]) -> bool:
    """Whether this looks like the beginning of a save: a file that is gone, or empty.

    Hardly ever is it meant. An empty module compiles, so on a busy machine the code without it
    would be started, and would fail.
    """
    return any(change.signature is None or change.signature[1] == 0 for change in changes)


def patience(
    changes: list[Change],
    broken: bool,
    looks: int,
    *,
    delay_s: float = 0.0,
    lone_wait_s: float = LONE_WAIT_S,
) -> float:
    """How long to wait before these changes are looked at again, in seconds.

    A lone save that compiles waits for a moment only, in which the first of many would be followed
    by the second. A file that is empty, gone or does not compile may be half of a save, and several
    files are often part of more: those get a window, which is the longest for the first two and
    otherwise widens with every look. `looks` counts the looks before this one, without those at
    half a save; the caller acts as soon as two looks in a row found the same.
    """
    wait: float = min(FIRST_WAIT_S * 2**looks, LONGEST_WAIT_S)
    if delay_s:
        return max(delay_s, wait if looks else 0.0)
    if is_half(changes):
        return LONGEST_WAIT_S
    return wait if broken or len(changes) > 1 or looks else lone_wait_s


class Stir:
    """What still moves after a restart was decided: many files are one change, not many."""

    def __init__(self) -> None:
        self._decided: frozenset[str] = frozenset()
        self._since = 0.0
        self._moved: set[str] = set()
        self._last = 0.0
        self._touched = 0.0
        """When an event came last, of whatever file."""

    def decide(self, paths: "Iterable[str]", now: float) -> None:
        """A restart was decided because of these files.

        When another one was decided for other files a moment ago, both are part of more.
        """
        decided = frozenset(paths)
        follows = now - self._since < STIR_MEMORY_S and bool(decided - self._decided)
        self._moved = set(decided | self._decided) if follows and self._decided else set()
        self._decided = decided
        self._since = self._last = now

    def move(self, paths: "Iterable[str]", now: float) -> None:
        """Files were touched; those that the restart is for anyway do not count."""
        touched = set(paths)
        if touched:
            self._touched = now
        if moved := touched - self._decided:
            self._moved |= moved
            self._last = now

    def rest(self, now: float) -> float:
        """Seconds until the tree counts as quiet, as far as is known now; 0 when it is."""
        if not self._moved:
            has_events = self._since - self._touched < STIR_MEMORY_S
            saved = self._touched if has_events else self._since
            return max(0.0, saved + TOGETHER_S - now) if self._decided else 0.0
        doublings = min(len(self._moved), 16)  # thousands of files would be no float any more
        window: float = min(STIR_WAIT_S * 2**doublings, LONGEST_WAIT_S)
        end = min(self._last + window, self._since + LONGEST_STIR_S)
        return max(0.0, end - now)
