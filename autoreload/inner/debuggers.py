"""Whether a debugger in the program waits for its user, or goes step by step for them.

It shows in the stacks of the threads, at which anybody may look: a prompt is a function that has
been called and not returned. So nothing is replaced in the debuggers, and each that is made from
`bdb` counts, whatever its name is, in whichever thread.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_PROMPTS = (
    ("pdb", "Pdb", "interaction"),  # also without a stop, by post_mortem
    ("code", "InteractiveConsole", "interact"),
    ("IPython.terminal.interactiveshell", "TerminalInteractiveShell", "interact"),
    ("pydevd", "PyDB", "do_wait_suspend"),  # debugpy, and what PyCharm starts
)
"""Module, class and function: who is in there waits for a user."""

_RUN = 1
"""A thread that pydevd has not suspended (`_pydevd_bundle.pydevd_constants.STATE_RUN`)."""


def waits() -> bool:
    """Whether somebody would lose what they look at, were the program restarted now."""
    bdb: Any = sys.modules.get("bdb")
    prompts = _codes()
    dispatchers = _dispatchers(bdb)
    if not prompts and not dispatchers:
        return False
    if _steps_by_pydevd():
        return True
    for innermost in sys._current_frames().values():
        frame: FrameType | None = innermost
        while frame is not None:
            if (
                frame.f_code in prompts
                or _is_asked(frame, dispatchers)
                or (bdb is not None and _is_stepped(frame, bdb))
            ):
                return True
            frame = frame.f_back
    return False


def _codes() -> "set[CodeType]":
    found: set[CodeType | None] = set()
    for module, owner, name in _PROMPTS:
        function = getattr(getattr(sys.modules.get(module), owner, None), name, None)
        found.add(getattr(function, "__code__", None))
    found.add(getattr(sys.breakpointhook, "__code__", None))
    module, _, name = os.environ.get("PYTHONBREAKPOINT", "").rpartition(".")
    found.add(getattr(getattr(sys.modules.get(module), name, None), "__code__", None))
    return {code for code in found if code is not None}


def _dispatchers(bdb: "Any") -> "set[CodeType]":
    """What tells a debugger of a stop: it is with its user from there on."""
    if bdb is None:
        return set()
    functions = (getattr(bdb.Bdb, name) for name in vars(bdb.Bdb) if name.startswith("dispatch_"))
    return {function.__code__ for function in functions}


def _is_asked(frame: "FrameType", dispatchers: "set[CodeType]") -> bool:
    caller = frame.f_back
    return (
        caller is not None
        and caller.f_code in dispatchers
        and frame.f_code.co_name.startswith("user_")
    )


def _is_stepped(frame: "FrameType", bdb: "Any") -> bool:
    """Whether a debugger is on its way to the next stop in this frame: `next`, not `continue`.

    Who continues stops at breakpoints only, for which `bdb` has the line -1.
    """
    owner = getattr(frame.f_trace, "__self__", None)
    return isinstance(owner, bdb.Bdb) and not owner.quitting and owner.stoplineno != -1


def _steps_by_pydevd() -> bool:
    if "pydevd" not in sys.modules:
        return False
    for thread in sys.modules["threading"].enumerate():
        info = getattr(thread, "additional_info", None)
        if getattr(info, "pydev_state", 0) == _RUN and getattr(info, "pydev_step_cmd", -1) != -1:
            return True
    return False
