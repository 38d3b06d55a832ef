"""Sentences about the event source: why a part is polled, and what helps."""

from autoreload.core.trust import Why, top
from autoreload.core.wording import Line, counted, path_shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.trust import Doubt


def polling(reason: str, interval_s: float) -> Line:
    return Line(f"{reason}, polling every {interval_s:g} s", "held")


def doubted(doubt: "Doubt", folders: "Sequence[str]", root: str, interval_s: float) -> Line:
    """Why these directories are polled, and the way out; without any it is all of them."""
    compared = f"compared every {round(interval_s, 2 if interval_s < 0.1 else 1):g} s"
    where = _place(folders, root) if folders else "everything"
    match doubt.why:
        case Why.SILENT:
            local = "in Linux's own folders, as ~" if doubt.is_windows else "on a local disk"
            text = (
                f"{where} is on {doubt.value}, which does not tell of changes made elsewhere: "
                f"{compared}; {local}, a save is noticed at once"
            )
        case Why.LIMIT:
            who = counted(len(folders), "folder") if folders else "everything"
            text = (
                f"inotify limit {doubt.detail.rpartition('.')[2]} ({doubt.value}) is reached: "
                f"{who} {'are' if len(folders) > 1 else 'is'} {compared}; "
                f"raise it: sudo sysctl {doubt.detail}={_enough(doubt)}, then start autorun again"
            )
        case Why.UNANNOUNCED:
            text = (
                f"{path_shown(doubt.detail, root)} changed without a file event: "
                f"from now on {where} is {compared}; --poll does so from the start"
            )
        case Why.UNWATCHED:
            what = f"for {where}" if folders else "any more"
            text = (
                f"no file events {what} ({doubt.detail}): {compared}; "
                "starting autorun again tries once more"
            )
    return Line(text, "held")


def _place(folders: "Sequence[str]", root: str) -> str:
    """The folder that holds all of these, as it is spoken of."""
    common = top(folders)
    return "this directory" if common == root else path_shown(common, root)


def _enough(doubt: "Doubt") -> int:
    """A limit that is not reached again soon."""
    least = 524_288 if doubt.detail.endswith("watches") else 1024
    return max(least, 2 * int(doubt.value or 0))


def overflow(limit: int) -> Line:
    return Line(
        f"more file events at once than are kept (max_queued_events is {limit}), "
        f"compared everything; raise it: sudo sysctl fs.inotify.max_queued_events={limit * 4}",
        "held",
    )
