"""What the outer finds by itself: files to look at, and a restart that it decides, with why."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.packages import Installation
    from autoreload.core.wording import Line


class Restart:
    """Files that changed, packages that were installed, or settings, and when that was noticed."""

    __slots__ = ("installed", "is_unanswered", "paths", "settings", "since")

    def __init__(
        self,
        paths: list[str],
        since: float,
        *,
        is_unanswered: bool = False,
        installed: "Sequence[Installation]" = (),
        settings: "Sequence[Line]" = (),
    ) -> None:
        self.paths = paths
        self.installed = installed
        self.since = since
        self.is_unanswered = is_unanswered
        self.settings = settings
        """What is to be said of settings that have changed."""

    def with_more(self, other: "Restart") -> "Restart":
        """Both as one."""
        return Restart(
            list(dict.fromkeys((*self.paths, *other.paths))),
            min(self.since, other.since),
            is_unanswered=other.is_unanswered,
            installed=(*self.installed, *other.installed),
            settings=(*self.settings, *other.settings),
        )


class Found:
    """What a look found, by what it asks for."""

    __slots__ = ("hinted", "loaded", "refresh", "restart", "touched")

    def __init__(self) -> None:
        self.restart: list[str] = []
        self.refresh: list[str] = []
        self.touched: set[str] = set()
        """Whatever there was an event for."""
        self.hinted = False
        """The inner should look."""
        self.loaded: list[str] = []
        """What the inner has loaded of that, when it is nothing else and not much."""
