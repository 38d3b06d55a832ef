"""Servers that look at the clock to see whether they are to stop: woken when a restart waits.

uvicorn sleeps for 0.1 s between two looks, and once more while its connections close. A Celery
worker with a broker that is polled looks after 2 s, and then waits for the next tick of its clock.
Everything that they do on their way out is done as ever; only nobody sleeps meanwhile.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Sleepers(Protocol):
        """Whoever sleeps in one module."""

        def hurry(self) -> None:
            """Wake them, and let nobody sleep for long any more; from any thread."""


HURRIED_S = 0.001

_sleepers: "list[Sleepers]" = []


def hasten_uvicorn(module: "Any") -> None:
    """Let the sleeps of `uvicorn.server` be cut short by `hurry`."""
    if hasattr(module, "asyncio"):
        module.asyncio = _Asyncio(module.asyncio)
        _sleepers.append(module.asyncio)


def hasten_kombu(module: "Any") -> None:
    """Let `kombu.transport.virtual.base` end its polling, as it does when its time is up."""
    _hasten_sleep(module, _time_is_up)


def hasten_celery(module: "Any") -> None:
    """Let `celery.utils.timer2` come to its next look at once."""
    _hasten_sleep(module, _nothing)


MODULES: "dict[str, Callable[[Any], None]]" = {
    "uvicorn.server": hasten_uvicorn,
    "kombu.transport.virtual.base": hasten_kombu,
    "celery.utils.timer2": hasten_celery,
}
"""What is done when a module of this name is imported."""


def hurry() -> None:
    """Wake whoever sleeps, and let nobody sleep for long any more; from any thread."""
    for one in _sleepers:
        one.hurry()


def _hasten_sleep(module: "Any", then: "Callable[[], None]") -> None:
    # gevent and others have put a sleep of their own there.
    if getattr(module, "sleep", None) is getattr(sys.modules.get("time"), "sleep", None):
        sleep = _Sleep(then)
        module.sleep = sleep.sleep
        _sleepers.append(sleep)


def _time_is_up() -> None:
    import socket

    raise socket.timeout  # noqa: UP041  # as it is written there


def _nothing() -> None:
    """It goes on as after any sleep."""


class _Sleep:
    """`time.sleep` as one other module sees it."""

    def __init__(self, then: "Callable[[], None]") -> None:
        """`then` is what follows on a sleep that was cut short, in the thread that slept."""
        import threading

        self._is_hurried = threading.Event()
        self._then = then

    def sleep(self, seconds: float) -> None:
        """As `time.sleep`."""
        if self._is_hurried.is_set():
            import time

            time.sleep(min(seconds, HURRIED_S))  # noqa: TID251
        elif not self._is_hurried.wait(seconds):
            return
        self._then()

    def hurry(self) -> None:
        self._is_hurried.set()


class _Asyncio:
    """The module `asyncio` as one other module sees it."""

    def __init__(self, module: "Any") -> None:
        self._module = module
        self._sleeping: set[Any] = set()
        self._is_hurried = False

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._module, name)

    async def sleep(self, delay: float, result: "Any" = None) -> "Any":
        """As `asyncio.sleep`."""
        loop = self._module.get_running_loop()
        future = loop.create_future()
        self._sleeping.add(future)
        # Looked at after it can be seen: `hurry` may come from another thread at any moment.
        if self._is_hurried:
            delay = min(delay, HURRIED_S)
        handle = loop.call_later(delay, _wake, future)
        try:
            await future
        finally:
            handle.cancel()
            self._sleeping.discard(future)
        return result

    def hurry(self) -> None:
        self._is_hurried = True
        for future in tuple(self._sleeping):
            try:
                future.get_loop().call_soon_threadsafe(_wake, future)
            except RuntimeError:
                pass  # the loop is closed


def _wake(future: "Any") -> None:
    if not future.done():
        future.set_result(None)
