"""Compares what a run has loaded where no inner does, files and the links on the way to them."""

from autoreload.core.changes import compare
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.changes import Loaded
    from autoreload.watch.links import Links


def changed(
    loaded: "Mapping[str, Loaded]",
    links: "Links",
    is_ignored: "Callable[[str], bool]",
    paths: "set[str] | None" = None,
) -> list[str]:
    """What is not as it was, of all or of these paths; what is ignored is left out."""
    records = loaded.values() if paths is None else [loaded[one] for one in paths & loaded.keys()]
    found = compare(records, files.signature, files.digest).changes
    different = [*(one.path for one in found), *links.turned(paths)]
    return [path for path in different if not is_ignored(path)]
