"""Symbolic links on the way to what was read: turned to another place, they lead to other files.

What is compared of a link is what it says, and not what it leads to: that is watched itself, where
it really lies. So one link stands for all the files that were read by way of it, and for those that
were looked for there in vain.
"""

import os

from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Link = tuple[str, str]
"""Where a link stands, by the real path of its folder, and what it says."""

MOST_FOLLOWED = 40
"""Links on one way, as in path_resolution(7): the kernel goes no further."""


def follow(path: str) -> tuple[str, tuple[Link, ...]]:
    """The real path of an absolute one, and the links on the way as they were when followed."""
    rest = path.split(os.sep)[::-1]
    real = ""
    links: list[Link] = []
    while rest:
        name = rest.pop()
        if name in ("", "."):
            continue
        if name == "..":
            real = real.rpartition(os.sep)[0]
            continue
        place = f"{real}{os.sep}{name}"
        says = files.link(place) if len(links) < MOST_FOLLOWED else None
        if says is None:
            real = place
            continue
        links.append((place, says))
        if says.startswith(os.sep):
            real = ""
        rest += says.split(os.sep)[::-1]
    return real or os.sep, tuple(links)


class Links:
    """The links that were followed, and for which files."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        """What each said when it was followed first."""
        self._ways: dict[str, dict[str, tuple[str, ...]]] = {}
        """Of the files that were read by way of links the names, and the links on the way."""

    def note(self, links: "Iterable[Link]", name: str = "", real: str = "") -> list[Link]:
        """Note links, and the file that they led to by this name; those that nobody knew."""
        if real:
            self._ways.setdefault(real, {})[name] = tuple(place for place, _ in links)
        new = [link for link in links if link[0] not in self.said]
        self.said.update(new)
        return new

    def led(self, place: str) -> set[str]:
        """The files that were read by way of a link; none for anything else."""
        ways = list(self._ways.items())
        return {real for real, names in ways if any(place in way for way in names.values())}

    def drop(self, place: str) -> bool:
        """Forget a link; whether it was known."""
        return self.said.pop(place, None) is not None

    def leave(self, real: str) -> list[str]:
        """Forget a file that was read by way of links, and those of them that led to no other."""
        names = self._ways.pop(real, {})
        places = {place for way in names.values() for place in way}
        return [place for place in places if not self.led(place) and self.drop(place)]

    def made_at(self, real: str) -> float:
        """When the last of the links to a file was made, as they are now; 0 without one."""
        names = self._ways.get(real, {})
        times = [files.made_at(place) for way in names.values() for place in way]
        return max(times, default=0.0)

    def turned(self, places: "Iterable[str] | None" = None) -> list[str]:
        """Those, of all or of these, that lead to another place than before."""
        among = list(self.said) if places is None else places
        return [place for place in among if place in self.said and self._is_turned(place)]

    def _is_turned(self, place: str) -> bool:
        before, now = self.said[place], files.link(place)
        if now == before:
            return False
        folder = os.path.dirname(place)
        return now is None or _led(folder, now) != _led(folder, before)

    def is_wanted(self, path: str) -> bool:
        """Whether an event of this path may be that of a link."""
        return path in self.said

    def folders(self) -> set[str]:
        """The directories that the links stand in."""
        return {os.path.dirname(place) for place in list(self.said)}

    def is_in_use(self, real: str) -> bool:
        """Whether a file would be read again; not so when every link to it has been turned."""
        names = list(self._ways.get(real, ()))
        return not names or any(os.path.realpath(name) == real for name in names)


def _led(folder: str, says: str) -> str:
    return os.path.realpath(os.path.join(folder, says))
