"""What frameworks do themselves when a file changes: switched off, or done in their stead.

Nothing here imports a framework; a module that the program has not imported is not touched.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Say = Callable[[str], None]


def switch_off(name: str, module: "Any", say: "Say") -> None:
    """Keep a module's own reloader from starting; called right after it was executed."""
    match name:
        case "werkzeug.serving":
            _werkzeug(module, say)
        case "uvicorn.config":
            _uvicorn(module, say)
        case "django.utils.autoreload":
            _django(module, say)
        case "gunicorn.config":
            _gunicorn(module, say)
        case "hypercorn.config":
            _hypercorn(module, say)
        case "multiprocessing.spawn":
            from autoreload.inner import children

            children.trace_spawned(module)


def _werkzeug(module: "Any", say: "Say") -> None:
    """`run_simple(use_reloader=...)` is where Flask's `app.run(debug=True)` ends up."""
    original = module.run_simple

    def run_simple(
        hostname: str, port: int, application: object, *args: "Any", **kwargs: "Any"
    ) -> object:
        if args and args[0]:
            args = (False, *args[1:])
            say("use_reloader=True ignored")
        if kwargs.get("use_reloader"):
            kwargs["use_reloader"] = False
            say("use_reloader=True ignored")
        return original(hostname, port, application, *args, **kwargs)

    module.run_simple = run_simple


def _uvicorn(module: "Any", say: "Say") -> None:
    """`uvicorn.run(reload=True)` and UVICORN_RELOAD ask the configuration whether to reload."""
    original = module.Config.should_reload

    def should_reload(self: "Any") -> bool:
        if original.fget(self):
            say("reload=True ignored")
        return False

    module.Config.should_reload = property(should_reload)


def _django(module: "Any", say: "Say") -> None:
    """`runserver` that is called by code, without the --noreload that the command line got."""

    def run_with_reloader(main: "Callable[..., object]", *args: object, **kwargs: object) -> object:
        say("run_with_reloader ignored")
        return main(*args, **kwargs)

    module.run_with_reloader = run_with_reloader


def _gunicorn(module: "Any", say: "Say") -> None:
    """`reload = True` in a configuration file, where the command line cannot take it back."""
    original = module.Reload.set

    def set_reload(self: "Any", value: object) -> None:
        original(self, value)
        if self.value:
            self.value = False
            say("reload = True ignored")

    module.Reload.set = set_reload


def _hypercorn(module: "Any", say: "Say") -> None:
    """`use_reloader = True` in a configuration file or object."""

    def set_reloader(self: object, value: object) -> None:
        if value:
            say("use_reloader = True ignored")

    module.Config.use_reloader = property(lambda self: False, set_reloader)


# --- Django's caches ----------------------------------------------------------------------------


class _Reloader:
    """What the receivers of `autoreload_started` see: they name what Django caches.

    It answers as `django.utils.autoreload.BaseReloader` does.
    """

    def __init__(self) -> None:
        self.extra_files: set[object] = set()
        self.directories: dict[tuple[str, str], None] = {}

    def watch_dir(self, path: object, glob: str) -> None:
        self.directories[(os.path.abspath(str(path)), glob)] = None


_reloader = _Reloader()


def cached() -> "list[tuple[str, str]] | None":
    """Directories and patterns that Django caches; None while it is not set up."""
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    autoreload: Any = sys.modules.get("django.utils.autoreload")
    if not getattr(apps, "ready", False) or not hasattr(autoreload, "autoreload_started"):
        return None
    autoreload.autoreload_started.send(sender=_reloader)
    return [
        *_reloader.directories,
        *(
            (os.path.dirname(str(file)), os.path.basename(str(file)))
            for file in _reloader.extra_files
        ),
    ]


def refresh(paths: list[str]) -> str:
    """Tell Django's receivers of each file; "Django" when all were taken by one of them.

    `notify_file_changed` of Django's reloader does the same and restarts when none takes it.
    """
    autoreload: Any = sys.modules.get("django.utils.autoreload")
    pathlib: Any = sys.modules.get("pathlib")
    if autoreload is None or pathlib is None:
        return ""
    for path in paths:
        results = autoreload.file_changed.send(sender=_reloader, file_path=pathlib.Path(path))
        if not any(taken for _, taken in results):
            return ""
    return "Django"
