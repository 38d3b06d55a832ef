"""Sleeps that are cut short when a restart waits."""

import asyncio
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from autoreload.inner import hastening, occasions

LONG_S = 60.0


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test hears of another one's sleepers."""
    monkeypatch.setattr(hastening, "_sleepers", [])


def with_sleep(sleep: Callable[[float], None]) -> ModuleType:
    """A module that has taken its `sleep` from another one, as Celery's have."""
    module = ModuleType("timer")
    module.__dict__["sleep"] = sleep
    return module


@pytest.fixture
def server() -> ModuleType:
    """A module that has imported asyncio, as `uvicorn.server` has."""
    module = ModuleType("server")
    module.__dict__["asyncio"] = asyncio
    hastening.hasten_uvicorn(module)
    return module


def seconds(server: ModuleType, delay: float) -> float:
    began = time.monotonic()
    assert asyncio.run(server.asyncio.sleep(delay, "awake")) == "awake"
    return time.monotonic() - began


def test_until_then_it_sleeps_as_ever(server: ModuleType) -> None:
    assert seconds(server, 0.05) >= 0.05


def test_who_sleeps_is_woken_from_another_thread(server: ModuleType) -> None:
    threading.Timer(0.05, hastening.hurry).start()
    assert seconds(server, LONG_S) < LONG_S / 2


def test_afterwards_nobody_sleeps_for_long(server: ModuleType) -> None:
    hastening.hurry()
    assert seconds(server, LONG_S) < LONG_S / 2


def test_a_loop_that_is_gone_is_passed_over(server: ModuleType) -> None:
    loop = asyncio.new_event_loop()
    task = loop.create_task(server.asyncio.sleep(LONG_S))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    hastening.hurry()
    task.get_coro().close()


def test_a_cancelled_sleep_is_cancelled(server: ModuleType) -> None:
    async def cancel() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(server.asyncio.sleep(LONG_S), 0.01)

    asyncio.run(cancel())
    hastening.hurry()


def test_all_else_is_the_module_itself(server: ModuleType) -> None:
    assert server.asyncio.get_running_loop is asyncio.get_running_loop
    with pytest.raises(AttributeError):
        _ = server.asyncio.nothing_like_it


def test_a_module_without_it_is_left_alone() -> None:
    hastening.hasten_uvicorn(ModuleType("other"))
    hastening.hasten_celery(ModuleType("other"))
    hastening.hurry()


def test_uvicorn_has_what_is_replaced() -> None:
    """Should it be renamed, nothing fails, but a restart waits 0.1 s and more again."""
    import uvicorn.server

    assert uvicorn.server.asyncio is asyncio  # type: ignore[attr-defined]  # not exported


@pytest.fixture
def celery() -> ModuleType:
    """A module that has taken `sleep` from `time`, as `celery.utils.timer2` has."""
    module = with_sleep(time.sleep)
    hastening.hasten_celery(module)
    return module


def slept(module: ModuleType, seconds_: float) -> float:
    began = time.monotonic()
    module.sleep(seconds_)
    return time.monotonic() - began


def test_a_plain_sleep_is_one_until_then(celery: ModuleType) -> None:
    assert slept(celery, 0.05) >= 0.05


def test_a_plain_sleep_is_cut_short(celery: ModuleType) -> None:
    threading.Timer(0.05, hastening.hurry).start()
    assert slept(celery, LONG_S) < LONG_S / 2
    assert slept(celery, LONG_S) < LONG_S / 2, "and so is every other one"


def test_polling_ends_as_if_its_time_were_up() -> None:
    module = with_sleep(time.sleep)
    hastening.hasten_kombu(module)
    module.sleep(0)
    hastening.hurry()
    with pytest.raises(TimeoutError):
        module.sleep(LONG_S)


def test_a_sleep_of_somebody_elses_is_left_alone() -> None:
    """gevent puts its own there."""

    def own(delay: float) -> None:
        """It is no sleep of `time`'s."""

    module = with_sleep(own)
    hastening.hasten_celery(module)
    assert module.sleep is own


def test_celery_and_kombu_have_what_is_replaced() -> None:
    """Should they change, nothing fails, but a restart of a worker waits some seconds again."""
    import celery.utils.timer2
    import kombu.transport.virtual.base

    assert celery.utils.timer2.sleep is time.sleep
    assert kombu.transport.virtual.base.sleep is time.sleep  # type: ignore[attr-defined]


def test_each_is_known_where_it_is_imported() -> None:
    assert set(occasions._SLEEPERS) == set(hastening.MODULES)
