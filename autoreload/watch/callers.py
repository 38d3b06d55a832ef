"""Which line of the program makes us do something, for people."""

import os
import sys

_STANDARD = os.path.dirname(os.__file__) + os.sep
_MACHINERY = (_STANDARD, "<frozen", os.path.dirname(os.path.dirname(__file__)) + os.sep)


def by() -> str:
    """The line that is being run, as far as it can be told from outside of the libraries."""
    frame = sys._getframe(1)
    chosen = None
    while frame.f_back is not None:
        frame = frame.f_back
        file = frame.f_code.co_filename
        if not file.startswith(_MACHINERY):
            chosen = chosen or frame
            if "site-packages" not in file:
                chosen = frame
                break
    if chosen is None:  # a thread, or an end of the interpreter, without a line of Python
        return "by the program"
    return f"by {chosen.f_code.co_filename}:{chosen.f_lineno}"
