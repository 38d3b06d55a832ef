"""Servers that look at the clock to see whether they are to stop: woken when a restart waits.

uvicorn sleeps for 0.1 s between two looks, and once more while its connections close. Everything
that it does on its way out is done as ever, lifespan included; only nobody sleeps meanwhile.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HURRIED_S = 0.001

_sleepers: "list[_Asyncio]" = []


def hasten(module: "Any") -> None:
    """Let the sleeps of `uvicorn.server` be cut short by `hurry`."""
    if hasattr(module, "asyncio"):
        module.asyncio = _Asyncio(module.asyncio)
        _sleepers.append(module.asyncio)


def hurry() -> None:
    """Wake whoever sleeps, and let nobody sleep for long any more; from any thread."""
    for one in _sleepers:
        one.hurry()


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
