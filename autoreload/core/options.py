"""What the user asked for, with defaults and their units."""

from autoreload.core.changes import POLL_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from autoreload.core.listenfds import Place


LONGEST_S = 86_400


class OptionsProblem(Exception):  # it is the user's, not a fault of ours
    """An option that is none of ours, or has a value that it cannot have; the text says so."""


def out_of_bounds(seconds: float, least: float) -> str:
    """What is wrong with a number of seconds: below a bound, or as good as endless."""
    # Compared as it is: an int of a hundred digits is no float.
    if least <= seconds <= LONGEST_S:
        return ""
    shown = f"{seconds:g}" if isinstance(seconds, float) or abs(seconds) < 1e15 else "that"
    return f"{shown} is not between {least:g} and {LONGEST_S} s"


class Options:
    """The options of one autorun; every field is one option of the command line."""

    __slots__ = (
        "backend",
        "background",
        "clear",
        "color",
        "data",
        "delay_s",
        "events",
        "exit",
        "exit_on_error",
        "explain",
        "hold",
        "ignore",
        "json",
        "keep_sockets",
        "keys",
        "leave",
        "log_file",
        "name",
        "overlap",
        "own_files",
        "poll_s",
        "python",
        "quiet",
        "reload",
        "signal",
        "sockets",
        "standby",
        "stop_timeout_s",
        "verbose",
        "verify_warm",
        "warm",
        "watch",
    )

    def __init__(
        self,
        *,
        watch: tuple[str, ...] = (),
        ignore: tuple[str, ...] = (),
        delay_s: float = 0.0,
        poll_s: float | None = None,
        backend: "Literal['auto', 'inotify', 'watchdog', 'poll']" = "auto",
        data: bool = True,
        reload: bool = True,
        hold: bool = True,
        signal: str | None = None,
        stop_timeout_s: float = 3.0,
        exit: bool = False,
        exit_on_error: bool = False,
        explain: str | None = None,
        clear: bool = False,
        quiet: bool = False,
        verbose: bool = False,
        color: str = "auto",
        python: str | None = None,
        leave: tuple[str, ...] = (),
        keep_sockets: "Literal['auto', 'python', 'any', 'none']" = "auto",
        sockets: "tuple[Place, ...]" = (),
        warm: bool = True,
        verify_warm: bool = False,
        name: str = "",
        keys: bool = True,
        standby: bool | None = None,
        overlap: bool = False,
        json: bool = False,
        events: str = "",
        log_file: str = "",
        background: bool = False,
    ) -> None:
        self.watch = watch
        self.ignore = ignore
        self.data = data
        self.delay_s = delay_s
        self.poll_s = POLL_S if backend == "poll" and poll_s is None else poll_s
        self.backend = backend
        """Where file events come from; `auto` is inotify on Linux, and watchdog elsewhere."""
        self.reload = reload
        self.hold = hold
        self.signal = signal
        self.stop_timeout_s = stop_timeout_s
        self.exit = exit
        self.exit_on_error = exit_on_error
        self.explain = explain
        """A path, nothing for every file, None for no explaining at all."""
        self.clear = clear
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self.python = python
        self.leave = leave
        self.keep_sockets = keep_sockets
        """Whose listeners are kept over a restart; `auto` is Python's, and those of commands."""
        self.sockets = sockets
        """What is opened once, and handed to every run."""
        self.warm = warm
        """Whether a restart goes on from a checkpoint of the last run where one is still good."""
        self.verify_warm = verify_warm
        """Whether each such restart is compared with a cold start beside it."""
        self.name = name
        """What this autorun is called beside others of the same directory."""
        self.standby = standby
        """Whether a copy stands by for the next warm restart; None where memory allows."""
        self.overlap = overlap
        """Whether a warm run may begin beside the clean-up of the last one."""
        self.keys = keys
        """Whether letters are taken from the terminal when the app leaves them."""
        self.json = json
        """Whether events stand on stderr in the place of our lines."""
        self.events = events
        """A file, or `fd:N`, that is told every event; empty for none."""
        self.log_file = log_file
        """Where the app's output and our lines are written as well; empty for nowhere."""
        self.background = background
        self.own_files: tuple[str, ...] = ()
        """Patterns of what autorun writes itself; nobody has typed these."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """What never restarts the app."""
        return (*self.ignore, *self.own_files)

    @property
    def captures(self) -> bool:
        """Whether what the app writes goes through our hands."""
        return self.json or self.background or bool(self.log_file)

    def differing(self, other: "Options") -> list[str]:
        """The fields that are not the same in another one."""
        said = [one for one in self.__slots__ if one != "own_files"]
        return [one for one in said if getattr(self, one) != getattr(other, one)]

    def take(self, other: "Options", fields: "Iterable[str]") -> None:
        """Be as another one in these fields: whoever holds this one sees them from now on."""
        for one in fields:
            setattr(self, one, getattr(other, one))
