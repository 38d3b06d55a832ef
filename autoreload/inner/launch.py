"""Runs the target in the main thread as if it had been started by hand.

Not by `runpy.run_path` or `run_module`: they put `__main__` back when the code returns, so that in
atexit and in threads that outlive it `__main__` would no longer be the program. Here the program's
code runs in the `__main__` module that the interpreter made for the door, cleared of what the door
added; it stays until the end. `execute` is the one place where its code is run.

An exception of the program leaves by the way it came, so that the interpreter does with it what it
does for any script; only our own frames are taken out of the traceback on the way.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType, TracebackType
    from typing import Any, NoReturn

_PLAIN = frozenset(
    {
        "__name__",
        "__doc__",
        "__package__",
        "__loader__",
        "__spec__",
        "__annotations__",
        "__builtins__",
        "__file__",
        "__cached__",
    }
)
"""What the interpreter itself puts into `__main__` before a script begins."""

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OUR_NAME = __name__.partition(".")[0]
_RUNNERS = (
    "<frozen runpy>",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)


class Unusable(Exception):
    """The target cannot be run as it was named; the text says why and what to type."""


class Launch:
    """What to run, and who is told on the way."""

    __slots__ = ("args", "argv0", "called", "kind", "name", "read")

    def __init__(
        self,
        *,
        kind: str,
        name: str,
        args: list[str],
        argv0: str,
        read: "Callable[[str], bytes]",
        called: "Callable[[], None]",
    ) -> None:
        self.kind = kind
        self.name = name
        self.args = args
        self.argv0 = argv0
        """What `sys.argv[0]` shows for a callable."""
        self.read = read
        """Reads a source that we execute ourselves."""
        self.called = called
        """Told when the program's own code is about to run."""


def launch(what: Launch) -> object:
    """Run the target; returns what a callable returned. Raises what the program raises."""
    main = _clean_main()
    match what.kind:
        case "callable":
            return _run_callable(what, main)
        case "module":
            _run_module(what, main)
        case _:
            _run_script(what, main)
    return None


def execute(module: "ModuleType", code: "CodeType") -> None:
    """Run a program's code in its module."""
    exec(code, module.__dict__)


def _clean_main() -> "ModuleType":
    main = sys.modules["__main__"]
    for name in [name for name in main.__dict__ if name not in _PLAIN]:
        del main.__dict__[name]
    main.__doc__ = None
    if "__annotations__" in main.__dict__:
        main.__annotations__ = {}
    return main


def _first_on_path(directory: str) -> None:
    """What the interpreter does for a script's directory, unless -P or -I forbid it."""
    if not sys.flags.safe_path:
        sys.path.insert(0, directory)


# --- scripts ------------------------------------------------------------------------------------


def _run_script(what: Launch, main: "ModuleType") -> None:
    path = what.name
    sys.argv[:] = [path, *what.args]
    if os.path.isdir(path) or _is_archive(path):
        # As the interpreter does it: the path itself comes first, then its __main__ is found there.
        sys.path.insert(0, os.path.abspath(path))
        forget_shadowed(sys.path[0])
        import runpy

        _run_spec(what, main, lambda: runpy._get_main_module_details())  # type: ignore[attr-defined]
        return
    if not os.path.isfile(path):
        from autoreload.core.targets import missing_file

        raise Unusable(missing_file(path))
    directory = os.path.dirname(os.path.realpath(path))
    _first_on_path(directory)
    if not sys.flags.safe_path:
        forget_shadowed(directory)
    shown = os.path.abspath(path)
    from _frozen_importlib_external import SourceFileLoader, SourcelessFileLoader

    if path.endswith(".pyc"):
        loader: Any = SourcelessFileLoader("__main__", shown)
        code = loader.get_code("__main__")
    else:
        loader = SourceFileLoader("__main__", shown)
        code = compile(what.read(path), shown, "exec", dont_inherit=True)
    main.__file__ = shown
    main.__loader__ = loader
    what.called()
    execute(main, code)


def _is_archive(path: str) -> bool:
    """Whether the interpreter would look for __main__ inside: a zip file by its content."""
    if path.endswith((".py", ".pyc")) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        file.seek(-min(os.path.getsize(path), 66_000), os.SEEK_END)
        return b"PK\x05\x06" in file.read()


# --- modules ------------------------------------------------------------------------------------


def _run_module(what: Launch, main: "ModuleType") -> None:
    _first_on_path(os.getcwd())
    if not sys.flags.safe_path:
        forget_shadowed(os.getcwd())
    sys.argv[:] = ["-m", *what.args]
    import runpy

    def details() -> "Any":
        # `python -m` itself: the same search, the same sentences.
        return runpy._get_module_details(what.name, Unusable)  # type: ignore[attr-defined]

    try:
        _run_spec(what, main, details)
    except Unusable as error:
        from autoreload.core.targets import missing_run_module

        if main.__spec__ is None:
            raise Unusable(missing_run_module(what.name, str(error))) from None
        raise


def _run_spec(what: Launch, main: "ModuleType", details: "Callable[[], Any]") -> None:
    _, spec, code = details()
    if what.kind == "module":
        sys.argv[0] = spec.origin
    main.__dict__.update(
        __name__="__main__",
        __file__=spec.origin,
        __cached__=spec.cached,
        __doc__=None,
        __loader__=spec.loader,
        __package__=spec.parent,
        __spec__=spec,
    )
    what.called()
    execute(main, code)


# --- callables ----------------------------------------------------------------------------------


