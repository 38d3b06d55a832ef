"""`--socket ADDR`: what was typed, and how a program is told of sockets that it is given.

The way is systemd's (sd_listen_fds(3)): open sockets from descriptor 3 on, LISTEN_FDS says how
many, and LISTEN_PID whose they are, as the variables are inherited by processes that are not meant.
"""

FIRST_FD = 3
"""SD_LISTEN_FDS_START: the first descriptor that is handed over."""

COUNT, PID = "LISTEN_FDS", "LISTEN_PID"

LARGEST_PORT = 65535
_LONGEST_PATH = 107
"""Bytes in `sun_path` of Linux, less the NUL at its end."""

_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_INTERFACE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")

_NAMES = {"localhost": "127.0.0.1", "*": "0.0.0.0"}


class SocketProblem(Exception):  # it is the user's, not a fault of ours
    """A `--socket` that cannot be; the text says why and what to type instead."""


class Place:
    """Where to listen: host and port, or a path."""

    __slots__ = ("host", "path", "port")

    def __init__(self, *, host: str = "", port: int = 0, path: str = "") -> None:
        self.host = host
        """A numeric address, an IPv6 one perhaps with `%interface`."""
        self.port = port
        """0 leaves the choice to the kernel, once for all runs."""
        self.path = path
        """Not empty for a unix socket."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Place(host={self.host!r}, port={self.port}, path={self.path!r})"

    def __str__(self) -> str:
        """As it may be typed."""
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def _key(self) -> tuple[str, int, str]:
        return (self.host, self.port, self.path)


def parse(text: str) -> Place:
    """`8000`, `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, `./app.sock` as a place.

    A port alone is on 127.0.0.1, a path is what holds a slash. Raises SocketProblem.
    """
    if not text or text.startswith("@") or "\0" in text:
        raise SocketProblem(f"{text!r} is no address: {_WANTED}")
    if "/" in text:
        return _path(text)
    if text.isdecimal():
        return Place(host="127.0.0.1", port=_port(text, text))
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise SocketProblem(f"{text!r} is no address: {_WANTED}")
    if host.startswith("[") and host.endswith("]"):
        if not _is_v6(host[1:-1]):
            raise SocketProblem(f"{host} in {text!r} is no IPv6 address")
        return Place(host=host[1:-1], port=_port(port, text))
    if ":" in host:
        advice = f", as in [{host}]:{port}" if _is_v6(host) else ""
        raise SocketProblem(f"an IPv6 address stands in brackets{advice}: {text!r}")
    host = _NAMES.get(host.lower(), host)
    if not _is_v4(host):
        raise SocketProblem(f"{host!r} in {text!r} is no address: names are not looked up")
    return Place(host=host, port=_port(port, text))


def doubled(places: "list[Place]") -> Place | None:
    """The first place that is named twice; port 0 is another port each time."""
    seen: set[Place] = set()
    for place in places:
        if place in seen and (place.path or place.port):
            return place
        seen.add(place)
    return None


def variables(count: int, pid: int) -> dict[str, str]:
    """What the process `pid` is told of so many sockets."""
    return {COUNT: str(count), PID: str(pid)}


_WANTED = "8000, 127.0.0.1:8000, [::1]:8000 or ./app.sock"


def _path(text: str) -> Place:
    size = len(text.encode("utf-8", "surrogateescape"))
    if size > _LONGEST_PATH:
        raise SocketProblem(
            f"{text!r} has {size} bytes, the path of a socket has {_LONGEST_PATH} at most"
        )
    if text.endswith("/"):
        raise SocketProblem(f"{text!r} is a folder, a socket needs a name in it")
    return Place(path=text)


def _port(text: str, whole: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise SocketProblem(f"{text!r} in {whole!r} is no port")
    if len(text) > len(str(LARGEST_PORT)) or int(text) > LARGEST_PORT:
        raise SocketProblem(f"port {text} is above {LARGEST_PORT}")
    return int(text)


def _is_v4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(
        part.isascii()
        and part.isdecimal()
        and len(part) <= 3
        and int(part) <= 255
        # A leading zero means octal to some.
        and str(int(part)) == part
        for part in parts
    )


def _is_v6(host: str) -> bool:
    """RFC 4291, section 2.2; an interface may follow behind a percent sign."""
    host, percent, interface = host.partition("%")
    if percent and not (interface and set(interface) <= _INTERFACE):
        return False
    head, gap, tail = host.partition("::")
    if "::" in tail or tail.startswith(":") or (gap and head.endswith(":")):
        return False
    groups = [part for side in (head, tail) if side for part in side.split(":")]
    if groups and "." in groups[-1]:
        if (gap and not tail) or not _is_v4(groups[-1]):
            return False
        groups[-1:] = ["0", "0"]
    if not all(0 < len(part) <= 4 and set(part) <= _HEXADECIMAL for part in groups):
        return False
    return len(groups) <= 7 if gap else len(groups) == 8
