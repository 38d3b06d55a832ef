"""What is done when the program imports certain modules, or starts processes."""

import sys

from autoreload.inner import disguise
from autoreload.system import audit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, ModuleType

    from autoreload.system.channel import Channel
    from autoreload.watch.traces import Traces


_SLEEPERS = ("uvicorn.server", "kombu.transport.virtual.base", "celery.utils.timer2")
"""The modules of `hastening`, which is imported with the first of them."""


def tell_of_children(channel: "Channel") -> None:
    """Tell once that the program starts processes: these may write what we do not see written."""
    told: list[str] = []

    def tell(*_: object) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename == audit.__file__:
            frame = frame.f_back
        is_checkpoint = frame is not None and disguise.is_ours(frame.f_code.co_filename)
        if not told and not is_checkpoint:
            told.append("spawns")
            channel.tell("spawns")

    for event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.system"):
        audit.also(event, tell)


def hasten_stops(traces: "Traces") -> None:
    """Servers that sleep between two looks are to be woken when a restart waits."""

    def hasten(module: "ModuleType") -> None:
        from autoreload.inner import hastening

        hastening.MODULES[module.__name__](module)

    for name in _SLEEPERS:
        traces.on_module[name] = hasten


def keep_one_reloader(channel: "Channel", traces: "Traces") -> None:
    """Reloaders that the program itself would start are switched off when their module comes in."""

    def later(name: str) -> None:
        def patch(module: object) -> None:
            from autoreload.inner import children, frameworks

            children.connect(channel)
            frameworks.switch_off(name, module, lambda what: channel.tell("own", what=what))

        traces.on_module[name] = patch

    for name in (
        "werkzeug.serving",
        "uvicorn.config",
        "django.utils.autoreload",
        "gunicorn.config",
        "hypercorn.config",
        "multiprocessing.spawn",
    ):
        later(name)
