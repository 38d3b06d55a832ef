"""The sentences about logs and event streams, and the marks that stand in a log."""

from autoreload.core.wording import Line

NOT_READ = "nobody reads it"

_RUN = "--- run "
_END = " ---\n"


def begins(title: str, at: str) -> str:
    """The first line of an autorun in its log; `at` is a date and time."""
    return f"--- autorun {title}, {at}{_END}"


def mark(run: int) -> str:
    """The line in a log that begins a run."""
    return f"{_RUN}{run}{_END}"


def run_of(line: str) -> int | None:
    """The run that a line of a log begins; None for any other line."""
    if not (line.startswith(_RUN) and line.endswith(_END.rstrip("\n"))):
        return None
    number = line[len(_RUN) : len(line) - len(_END) + 1]
    return int(number) if number.isascii() and number.isdigit() else None


def gap(lost: int, why: str) -> str:
    """The line that stands in a log for what could not be written into it."""
    return f"--- {lost} bytes are missing here: {why}{_END}"


def shortened(size: int) -> str:
    """The first line of a log of ours that has become too long."""
    return f"--- what stood here before is gone: the log had {size} bytes{_END}"


def not_written(name: str, why: str) -> Line | None:
    """A log or stream that takes nothing; None while there is no reason to say so."""
    if not why:
        return None
    return Line(f"{name} cannot be written ({why}), the program goes on without it", "held")


def not_opened(option: str, value: str, why: str) -> str:
    """A log or stream that cannot be opened."""
    return f"{option} {value} cannot be written: {why}"


def no_descriptor(value: str, why: str) -> str:
    """`--events fd:N` that names no descriptor for us."""
    return f"--events {value}: {why}; fd:3 and above are, if they were opened for autorun"