def _run_callable(what: Launch, main: "ModuleType") -> object:
    directory = os.getcwd()
    if directory not in sys.path[:1]:
        sys.path.insert(0, directory)
    forget_shadowed(directory)
    sys.argv[:] = [what.argv0 or what.name, *what.args]
    main.__dict__.pop("__file__", None)
    module_name, _, attribute = what.name.partition(":")
    module = _import_target(what.name, module_name)
    function: Any = module
    for part in attribute.split("."):
        try:
            function = getattr(function, part)
        except AttributeError:
            from autoreload.core import advice

            near = [name for name in dir(function) if not name.startswith("_")]
            raise Unusable(advice.missing_attribute(what.name, module_name, part, near)) from None
    if not what.argv0:
        _check_callable(what.name, function)
    what.called()
    result = function()
    return _awaited(result)


def _import_target(target: str, name: str) -> "ModuleType":
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not (name == missing or name.startswith(missing + ".")) or not missing:
            raise
        if not _is_raised_by_the_search(error):
            raise
        from autoreload.core import advice

        near = _module_names(os.getcwd())
        source = os.path.join(os.getcwd(), "src", *name.split("."))
        found = os.path.isdir(source) or os.path.isfile(source + ".py")
        raise Unusable(
            advice.missing_module(target, name, near, "src" if found else None)
        ) from None


def _is_raised_by_the_search(error: BaseException) -> bool:
    """Whether no code of the user's was running: the name on the command line itself is wrong."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        importlib_package = os.path.join("importlib", "__init__.py")
        if not (file.startswith((_OURS, "<frozen importlib")) or file.endswith(importlib_package)):
            return False
        trace = trace.tb_next
    return True


def _module_names(directory: str) -> list[str]:
    names = []
    for entry in os.listdir(directory):
        if entry.endswith(".py"):
            names.append(entry[:-3])
        elif os.path.isfile(os.path.join(directory, entry, "__init__.py")):
            names.append(entry)
    return names


def _check_callable(target: str, function: object) -> None:
    """What people type first is `autorun main:app`: say which line runs it."""
    from autoreload.core import advice

    if (flavour := _flavour(function)) is not None:
        raise Unusable(advice.is_application(target, flavour))
    if isinstance(function, type):
        raise Unusable(advice.is_class(target))
    if not callable(function):
        raise Unusable(advice.not_callable(target, type(function).__name__))
    wanted = _wanted_arguments(function)
    if wanted:
        raise Unusable(advice.needs_arguments(target, wanted))


def _flavour(function: object) -> str | None:
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(function).__mro__}
    if "flask.app.Flask" in kinds or "flask.sansio.app.App" in kinds:
        return "Flask"
    wsgi = {"django.core.handlers.wsgi.WSGIHandler", "falcon.app.App", "bottle.Bottle"}
    if kinds & wsgi:
        return "WSGI"
    names = _positional_names(function)
    if names[:3] == ["scope", "receive", "send"]:
        return "ASGI"
    if names[:2] in (["environ", "start_response"], ["env", "start_response"]):
        return "WSGI"
    return None


def _positional_names(function: object) -> list[str]:
    called: Any = function
    if not hasattr(called, "__code__") and not isinstance(called, type):
        called = getattr(type(called), "__call__", None)
    called = getattr(called, "__func__", called)
    code = getattr(called, "__code__", None)
    if code is None:
        return []
    names = list(code.co_varnames[: code.co_argcount])
    return names[1:] if names[:1] == ["self"] else names


def _wanted_arguments(function: object) -> str:
    """The signature of a plain function that cannot be called without arguments, else nothing."""
    called: Any = getattr(function, "__func__", function)
    code = getattr(called, "__code__", None)
    if code is None or hasattr(called, "__wrapped__"):
        return ""  # decorators and objects with __call__ (click commands) know best
    names = list(code.co_varnames[: code.co_argcount])
    if called is not function:
        names = names[1:]
    required = names[: len(names) - len(called.__defaults__ or ())]
    only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    required += [name for name in only if name not in (called.__kwdefaults__ or {})]
    return ", ".join(required)


def _awaited(result: object) -> object:
    """Run a coroutine to its end; anything else is the result already."""
    if not hasattr(result, "__await__"):
        return result
    import asyncio

    async def wait() -> object:
        return await result

    return asyncio.run(wait() if not asyncio.iscoroutine(result) else result)


def exit_status(result: object) -> int | str | None:
    """What `sys.exit` is given for a callable's result, like a console script's."""
    if isinstance(result, bool) or not isinstance(result, int | str):
        return None
    return result


# --- the interpreter around it ------------------------------------------------------------------


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
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    return error.with_traceback(trace)


def _is_ours(trace: "TracebackType") -> bool:
    file = trace.tb_frame.f_code.co_filename
    return (
        file.startswith(_OURS)
        or file in _RUNNERS
        or file.endswith(os.path.join("importlib", "__init__.py"))
    )


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
        hook(kind, error, error.__traceback__)

    sys.excepthook = excepthook


def call_and_exit(target: str, args: list[str]) -> "NoReturn":
    """Run a callable in this very process, for `--noreload`."""

    def read(path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    what = Launch(kind="callable", name=target, args=args, argv0="", read=read, called=lambda: None)
    try:
        result = launch(what)
    except Unusable as problem:
        from autoreload.system.terminal import say_plainly

        say_plainly(str(problem))
        sys.exit(2)
    except Exception:
        show_without_us()
        raise
    sys.exit(exit_status(result))
