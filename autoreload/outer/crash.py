"""What is said of a run that has ended: where it failed, with what, and what may help."""

import os

from autoreload.core import events, wording, wording_broken
from autoreload.core.decisions import Broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.events import Value
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child


def lines(child: "Child", root: str, code: int, lived_s: float, *, waiting: bool) -> "list[Line]":
    """How a run has ended, with place and message if there was an exception.

    The code is shown only where no traceback shows it; a message that was exited with has been
    shown by the interpreter.
    """
    failed = child.failed
    if child.usage:
        return [wording.unusable(child.usage, waiting=waiting)]
    if code == 0 or failed is None or not failed.text("kind"):
        return [wording.ended(code, lived_s, waiting=waiting)]
    broken = Broken(
        failed.text("path"),
        int(failed.number("line")),
        int(failed.number("column")),
        failed.text("kind"),
        failed.text("text"),
        events.source_of(failed) if failed.flag("hidden") else "",
    )
    missing = _missing(child, failed.text("missing"), root)
    return wording_broken.crashed(broken, root, code, waiting=waiting, missing=missing)


def fields(child: "Child", root: str, code: int) -> "dict[str, Value]":
    """The same for programs."""
    return {
        "exit_code": code if code > 0 else None,
        "signal": wording.SIGNALS.get(-code, str(-code)) if code < 0 else None,
        "error": _error(child, root),
    }


def _error(child: "Child", root: str) -> "dict[str, Value] | None":
    if child.usage:
        return events.of_usage(child.usage)
    return None if child.failed is None else events.of_failed(child.failed, root)


def _missing(child: "Child", module: str, root: str) -> str:
    """What would be imported if it were created, as that is watched; empty if nothing."""
    parents, _, name = module.rpartition(".")
    inside = os.sep + parents.replace(".", os.sep) if parents else ""
    for folder in child.probes.missed(name) if module else ():
        if folder.endswith(inside):
            is_package = any(key[1] == module and need[1] for key, need in child.needs.items())
            path = os.path.join(folder, name + ".py")
            return wording_broken.creating(path, root, module if is_package else "")
    return ""
