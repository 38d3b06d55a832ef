"""A process that shows whether a signal was sent to the whole group of processes.

siginfo names the sender and not the addressees: `timeout`, make and killpg reach autorun and the
app, `kill PID` autorun alone, and an app that is interrupted twice gives its clean-up up. The
witness is a `cat` in the same group: it dies of what ends the group, and of nothing else. What it
reads is a pipe that ends with this process, however that dies.

Looking at the sender instead was turned down: the leader of the group may mean either.
"""

import os
import signal

from autoreload.system import processes
from autoreload.system.signals import ENDING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Witness:
    """One such process; without a `cat` on the machine there is none, and it shows nothing."""

    def __init__(self, environment: "Mapping[str, str]") -> None:
        read, self._write = os.pipe()
        try:
            self.pid: int | None = os.posix_spawnp(
                "cat",
                ["cat"],
                # Without our mark: it goes with us and is nobody's leftover.
                {"PATH": environment.get("PATH", os.defpath)},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, read, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsigmask=sorted(signal.valid_signals() - set(ENDING)),
                setsigdef=ENDING,
            )
        except OSError:
            self.pid = None
        finally:
            os.close(read)

    def has_died(self) -> bool:
        """Whether the group was sent a signal that ends processes."""
        return self.pid is not None and not processes.is_alive(self.pid)

    def close(self) -> None:
        """Let it go."""
        os.close(self._write)
