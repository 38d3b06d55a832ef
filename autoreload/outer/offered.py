"""The sockets of `--socket`: opened once, handed to every run, closed when autorun ends."""

import os

from autoreload.core import listenfds, wording
from autoreload.core.listenfds import Place, SocketProblem
from autoreload.system import handing

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Sequence


class Offered:
    """Listening sockets for the program, in the order in which they were named."""

    def __init__(self, places: "Sequence[Place]") -> None:
        """Open them. Raises SocketProblem with a sentence for the user."""
        self._opened: list[_socket.socket] = []
        self._paths: list[tuple[str, os.stat_result]] = []
        if double := listenfds.doubled(list(places)):
            raise SocketProblem(f"--socket {double} is named twice")
        try:
            for place in places:
                self._open(place, len(places))
            self.fds = [one.fileno() for one in self._opened]
            """Close-on-exec, and out of the way of the descriptors that they become."""
        except BaseException:
            self.close()
            raise

    def _open(self, place: Place, count: int) -> None:
        import _socket

        try:
            opened = handing.listen(place)
            fd = handing.out_of_the_way(opened.detach(), count)
        except OSError as error:
            reason = handing.why(error)
            raise SocketProblem(
                wording.socket_refused(str(place), reason, error.strerror or str(error))
            ) from error
        self._opened.append(_socket.socket(fileno=fd))
        if place.path:
            path = os.path.abspath(place.path)
            self._paths.append((path, os.lstat(path)))

    @property
    def urls(self) -> list[str]:
        """Where they listen, as something to click on or to type."""
        return [_url(one.getsockname()) for one in self._opened]

    @property
    def inodes(self) -> set[int]:
        """By which they are known where a program has them: they are not to be kept once more."""
        return {os.fstat(fd).st_ino for fd in self.fds}

    def renew(self) -> None:
        """A run has ended: what it did to the sockets is undone, and who knocks has to wait."""
        for one in self._opened:
            try:
                handing.renew(one)
            except OSError:
                pass  # as it is

    def close(self) -> None:
        """Let the ports go, and remove the paths that are still these sockets."""
        for one in self._opened:
            one.close()
        self._opened = []
        for path, opened in self._paths:
            try:
                if os.path.samestat(os.lstat(path), opened):
                    os.unlink(path)
            except OSError:
                pass
        self._paths = []


def place(places: "Sequence[Place]") -> dict[str, str]:
    """Open them in this very process, from descriptor 3 on, for the program that it becomes.

    The variables that tell of them. Raises SocketProblem.
    """
    opened = Offered(places)._opened  # its sockets are closed as soon as nobody has them
    for number, one in enumerate(opened, listenfds.FIRST_FD):
        os.dup2(one.fileno(), number, inheritable=True)
        one.close()
    return listenfds.variables(len(opened), os.getpid())


def _url(name: object) -> str:
    if isinstance(name, tuple):
        host, port = str(name[0]), name[1]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return os.fsdecode(name) if isinstance(name, bytes) else str(name)
