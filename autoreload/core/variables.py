"""What the program finds in its environment: that autorun runs it, which run this is, and why.

They begin like the variables of options and are none: a nested autorun passes over them, and sets
its own.
"""

from autoreload.core.protocol import CONTROL, IDENTITY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ACTIVE = "AUTORUN"
RUN = "AUTORUN_RUN"
CHANGES = "AUTORUN_CHANGES"

FOR_APP = frozenset({ACTIVE, RUN, CHANGES, CONTROL, IDENTITY})
"""None of these is an option."""

ALWAYS = {ACTIVE: "1"}
"""What is the same in every run; so is the control socket's path, which not every autorun has."""


def of_run(number: int, changes: "Sequence[str]", root: str) -> dict[str, str]:
    """What is of one run: its number, and the paths that it is because of, as a JSON list.

    Paths below the directory where autorun was started are relative to it.
    """
    return {RUN: str(number), CHANGES: _json([_relative(path, root) for path in changes])}


def _relative(path: str, root: str) -> str:
    return path.removeprefix(root.rstrip("/") + "/")


def _json(paths: list[str]) -> str:
    if not paths:
        return "[]"
    import json  # not for the first run, which nothing has caused

    return json.dumps(paths)
