"""What the app started and did not end: what is ended after it, and what never is."""

import os

from autoreload.core import protocol
from autoreload.system import processes
from autoreload.system.ports import command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from autoreload.core.options import Options

SPARED = frozenset(
    {
        "gpg-agent",
        "ssh-agent",
        "dbus-daemon",
        "xdg-open",
        "chrome",
        "chromium",
        "google-chrome",
        "firefox",
        "firefox-bin",
        "safari",
        "code",
        "emacs",
        "vim",
        "nvim",
        "nano",
        "subl",
        "idea",
        "pycharm",
    }
)
"""Programs that a user goes on using after the app that opened them."""

OF_ONE_RUN = os.path.join("debugpy", "adapter")
"""Makes itself independent, and keeps the port at which the next run listens for an editor."""

GRACE_S = 0.5


class Leftovers:
    """Ends what descends from the app; as subreaper we are the parent of what lost its own."""

    def __init__(self, identity: str, options: "Options") -> None:
        self._mark = (protocol.IDENTITY, identity)
        self._options = options
        self._left: set[int] = set()
        # A shell that became autorun by exec has left its own children to us.
        self._before = {one.pid for one in processes.children(os.getpid()) or ()}

    def leave(self, pid: int) -> None:
        """The app wants this process to live on."""
        self._left.add(pid)

    def here(self, spared: "Collection[int]") -> list[processes.Process]:
        """What is below us in our own terminal's or shell's group of processes (session(7)).

        And what serves the ended run alone, wherever it is.
        """
        session = os.getsid(0)
        return [
            one
            for one in self._below(spared)
            if one.session == session
            or any(word.endswith(OF_ONE_RUN) for word in command_line(one.pid)[:3])
        ]

    def everywhere(self) -> list[processes.Process]:
        """Also what made itself independent, recognised by what it carries."""
        below = {one.pid: one for one in self._below(())}
        below.update(
            (one.pid, one) for one in processes.carriers(*self._mark) if self._is_ended(one)
        )
        return list(below.values())

    def _below(self, spared: "Collection[int]") -> list[processes.Process]:
        direct = processes.child_pids(os.getpid())
        if direct is not None and {*spared, *self._before, *self._left}.issuperset(direct):
            return []  # the usual case, told without a walk through every process
        table = processes.table()
        for pid in self._before:
            table.pop(pid, None)
        found = [
            one
            for one in processes.descendants(os.getpid(), table)
            # Below a checkpoint there is nothing but its own: one that stands by, perhaps.
            if one.pid not in spared and one.parent not in spared and self._is_ended(one)
        ]
        if os.getpid() != 1:
            return found
        # To PID 1 of a container come the orphans of others as well.
        return [one for one in found if processes.carries(one.pid, *self._mark)]

    def _is_ended(self, process: processes.Process) -> bool:
        spared = process.name in SPARED or process.name in self._options.leave
        spared = spared or process.name == processes.PARTED  # and about to be gone
        return not spared and process.pid not in self._left


def end(found: "Iterable[processes.Process]", pause: "Callable[[float], object]") -> None:
    """TERM, and KILL for what does not go."""
    processes.end((one.pid for one in found), GRACE_S, pause)
