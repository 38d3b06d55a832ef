"""What servers and frameworks import of their own as late as they can: earlier, with checkpoints.

What is imported after the program's own lines is imported again at each restart. Only what they
would import themselves in any run is imported here; whatever fails is met by them again.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autoreload.watch.traces import Traces


def install(traces: "Traces") -> None:
    """Hear of the modules that are known for it, in a run that leaves checkpoints behind."""
    for name, hasten in (
        ("uvicorn.config", _uvicorn),
        ("fastapi._compat.shared", _fastapi),
        ("starlette.concurrency", _starlette),
        ("django.core.management.commands.runserver", _django),
    ):
        _also(traces, name, hasten)


def _also(traces: "Traces", name: str, hasten: "Callable[[Any], None]") -> None:
    then = traces.on_module.get(name)

    def both(module: "Any") -> None:
        if then is not None:
            then(module)
        hasten(module)

    traces.on_module[name] = both


def _fastapi(module: "Any") -> None:
    """Its first route looks for models of pydantic's first version: an import of 25 ms."""
    looks = getattr(module, "is_pydantic_v1_model_class", None)
    if looks is not None:
        try:
            looks(object)
        except Exception:
            pass


def _starlette(module: "Any") -> None:
    """The first request to a plain function starts anyio's threads, by a module of 10 ms."""
    _import("anyio._backends._asyncio")


_DJANGO = (
    "django.core.servers.basehttp",
    "django.db.migrations.executor",
    "django.template.loaders.app_directories",
    "django.template.loaders.cached",
    "django.template.loaders.filesystem",
    "django.views.csrf",
    "django.views.defaults",
    "encodings.idna",
)
_DJANGO_CHECKS = (
    "django.core.management.commands.makemigrations",
    "django.core.management.commands.migrate",
)
"""What `django.core.checks.commands` looks at, from 5.2 on."""


def _django(module: "Any") -> None:
    """Checks, migrations and the first request import what the settings name; of Django alone.

    Here the settings are read and the models are there; views and addresses are still to come.
    """
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    settings: Any = getattr(sys.modules.get("django.conf"), "settings", None)
    if not getattr(apps, "ready", False):
        return
    names = list(_DJANGO)
    if "django.core.checks.commands" in sys.modules:
        names += _DJANGO_CHECKS
    try:
        names += [name.rpartition(".")[0] for name in _named(settings)]
        names.append(settings.SESSION_ENGINE)
        if not settings.MIGRATION_MODULES:
            names += [f"{app.partition('.apps.')[0]}.migrations" for app in settings.INSTALLED_APPS]
    except Exception:  # settings of a kind of their own
        pass
    for name in names:
        if name.startswith(("django.", "encodings.")):
            _import(name)
            if name.endswith(".migrations"):
                _import_below(name)


def _named(settings: "Any") -> "list[str]":
    """The classes and functions that settings name for each request."""
    names = [*settings.MIDDLEWARE, *settings.AUTHENTICATION_BACKENDS]
    for engine in settings.TEMPLATES:
        names += engine.get("OPTIONS", {}).get("context_processors", ())
    return names


def _import_below(package: str) -> None:
    """Import the modules of a package, as Django does with migrations."""
    import pkgutil

    path = getattr(sys.modules.get(package), "__path__", ())
    for found in pkgutil.iter_modules(path):
        if not found.ispkg and found.name[0] not in "_~":
            _import(f"{package}.{found.name}")


def _uvicorn(module: "Any") -> None:
    """Protocols, lifespan and loop are imported before the program, not after it."""
    original = getattr(module.Config, "load_app", None)
    if original is None:
        return  # before 0.41 the program was imported within the running loop

    def load_app(self: "Any") -> "Any":
        for table, choice in _TABLES:
            name = getattr(module, table, {}).get(getattr(self, choice, None))
            if isinstance(name, str):
                _import(name.partition(":")[0])
        if getattr(self, "loop", None) in ("auto", "uvloop"):
            _import("uvicorn.loops.uvloop")
        return original(self)

    module.Config.load_app = load_app


_TABLES = (
    ("HTTP_PROTOCOLS", "http"),
    ("WS_PROTOCOLS", "ws"),
    ("LIFESPAN", "lifespan"),
    ("LOOP_FACTORIES", "loop"),
)


def _import(name: str) -> None:
    try:
        __import__(name)
    except Exception:  # the server meets it again, and says what it says of it
        pass
