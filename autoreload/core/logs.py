"""Which part of a log is asked for."""

from autoreload.core.wording_records import run_of


class Tail:
    """The last lines of all, or those of one run, in what is fed piece by piece."""

    def __init__(self, most: int | None, run: int | None = None) -> None:
        """So many lines at most, or all; of a run the last one with this number."""
        self._most = most
        self._run = run
        self._rest = b""
        self._lines: list[bytes] = []
        self.is_wanted = run is None
        """Whether what comes next belongs to it."""
        self.has_begun = self.is_wanted
        """Whether anything has belonged to it."""

    def feed(self, data: bytes) -> None:
        """Take in what follows."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._run is not None and (number := run_of(line.decode(errors="replace"))):
                self.is_wanted = number == self._run
                if self.is_wanted:
                    self.has_begun = True
                    self._lines.clear()  # of an earlier autorun
            if self.is_wanted:
                self._lines.append(line + b"\n")
        if self._most is not None:
            del self._lines[: max(len(self._lines) - self._most, 0)]

    def take(self) -> bytes:
        """What there is now, the beginning of a line as well; it is not given again."""
        found = b"".join(self._lines) + (self._rest if self.is_wanted else b"")
        self._lines = []
        self._rest = b""
        self._most = None  # what follows is new
        return found
