"""Restarts without end: a program that writes, whenever it starts, a file that restarts it.

Who has written a file cannot be asked of the system, so this goes by what is known. What the
program's own interpreter opens for writing is certain. What processes below it write is suspected
when it falls into the start of each run, which hardly any person hits twice: they save when they
have seen something. So a suspicion has to come true twice as often. A person who saves five
times in three seconds does so while nothing below the program writes, or after it was up.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MANY, MANY_SUSPECTED = 5, 10
"""So many restarts in a row for the same file are a loop."""
LONGEST_S = 3.0
"""Between two restarts of a loop, at most."""


class Loop:
    """A loop: for which file, and how many restarts it had in how many seconds."""

    __slots__ = ("path", "restarts", "seconds")

    def __init__(self, path: str, restarts: int, seconds: float) -> None:
        self.path = path
        self.restarts = restarts
        self.seconds = seconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loop) and (self.path, self.restarts, self.seconds) == (
            other.path,
            other.restarts,
            other.seconds,
        )

    def __hash__(self) -> int:
        return hash((self.path, self.restarts))

    def __repr__(self) -> str:
        return f"Loop({self.path!r}, {self.restarts}, {self.seconds:g})"


class Loops:
    """Counts the restarts in a row for each file that the program may have written."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._last = 0.0

    def restarted(
        self, certain: "Iterable[str]", suspected: "Iterable[str]", now: float
    ) -> list[Loop]:
        """A restart for these files, and perhaps for others as well; the loops that it shows.

        `certain` has been written by the program itself, `suspected` by whoever, while it started.
        """
        before = self._counts if now - self._last <= LONGEST_S else {}
        self._counts, self._last = {}, now
        certain = frozenset(certain)
        found = []
        for path in sorted(certain.union(suspected)):
            count, since = before.get(path, (0, now))
            if count + 1 >= (MANY if path in certain else MANY_SUSPECTED):
                found.append(Loop(path, count + 1, now - since))
            else:
                self._counts[path] = (count + 1, since)
        return found
