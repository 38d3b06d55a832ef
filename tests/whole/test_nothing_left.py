"""An app cleans up whenever it is stopped, and what it started ends with it or with autorun."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.driver import App, state_of, until

TIDY = """
import asyncio, atexit, logging, logging.handlers
from ware import VERSION
logging.basicConfig(handlers=[logging.handlers.MemoryHandler(
    1000, target=logging.FileHandler("app.log"))])
atexit.register(lambda: print("atexit", VERSION))
async def main():
    try:
        logging.warning("version %s logged", VERSION)
        print("version", VERSION, "here", flush=True)
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(0.02)
        print("closed", VERSION)
try:
    asyncio.run(main())
finally:
    print("finally", VERSION)
"""

SLOW = {
    "thread": (
        """
import threading, time
threading.Thread(target=time.sleep, args=(100,), name="pump").start()
print("here", flush=True)
time.sleep(100)
""",
        r"kept by thread pump \(app\.py:\d+\)|kept by thread pump \(threading\.py:\d+\)",
    ),
    "child": (
        """
import signal, subprocess, sys
child = subprocess.Popen(["sleep", "100"], preexec_fn=lambda: signal.signal(2, signal.SIG_IGN))
print("here", flush=True)
while child.returncode is None:
    try:
        child.wait()
    except KeyboardInterrupt:
        pass
""",
        r"kept by .*child \d+ \(sleep\)",
    ),
    "interrupts": (
        """
import time
print("here", flush=True)
while True:
    try:
        time.sleep(100)
    except KeyboardInterrupt:
        print("not now", flush=True)
""",
        r"kept by thread MainThread \(app\.py:\d+\)",
    ),
}

STARTING = """
import os, subprocess, sys, time
import autoreload
from ware import VERSION
def start(name, **more):
    process = subprocess.Popen(["sleep", "1000"], **more)
    print(name, process.pid, "of", VERSION, flush=True)
    return process.pid
start("near")
if VERSION == 1:
    start("independent", start_new_session=True)
    autoreload.leave(start("spared", start_new_session=True))
    if not os.fork():
        start("orphan")
        os._exit(0)
    os.wait()
print("version", VERSION, "here", flush=True)
time.sleep(100)
"""


def is_alive(pid: int) -> bool:
    return state_of(pid) not in ("", "Z", "X")


def pid_of(app: App, name: str) -> int:
    return int(app.wait_for(rf"{name} (\d+)", stream="out").group(1))


def test_app_cleans_up_on_restart_and_on_stop(app: App) -> None:
    app.write("app.py", TIDY)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    app.wait_for("ready in")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    app.wait_for("ready in", times=2)
    assert app.stop() == 0, app.said()
    assert app.out().splitlines() == [
        line
        for version in (1, 2)
        for line in (
            f"version {version} here",
            f"closed {version}",
            f"finally {version}",
            f"atexit {version}",
        )
    ]
    log = (app.project / "app.log").read_text()
    assert [line[-16:] for line in log.splitlines()] == ["version 1 logged", "version 2 logged"]
    assert "Traceback" not in app.err(), app.said()
    app.assert_nothing_left()


@pytest.mark.parametrize("keeper", SLOW)
def test_slow_app_is_told_of_and_killed(app: App, keeper: str) -> None:
    """On a second line, which names what keeps it; with less patience at the final end."""
    program, kept = SLOW[keeper]
    app.write("app.py", program)
    app.start("--stop-timeout=1.3", "app.py")
    app.wait_for("here")
    app.wait_for("ready in")
    app.edit("app.py", program + "\n")
    app.wait_for(r"app\.py changed, restarting\n(.|\n)*waiting for the app to stop \(SIGINT sent\)")
    app.wait_for(kept)
    app.wait_for("the app had not stopped after 1.3 s, killed")
    app.wait_for("here", times=2)
    app.wait_for("ready in", times=2)
    asked = time.monotonic()
    assert app.stop() == 0, app.said()
    assert 1.2 < time.monotonic() - asked < 10, app.said()
    app.wait_for("the app had not stopped after 1.3 s, killed", times=2)
    app.assert_nothing_left()


def test_what_the_app_started_ends_with_it_or_with_autorun(app: App) -> None:
    """In our own group of processes on a restart; what made itself independent at the end."""
    app.write("app.py", STARTING)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    near, orphan, independent, spared = (
        pid_of(app, name) for name in ("near", "orphan", "independent", "spared")
    )
    try:
        app.edit("ware.py", "VERSION = 2\n")
        app.wait_for("version 2 here")
        # Killed before the next run began; on a busy machine a process dies a moment later.
        until(lambda: not is_alive(near) and not is_alive(orphan), app.said, within_s=2)
        assert is_alive(independent)
        assert is_alive(spared)
        assert app.stop() == 0, app.said()
        app.wait_for(rf"ended what the app left behind: {independent} \(sleep\)\n")
        assert not is_alive(independent)
        assert app.left() == [spared], app.said()
    finally:
        os.kill(spared, signal.SIGKILL)
    app.assert_nothing_left()


KILLED = STARTING.replace("autoreload.leave(", "(").replace("time.sleep(100)", "import stop")


@pytest.mark.parametrize("clean_up", ["quick", "stubborn"])
def test_kill_of_autorun_ends_everything_within_a_second(app: App, clean_up: str) -> None:
    """The app, its children, what lost its parent and what made a session of its own."""
    app.write("app.py", KILLED)
    app.write("ware.py", "VERSION = 1\n")
    app.write(
        "stop.py",
        "import time\ntry:\n    time.sleep(100)\nfinally:\n    print('cleaned', flush=True)\n"
        + ("    time.sleep(100)\n" if clean_up == "stubborn" else ""),
    )
    app.start("app.py")
    app.wait_for("ready in")
    assert len(app.left()) >= 6, app.said()
    killed = time.monotonic()
    app.send(signal.SIGKILL)
    app.wait()
    app.assert_nothing_left()
    # A second by itself; the machine may be busy with others.
    assert time.monotonic() - killed < 4
    assert "cleaned" in app.out(), app.said()


def test_kill_of_autorun_that_waits_leaves_nothing(app: App) -> None:
    app.write("app.py", "1 / 0\n")
    app.start("app.py")
    app.wait_for("waiting for a change")
    app.send(signal.SIGKILL)
    app.wait()
    app.assert_nothing_left()


def test_kill_of_autorun_while_the_app_boots_leaves_nothing(app: App) -> None:
    app.write("app.py", "import time\nprint('here', flush=True)\ntime.sleep(100)\n")
    for _ in range(3):
        app.start("app.py")
        children = Path(f"/proc/{app.pid}/task/{app.pid}/children")
        until(children.read_text, app.said)
        app.send(signal.SIGKILL)
        app.wait()
        app.assert_nothing_left()
