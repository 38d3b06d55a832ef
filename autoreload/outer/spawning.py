"""How a program is spawned: with the sockets that are offered, and whether its binds are seen."""

from autoreload.core.notifying import wants_notices
from autoreload.system import foreign, handing, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from autoreload.core.notifying import Mode
    from autoreload.outer.keeper import Keeper
    from autoreload.outer.notified import Notified
    from autoreload.outer.offered import Offered
    from autoreload.system.seccomp import Notices


class Spawning:
    """Spawns commands and interpreters alike."""

    def __init__(
        self, mode: "Mode | None", keeper: "Keeper", notified: "Notified", offered: "Offered"
    ) -> None:
        """With no mode, nothing is kept."""
        self._mode = mode
        self._keeper = keeper
        self._notified = notified
        self._offered = offered
        self._keeps_foreign = False
        self._gained = ""
        self.has_filter = False
        """Whether the kernel tells of what the present run binds."""

    @property
    def offered(self) -> int:
        """How many sockets every program finds from descriptor 3 on."""
        return len(self._offered.fds)

    def spawn(
        self,
        argv: "Sequence[str]",
        environment: "Mapping[str, str]",
        *,
        mask: "Iterable[int]",
        pass_fd: int | None = None,
    ) -> "tuple[int, Notices | None]":
        """Start a program; its pid, and what the kernel tells of it, if it does. Raises OSError."""
        fds = self._offered.fds

        def start() -> int:
            if fds and pass_fd is None:
                return handing.spawn(argv, environment, mask=mask, sockets=fds)
            return processes.spawn(argv, environment, mask=mask, pass_fd=pass_fd, placed=fds)

        if self._mode is not None and wants_notices(
            self._mode, keeps_foreign=self._keeps_foreign, gained=self._gained
        ):
            return self._notified.start(start)
        return start(), None

    def begin(self, notices: "Notices | None") -> None:
        """A run begins, with these notices."""
        self.has_filter = notices is not None
        self._notified.begin(notices)

    def collect(self, pid: int, *, is_command: bool) -> None:
        """A run is about to stop: keep the listeners of all its processes, without their help.

        Only what the kernel lets us give back: of a command any, of Python what is seen anyway.
        """
        if self._mode is None or self._mode == "python":
            return
        if not is_command and self._mode != "any":
            return
        pids = [pid, *(one.pid for one in processes.descendants(pid, processes.table()))]
        self._gained = foreign.gained(pids)
        self._keeper.pause()
        for found, turn in self._notified.collect(pids):
            self._keeper.add(found.fd, found.address, turn)
        self._keeps_foreign = is_command and bool(self._keeper.kept)
