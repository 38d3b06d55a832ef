"""What keeps the program from telling that it was not started by hand: modules and tracebacks."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OUR_NAME = __name__.partition(".")[0]
_RUNNERS = (
    "<frozen runpy>",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)
_IMPORTLIB = os.path.join("importlib", "__init__.py")


def forget_shadowed(directory: str) -> None:
    """Drop modules of ours and of the standard library that a file of the program shadows.

    Under plain python a `selectors.py` beside the script is what `import selectors` finds. We have
    imported the real one before; we keep it, the program finds its own.
    """
    keep = sys.builtin_module_names
    for name in {name.partition(".")[0] for name in sys.modules} - {"__main__"}:
        path = os.path.join(directory, name)
        if name in keep or not (os.path.isfile(path + ".py") or os.path.isdir(path)):
            continue
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None) or ""
        if name in _BORN_WITH or os.path.dirname(os.path.abspath(file)) in (directory, path):
            continue
        if os.path.isdir(path) and not os.path.isfile(os.path.join(path, "__init__.py")):
            continue  # a folder without code does not hide a module that is found later
        del sys.modules[name]
        if name != _OUR_NAME:  # ours are still found by the rooms below it, for late imports
            for loaded in [one for one in sys.modules if one.startswith(name + ".")]:
                del sys.modules[loaded]


_BORN_WITH: frozenset[str] = frozenset()
"""Modules that plain python has imported before the script begins; set by the door."""


def born_with(names: "frozenset[str]") -> None:
    """Tell which modules the interpreter itself had imported before us."""
    global _BORN_WITH
    _BORN_WITH = names


def cut_our_frames(error: BaseException) -> BaseException:
    """The exception without the frames before the program's first one."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return error.with_traceback(trace)


def cut_runners(error: BaseException) -> None:
    """Take the frames of importlib and runpy out, in whatever the error is from and made of.

    Where code of the program is imported by its name, most of a traceback is how that is done.
    """
    left, seen = [error], {id(error)}
    while left:
        one = left.pop()
        BaseException.with_traceback(one, _without_runners(one.__traceback__))
        parts = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        for other in (one.__cause__, one.__context__, *parts):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                left.append(other)


def _without_runners(trace: "TracebackType | None") -> "TracebackType | None":
    kept: list[TracebackType] = []
    while trace is not None:
        if not _is_runner(trace.tb_frame.f_code.co_filename):
            if kept:
                kept[-1].tb_next = trace
            kept.append(trace)
        trace = trace.tb_next
    if kept:
        kept[-1].tb_next = None
    return kept[0] if kept else None


def show_without_us() -> None:
    """Let the next uncaught exception be shown without our frames, by whatever hook there is."""
    hook = sys.excepthook

    def excepthook(
        kind: type[BaseException], error: BaseException, trace: "TracebackType | None"
    ) -> None:
        sys.excepthook = hook
        error = cut_our_frames(error)
        sys.last_value = error
        sys.last_traceback = error.__traceback__
        try:
            hook(kind, error, error.__traceback__)
        except Exception as failed:
            _say_that_the_hook_failed(failed, error)

    sys.excepthook = excepthook


def _say_that_the_hook_failed(failed: Exception, error: BaseException) -> None:
    """What the interpreter says itself, but here our frame would be above the hook's."""
    trace = failed.__traceback__
    sys.stderr.write("Error in sys.excepthook:\n")
    failed = failed.with_traceback(trace.tb_next if trace is not None else None)
    sys.__excepthook__(type(failed), failed, failed.__traceback__)
    sys.stderr.write("\nOriginal exception was:\n")
    sys.__excepthook__(type(error), error, error.__traceback__)


def is_ours(file: str) -> bool:
    """Whether a frame of this file is ours, or of the machinery that we start a program with."""
    return file.startswith(_OURS) or _is_runner(file)


def _is_runner(file: str) -> bool:
    return file in _RUNNERS or file.endswith(_IMPORTLIB)
