"""Runs the target in the main thread as if it had been started by hand.

Not by `runpy.run_path` or `run_module`: they put `__main__` back when the code returns, so that in
atexit and in threads that outlive it `__main__` would no longer be the program. Here the program's
code runs in the `__main__` module that the interpreter made for the door, cleared of what the door
added; it stays until the end. `Launch.execute` is the one place where its code is run.

An exception of the program leaves by the way it came, so that the interpreter does with it what it
does for any script; only our own frames are taken out of the traceback on the way.
"""

import os
import sys

from autoreload.inner import callables
from autoreload.inner.callables import Unusable
from autoreload.inner.disguise import forget_shadowed, show_without_us

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
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


class Launch:
    """What to run, and who is told on the way."""

    __slots__ = ("args", "argv0", "called", "execute", "kind", "name", "read")

    def __init__(
        self,
        *,
        kind: str,
        name: str,
        args: list[str],
        argv0: str,
        read: "Callable[[str], bytes]",
        called: "Callable[[], None]",
        execute: "Callable[[ModuleType, CodeType], None] | None" = None,
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
        self.execute = execute or _execute
        """Runs the program's code in its module."""


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


def _execute(module: "ModuleType", code: "CodeType") -> None:
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
        sys.path.insert(0, _absolute(path))
        forget_shadowed(sys.path[0])
        import runpy

        _run_spec(what, main, lambda: runpy._get_main_module_details())  # type: ignore[attr-defined]
        return
    if not os.path.isfile(path):
        from autoreload.core import advice

        try:
            what.read(path)  # so that its return is noticed
        except OSError:
            pass
        folder = os.path.dirname(path) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        raise Unusable(advice.missing_file(path, advice.near(os.path.basename(path), near)))
    directory = os.path.dirname(os.path.realpath(path))
    _first_on_path(directory)
    if not sys.flags.safe_path:
        forget_shadowed(directory)
    shown = _absolute(path)
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
    what.execute(main, code)


def _absolute(path: str) -> str:
    """The path behind the current directory, `./` and `..` kept as the interpreter keeps them."""
    return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)


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
        if sys.modules["__main__"].__spec__ is not None:
            raise  # the program itself uses runpy
        text = str(error)
        raise Unusable(f"cannot run -m {what.name}: {text[:1].lower()}{text[1:]}") from None


def _lasting(main: "ModuleType") -> "ModuleType":
    """A `__main__` that keeps its `__file__` to the end, as under `python -m`.

    From the one that it has made itself the interpreter takes `__file__` away as soon as the door
    is through: it does so after every script that is a file (3.11, Python/pythonrun.c).
    """
    lasting = type(main)("__main__")
    lasting.__dict__.update(main.__dict__)
    sys.modules["__main__"] = lasting
    return lasting


def _run_spec(what: Launch, main: "ModuleType", details: "Callable[[], Any]") -> None:
    _, spec, code = details()
    main = _lasting(main)
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
    what.execute(main, code)


# --- callables ----------------------------------------------------------------------------------


def _run_callable(what: Launch, main: "ModuleType") -> object:
    directory = os.getcwd()
    if directory not in sys.path[:1]:
        sys.path.insert(0, directory)
    forget_shadowed(directory)
    sys.argv[:] = [what.argv0 or what.name, *what.args]
    main.__dict__.pop("__file__", None)
    function = callables.find(what.name)
    if not what.argv0:
        callables.check(what.name, function)
    what.called()
    return callables.awaited(function())


def exit_status(result: object) -> "int | str | None":
    """What `sys.exit` is given for a callable's result, like a console script's."""
    return result if isinstance(result, int | str) else None


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
