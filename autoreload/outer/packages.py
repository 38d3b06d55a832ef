"""Installed packages that the app uses: when to look whether one was installed anew.

Nothing is subscribed for this: while nothing is installed, a look every other second costs less
than the events would.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.packages import Installation
    from autoreload.outer.sites import Site

IDLE_S = 2.0
MOVING_S = 0.2
"""Between two looks while something is being installed."""

Needs = dict[tuple[str, str], tuple[int, bool]]
"""By folder and name: when a package was loaded or missed, and whether it was missed."""


class Packages:
    """Looks at the folders that hold what a run needs."""

    def __init__(self, is_ignored: "Callable[[str], bool]") -> None:
        self._is_ignored = is_ignored
        self._needs: Needs = {}
        self._ignored: dict[tuple[str, str], bool] = {}
        """What --ignore says of each of these, which holds for a run."""
        self._sites: dict[str, Site] = {}
        self._looked = 0.0
        self._pace_s = IDLE_S

    def follow(self, needs: Needs, now: float) -> None:
        """Look for what this run needs from now on; it may grow."""
        self._needs = needs
        self._ignored = {}
        self._looked = now

    def _knows_ignored(self, folder: str, stem: str) -> bool:
        found = self._ignored.get((folder, stem))
        if found is None:
            found = self._ignored[folder, stem] = self._is_ignored(os.path.join(folder, stem))
        return found

    def timeouts(self, now: float) -> list[float]:
        """Seconds until the next look."""
        return [self._looked + self._pace_s - now] if self._needs else []

    def look(self, now: float) -> "list[Installation]":
        """What was installed since the app loaded or missed it, once the install is over."""
        # Early rather than to wake up for it alone: so it falls together with other looks.
        if not self._needs or now < self._looked + self._pace_s / 2:
            return []
        # Imported by now, and not at the start of autorun, which would wait for it.
        from autoreload.core.packages import Need
        from autoreload.outer.sites import Site

        by_folder: dict[str, list[Need]] = {}
        for (folder, stem), (at_ns, is_missing) in self._needs.items():
            if not self._knows_ignored(folder, stem):
                by_folder.setdefault(folder, []).append(Need(stem, at_ns, is_missing))
        found = []
        self._looked, self._pace_s = now, IDLE_S
        for folder, needs in by_folder.items():
            site = self._sites.setdefault(folder, Site(folder))
            found += site.look(needs, now)
            if site.moves:
                self._pace_s = MOVING_S
        return found
