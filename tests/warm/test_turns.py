"""From one run to the next: the old one's memory may be there, and nothing else of it."""

import os
import re
import sys

import pytest

from tests.driver import App
from tests.slow import SLOW

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

WAITS = "import time\nwhile True: time.sleep(1000)\n"
STANDBY = pytest.mark.parametrize("option", ["--standby", "--no-standby"])


def start(app: App, option: str, text: str, *more: str) -> None:
    """Run a text behind a checkpoint, which says `run VALUE BORN` first."""
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    says = "print('run', quick.VALUE, slow.BORN, os.getpid(), flush=True)\n"
    app.write("main.py", f"import fcntl, os, signal, subprocess, threading\nimport slow\n"
              f"import quick\n{says}{text}{WAITS}")  # fmt: skip
    app.start("--warm", option, *more, "main.py")
    app.wait_for(r"(?m)^run 1 ")
    app.wait_for("ready in")


def edit(app: App, value: int) -> None:
    app.edit("quick.py", f"VALUE = {value}\n")
    app.wait_for(rf"(?m)^run {value} ")
    app.wait_for("ready in", times=value)


def is_warm(app: App) -> bool:
    return len(set(re.findall(r"(?m)^run \d+ (\w+)", app.out()))) == 1


@STANDBY
def test_a_lock_that_the_last_run_held_is_free(app: App, option: str) -> None:
    lock = "lock = open('lock', 'w')\nfcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    start(app, option, f"{lock}print('locked', flush=True)\n")
    for value in range(2, 8):
        edit(app, value)
        app.wait_for("(?m)^locked$", times=value)
    assert is_warm(app), app.said()
    assert app.count("BlockingIOError") == 0, app.said()


@STANDBY
def test_a_thread_of_the_last_run_does_nothing_any_more(app: App, option: str) -> None:
    ticks = (
        "def tick():\n    while True:\n        os.write(1, b'tick %d\\n' % os.getpid())\n"
        "        time.sleep(0.0005)\n"
        "import time\nthreading.Thread(target=tick, daemon=True).start()\n"
    )
    start(app, option, ticks)
    for value in range(2, 6):
        edit(app, value)
    assert is_warm(app), app.said()
    current = ""
    for line in app.out().splitlines():
        if line.startswith("run "):
            current = line.split()[3]
        elif line.startswith("tick "):
            assert line.split()[1] == current, "that of a run that was over"


@STANDBY
def test_what_the_last_run_has_started_is_gone(app: App, option: str) -> None:
    starts = (
        "def is_there(pid):\n    try: return os.kill(pid, 0) is None\n"
        "    except ProcessLookupError: return False\n"
        "if os.path.exists('child'): print('left', is_there(int(open('child').read())))\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        "with open('child', 'w') as file: file.write(str(child.pid))\n"
        "print('started', flush=True)\n"
    )
    start(app, option, starts)
    for value in range(2, 5):
        edit(app, value)
        app.wait_for("(?m)^started$", times=value)
    assert re.findall(r"(?m)^left (\w+)$", app.out()) == ["False"] * 3
    assert is_warm(app), app.said()


@STANDBY
def test_what_the_last_run_writes_on_its_way_out_is_read_by_the_next(app: App, option: str) -> None:
    """Read before the checkpoint, and so the restart is a colder one, and never wrong."""
    app.write("count", "0")
    app.write("slow.py", f"COUNT = int(open('count').read())\n{SLOW}")
    app.write("quick.py", "VALUE = 1\n")
    text = (
        "import atexit\nimport slow\nimport quick\n"
        "def leave():\n    with open('count', 'w') as file: file.write(str(slow.COUNT + 1))\n"
        "atexit.register(leave)\nprint('run', quick.VALUE, 'after', slow.COUNT, flush=True)\n"
    )
    app.write("main.py", text + WAITS)
    app.start("--warm", option, "main.py")
    app.wait_for("run 1 after 0")
    app.wait_for("ready in")
    for value in range(2, 5):
        app.edit("quick.py", f"VALUE = {value}\n")
        app.wait_for(f"run {value} after {value - 1}")
        app.wait_for("ready in", times=value)


@STANDBY
def test_a_file_is_found_that_came_where_the_folder_looks_as_before(app: App, option: str) -> None:
    """importlib lists a folder again only when its time has changed, and clocks are coarse."""
    (app.project / "__pycache__").mkdir()  # which would be made in its midst
    start(app, option, "print('found', quick.VALUE, flush=True)\n")
    for value in range(2, 5):
        before = app.project.stat()
        app.write(f"new{value}.py", f"VALUE = {value}\n")
        os.utime(app.project, ns=(before.st_atime_ns, before.st_mtime_ns))
        app.edit("quick.py", f"import new{value}\nVALUE = new{value}.VALUE\n")
        app.wait_for(f"found {value}")
        app.wait_for("ready in", times=value)
    assert is_warm(app), app.said()


@STANDBY
def test_two_files_that_are_saved_one_after_the_other_are_one_restart(
    app: App, option: str
) -> None:
    """The second may come while the last run is stopping."""
    app.write("other.py", "VALUE = 1\n")
    start(app, option, "import other\nprint('both', quick.VALUE, other.VALUE, flush=True)\n")
    for value in range(2, 5):
        app.edit("quick.py", f"VALUE = {value}\n")
        app.edit("other.py", f"VALUE = {value}\n")
        app.wait_for(f"both {value} {value}")
