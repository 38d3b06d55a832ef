"""Kept listeners: which a program gets back, which stand in its way, which nobody wants any more.

A listener that was open when a restart began is kept for the next run. The next run gets it when it
binds the same address with the same options that cannot be changed afterwards; a port that the
kernel chose is recognised by its turn among the binds to port 0.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeVar

    K = TypeVar("K", bound="Kept")

SETTLED_S = 2.0
"""A listener that was taken is kept this long for a program that binds twice to try a port."""
UNWANTED_S = 2.0
"""A listener that nobody took is closed this long after the first one was taken."""
NEVER_TAKEN_S = 20.0
"""When nothing was taken at all, everything is closed this long after the run began."""

UNIX = 1
"""AF_UNIX, the same number wherever there are such sockets."""
ANY_4, ANY_6 = "0.0.0.0", "::"


class Address:
    """Where a stream socket listens, as `getsockname` says it."""

    __slots__ = ("family", "host", "port", "scope")

    def __init__(self, family: int, host: str, port: int = 0, scope: int = 0) -> None:
        """For AF_UNIX the real path of the socket is the host."""
        self.family = family
        self.host = host
        self.port = port
        self.scope = scope

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.entry() == other.entry()

    def __hash__(self) -> int:
        return hash(self.entry())

    def __repr__(self) -> str:
        return f"Address({self.family}, {self.host!r}, {self.port}, {self.scope})"

    def __str__(self) -> str:
        """As a person would write it."""
        if self.is_unix:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_unix(self) -> bool:
        """Whether it is a path and not a port."""
        return self.family == UNIX

    def entry(self) -> tuple[int, str, int, int]:
        """Plain values for a message; `Address(*entry)` is the address again."""
        return (self.family, self.host, self.port, self.scope)

    def overlaps(self, other: "Address") -> bool:
        """Whether a listener here may keep another from binding there."""
        if self.is_unix or other.is_unix:
            return self == other
        return self.port == other.port

    def is_any(self) -> bool:
        """Whether a listener here hears at every address of this machine."""
        return self.host in (ANY_4, ANY_6) and not self.is_unix

    def may_hear(self, target: "Address") -> bool:
        """Whether a connection to `target` comes in here, if that is an address of this machine."""
        if self.is_unix or target.is_unix or self == target:
            return self == target
        if self.port != target.port:
            return False
        if self.host == ANY_6:
            return True  # IPv4 as well, unless it was told not to
        return self.family == target.family and (self.is_any() or target.is_any())


class Wanted:
    """What a program is about to bind."""

    __slots__ = ("address", "options", "turn")

    def __init__(
        self, address: Address, *, turn: int = 0, options: "tuple[int, int]" = (0, 0)
    ) -> None:
        self.address = address
        self.turn = turn
        """The how manieth bind to port 0 of this run it is; 0 when a port was named."""
        self.options = options
        """SO_REUSEPORT and IPV6_V6ONLY, which are fixed once a socket is bound."""


class Kept:
    """A listener that is kept for the next run."""

    __slots__ = ("address", "options", "taken_at", "turn")

    def __init__(
        self, address: Address, *, turn: int = 0, options: "tuple[int, int]" = (0, 0)
    ) -> None:
        self.address = address
        self.turn = turn
        self.options = options
        self.taken_at: float | None = None
        """When the present run took it, by the monotonic clock."""

    def fits(self, wanted: Wanted) -> bool:
        """Whether it is what the program asks for."""
        if self.options != wanted.options:
            return False
        if wanted.turn:
            mine, theirs = self.address, wanted.address
            return self.turn == wanted.turn and (mine.family, mine.host) == (
                theirs.family,
                theirs.host,
            )
        return self.address == wanted.address

    @property
    def is_shared(self) -> bool:
        """Whether it is one of several that listen on one port (SO_REUSEPORT)."""
        return bool(self.options[0])


def choose(kept: "Sequence[K]", wanted: Wanted) -> "K | None":
    """The listener that a program gets for what it asks; None when it is to bind for itself.

    Of several that share a port each is given once; a single one is given as often as it is asked
    for, as programs bind, close and bind again.
    """
    fitting = sorted((one for one in kept if one.fits(wanted)), key=_when_taken)
    if not fitting or (fitting[0].is_shared and fitting[0].taken_at is not None):
        return None
    return fitting[0]


def in_the_way(kept: "Iterable[K]", address: Address) -> "list[K]":
    """The listeners that keep a program from binding an address that none of them fits."""
    return [one for one in kept if one.address.overlaps(address)]


def outdated(
    kept: "Sequence[K]", *, first_taken: float | None, begun: float, now: float
) -> "list[K]":
    """The listeners that need not be kept any longer."""
    unwanted_at = begun + NEVER_TAKEN_S if first_taken is None else first_taken + UNWANTED_S
    return [
        one
        for one in kept
        if now >= (unwanted_at if one.taken_at is None else one.taken_at + SETTLED_S)
    ]


def _when_taken(kept: Kept) -> float:
    return kept.taken_at or 0.0
