"""What servers and frameworks import of their own as late as they can: earlier, with checkpoints.

What is imported after the program's own lines is imported again at each restart. Only what they
would import themselves in any run is imported here; whatever fails is met by them again.
"""

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
