"""Where every thread of the program is, without any import that the program could notice."""

import sys

from autoreload.inner import disguise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Thread
    from types import FrameType

_MOST = 50_000
"""Characters; what fits one packet."""


def threads() -> "list[Thread]":
    """The threads that have a name; none where a file of the user's is called `threading`."""
    enumerate_them = getattr(sys.modules.get("threading"), "enumerate", None)
    return list(enumerate_them()) if enumerate_them is not None else []


def described(main: int, own: int) -> str:
    """The frames of each thread, the innermost last as in a traceback; `own` is left out.

    Of the main thread none of ours are shown.
    """
    names = {one.ident: one.name for one in threads()}
    parts = []
    for ident, frame in sorted(sys._current_frames().items(), key=lambda one: one[0] != main):
        if ident != own:
            name = names.get(ident) or ("MainThread" if ident == main else f"thread {ident}")
            parts.append("\n".join([f"{name}:", *_frames(frame)]))
    return "\n".join(parts)[-_MOST:]


def _frames(frame: "FrameType | None") -> list[str]:
    lines = []
    while frame is not None:
        code = frame.f_code
        if not disguise.is_ours(code.co_filename):
            place = f'File "{code.co_filename}", line {frame.f_lineno}'
            lines.append(f"  {place}, in {code.co_qualname}")
        frame = frame.f_back
    return lines[::-1]
