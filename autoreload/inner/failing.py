"""What the outer is told of the exception that ends the program, for whoever asks for its page.

The interpreter prints the same exception afterwards, by whatever hook the program has, and must
not be disturbed: nothing is changed in it, and a fault in here is no fault of the program's.
"""

import _thread
import os
import sys

from autoreload.inner import disguise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

AROUND = 5
"""Lines of the source before and after the one in question."""

_MOST_TRACE, _MOST_TEXT, _MOST_LINE = 40_000, 4_000, 500
"""Bytes of the traceback, of the message, and of one line of the source: all fit one packet."""

_LIBRARIES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))


def told(error: BaseException, root: str) -> "dict[str, object] | None":
    """The fields of `failed`; None for an end that has nothing to show.

    Of the frames the innermost of the project counts, the one below `root` and in no library.
    """
    if isinstance(error, SystemExit):
        # What is neither a code nor nothing is printed by the interpreter, like a message.
        if error.code is None or isinstance(error.code, int):
            return None
        return {"kind": "", "text": _cut(str(error.code), _MOST_TEXT)}
    if isinstance(error, KeyboardInterrupt):
        return None
    finder = _Standard()
    before = sys.meta_path
    # Another list, not another entry: a thread that is going through it would miss one.
    sys.meta_path = [finder, *before]
    try:
        return _described(error, root)
    except Exception:  # of the exception's own `__str__`, say
        return {"kind": type(error).__name__, "text": ""}
    finally:
        sys.meta_path = before
        finder.forget()


def _described(error: BaseException, root: str) -> "dict[str, object]":
    # As late as this, as every run would pay for them.
    import linecache
    import traceback

    trace = _without_us(error.__traceback__)
    shown = traceback.TracebackException(type(error), error, trace)
    path, line, column = _place(error, trace, root)
    lines = linecache.getlines(path) if path else []
    if column < 0:
        # The code has it in bytes, and from 0.
        text = lines[line - 1] if line <= len(lines) else ""
        column = len(text.encode()[: -column - 1].decode(errors="ignore")) + 1 if text else 0
    first = max(line - AROUND, 1)
    excerpt = [_cut(text.rstrip("\r\n"), _MOST_LINE) for text in lines[first - 1 : line + AROUND]]
    return {
        "kind": _name(type(error)),
        "text": _cut(_message(error), _MOST_TEXT),
        "path": _cut(path, 4096),
        "line": line,
        "column": column,
        "first": first,
        "source": "\n".join(excerpt),
        "trace": _tail("".join(shown.format()), _MOST_TRACE),
        "hidden": _is_hidden(),
        "missing": (error.name or "") if isinstance(error, ModuleNotFoundError) else "",
    }


def _is_hidden() -> bool:
    """Whether the traceback is known not to be shown; a hook of the program's shows what it may."""
    limit = getattr(sys, "tracebacklimit", None)
    return sys.stderr is None or (isinstance(limit, int) and limit <= 0)


def _without_us(trace: "TracebackType | None") -> "TracebackType | None":
    while trace is not None and disguise.is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _place(
    error: BaseException, trace: "TracebackType | None", root: str
) -> "tuple[str, int, int]":
    """Path, line and column to be shown; of a file that does not compile its own.

    A column in bytes, as code objects have it, is negative: -1 is the first.
    """
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno, max(error.offset or 0, 0)
    last, own = None, None
    prefix = root.rstrip(os.sep) + os.sep
    while trace is not None:
        last = trace
        path = trace.tb_frame.f_code.co_filename
        if path.startswith(prefix) and not any(one in path for one in _LIBRARIES):
            own = trace
        trace = trace.tb_next
    found = own or last
    if found is None:
        return "", 0, 0
    return found.tb_frame.f_code.co_filename, found.tb_lineno or 0, _column(found)


def _column(trace: "TracebackType") -> int:
    """Where the expression begins that failed; 0 when the code does not know."""
    for number, (first, _, column, _) in enumerate(trace.tb_frame.f_code.co_positions()):
        if number == trace.tb_lasti // 2:
            return -column - 1 if column is not None and first == trace.tb_lineno else 0
    return 0


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or ""  # without the place, which has fields of its own
    return str(error)


def _name(kind: type[BaseException]) -> str:
    """The exception's name as a traceback has it."""
    module = kind.__module__
    return (
        kind.__qualname__ if module in ("__main__", "builtins") else f"{module}.{kind.__qualname__}"
    )


def _cut(text: str, most: int) -> str:
    """The beginning of a text that is longer than so many bytes."""
    data = text[:most].encode("utf-8", "surrogatepass")
    return text[:most] if len(data) <= most else data[:most].decode("utf-8", "ignore")


def _tail(text: str, most: int) -> str:
    """The end of a text that is longer than so many bytes, from the beginning of a line on."""
    data = text[-most:].encode("utf-8", "surrogatepass")
    if len(text) <= most and len(data) <= most:
        return text
    kept = data[-most:].decode("utf-8", "ignore")
    return "...\n" + (kept.partition("\n")[2] or kept)


class _Standard:
    """Finds what is needed here in the standard library, for this thread only.

    A `token.py` beside the script is what `import traceback` would otherwise run.
    """

    def __init__(self) -> None:
        self._thread = _thread.get_ident()
        folder = os.path.dirname(os.__file__)
        self._folders = [folder, os.path.join(folder, "lib-dynload")]
        self._found: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> "Any":
        if path is not None or _thread.get_ident() != self._thread:
            return None
        if name.partition(".")[0] not in sys.stdlib_module_names:
            return None
        from _frozen_importlib_external import PathFinder

        spec = PathFinder.find_spec(name, self._folders)
        if spec is not None:
            self._found.append(name)
        return spec

    def forget(self) -> None:
        """Let the program find its own where it has a file of that name first on its path."""
        for name in self._found:
            shadow = os.path.join(sys.path[0] if sys.path else "", name)
            if os.path.isfile(shadow + ".py") or os.path.isfile(
                os.path.join(shadow, "__init__.py")
            ):
                sys.modules.pop(name, None)
