"""Who is in the way of a program that wants to listen, and what that means to the user."""

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.keeping import Address

ANY_HOST = ("0.0.0.0", "::")


class Whose(Enum):
    """What a process that holds an address is to this autorun."""

    APP = "it belongs to the app that we run"
    PROJECT = "another autorun of this project runs it"
    AUTORUN = "an autorun of something else runs it"
    LEFTOVER = "an autorun that is gone has run it"
    STRANGER = "it is somebody else's"


class Holder:
    """A process that has a listening socket open."""

    __slots__ = ("command", "folder", "is_marked", "outer", "pid")

    def __init__(
        self,
        pid: int,
        command: "Sequence[str]",
        folder: str,
        *,
        is_marked: bool = False,
        outer: "Holder | None" = None,
    ) -> None:
        self.pid = pid
        self.command = tuple(command)
        self.folder = folder
        """Its current directory; empty if it cannot be known."""
        self.is_marked = is_marked
        """Whether it carries the mark of an autorun in its environment."""
        self.outer = outer
        """The autorun that it descends from, or is."""

    @property
    def title(self) -> str:
        """Its command as a person would have typed it, on one line and shortened."""
        from autoreload.core.plans import titled

        first, *others = self.command or ("?",)
        return titled([first.rpartition("/")[2] or first, *others])


def whose(holder: Holder, outer: int, root: str) -> Whose:
    """What a holder is to the autorun with this pid, which was started in `root`."""
    if holder.outer is None:
        return Whose.LEFTOVER if holder.is_marked else Whose.STRANGER
    if holder.outer.pid == outer:
        return Whose.APP
    return Whose.PROJECT if holder.outer.folder == root else Whose.AUTORUN


def is_outer(command: "Sequence[str]") -> bool:
    """Whether a process is an autorun; what it runs below it has our door as its script instead."""
    before = ""
    for word in command[:8]:
        if word.rpartition("/")[2] == "autorun" or (before == "-m" and word == "autoreload"):
            return True
        before = word
    return False


def topmost(parents: "dict[int, int]", among: "set[int]") -> list[int]:
    """Of processes that share a socket those that have not inherited it, by their parents."""
    return sorted(pid for pid in among if parents.get(pid) not in among)


def stands_in_the_way(address: "Address", host: str) -> bool:
    """Whether a listener at `host` on the same port surely keeps others from this address.

    Of `::` and the addresses of IPv4 nothing is sure: that depends on IPV6_V6ONLY.
    """
    mine, theirs = _plain(address.host), _plain(host)
    if mine == theirs:
        return True
    if (":" in mine) != (":" in theirs):
        return False
    return mine in ANY_HOST or theirs in ANY_HOST


def _plain(host: str) -> str:
    """IPv4 in the clothes of IPv6 as itself."""
    bare = host.lower()
    return bare.removeprefix("::ffff:") if "." in bare else bare
