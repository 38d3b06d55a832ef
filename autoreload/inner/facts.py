"""Looks at this process with the eyes of somebody who is about to fork it."""

import _thread
import os
import sys

from autoreload.core.forking import Facts
from autoreload.inner.leaving import remember
from autoreload.system import census, libc, processes
from autoreload.system import plainsignal as signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)

_STANDARD = (1, 2)


def gather(main: int, known: "Collection[tuple[int, str]]", logs: "Collection[int]") -> Facts:
    """What is open and alive, while our own thread is parked.

    `main` is the main thread; `known` are descriptors that are ours or were there before the
    program, `logs` those of logs whose buffers are empty.
    """
    return Facts(
        is_main_thread=_thread.get_ident() == main,
        threads=_thread._count(),
        patched=_patched(),
        tracer=tracer(),
        has_loop=_has_loop(),
        has_timer=any(signal.getitimer(which)[0] for which in _TIMERS) or census.has_timer(),
        children=processes.child_pids(os.getpid()) or [],
        maps=census.shared_maps(),
        descriptors=census.descriptors(known, logs),
        resident=census.resident(),
        available=census.available(),
    )


def incapable() -> str:
    """Why no process of this kind can be forked safely; empty where it can."""
    if sys.platform != "linux":
        return "warm restarts need Linux"
    if sys.implementation.name != "cpython":
        return f"warm restarts need CPython, not {sys.implementation.name}"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return "warm restarts need a Python with its lock"
    return ""


def _patched() -> str:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and getattr(monkey, "saved", None):
        return "gevent"
    patcher = sys.modules.get("eventlet.patcher")
    return "eventlet" if patcher is not None and getattr(patcher, "already_patched", None) else ""


def tracer() -> str:
    """Who follows the program line by line, and would miss what is not run again."""
    for function in (sys.gettrace(), sys.getprofile()):
        if function is not None:
            module = getattr(function, "__module__", None) or type(function).__module__
            return str(module).partition(".")[0]
    monitoring = getattr(sys, "monitoring", None)
    for number in range(6):
        if monitoring is not None and (name := monitoring.get_tool(number)):
            return str(name)
    return "pydevd" if "pydevd" in sys.modules else ""


def _has_loop() -> bool:
    running = getattr(sys.modules.get("asyncio.events"), "_get_running_loop", None)
    return running is not None and running() is not None


def flush() -> "set[int] | None":
    """Empty the buffers that a fork would write twice; the descriptors of logs among them.

    None when one of them cannot be written.
    """
    try:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            if stream is not None and not stream.closed:
                stream.flush()
        for stream in remember():
            if not stream.closed and stream.writable() and stream.fileno() in _STANDARD:
                stream.flush()
        libc.call("fflush", 0)
        return _flush_logs()
    except (OSError, ValueError):
        return None


def _flush_logs() -> set[int]:
    logging = sys.modules.get("logging")
    found = set()
    for reference in list(getattr(logging, "_handlerList", ())):
        handler = reference()
        # Other kinds send off what they have collected when they are flushed.
        if isinstance(handler, logging.StreamHandler):  # type: ignore[union-attr]
            handler.flush()
            if isinstance(handler, logging.FileHandler) and handler.stream is not None:  # type: ignore[union-attr]
                found.add(handler.stream.fileno())
    return found
