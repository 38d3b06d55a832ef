"""Signals to autorun, to the app and to both: who gets what, and how autorun ends."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver import App, state_of, until

AUTORUN = (sys.executable, "-m", "autoreload")

COUNTING = """
import select, signal
from ware import VERSION
got = 0
def count(number, frame):
    global got
    got += 1
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, count)
print("version", VERSION, "here", flush=True)
try:
    select.select([], [], [], 100)
except KeyboardInterrupt:
    pass
finally:
    select.select([], [], [], 0.3)  # a second one would come meanwhile
    print("cleaned after", got, flush=True)
"""

STUBBORN = """
import signal
signal.signal(signal.SIGINT, lambda *_: print("not now", flush=True))
print("here", flush=True)
while True:
    signal.pause()
"""


def start_counting(app: App, **more: object) -> None:
    app.write("app.py", COUNTING)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py", **more)  # type: ignore[arg-type]  # passed on
    app.wait_for("version 1 here")
    # By now it waits: what comes in the moment before that is served only after the wait, under
    # plain python as well (there is no check between Python's own and the system call).
    app.wait_for("ready in")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 0),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGQUIT, -signal.SIGQUIT),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_signal_to_autorun_alone_ends_both_after_the_clean_up(
    app: App, number: signal.Signals, code: int
) -> None:
    start_counting(app)
    app.send(number)
    assert app.wait() == code, app.said()
    assert app.out().endswith("cleaned after 1\n"), app.said()
    assert "Traceback" not in app.err()
    app.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda value: value.name)
def test_signal_ends_an_autorun_that_waits(app: App, number: signal.Signals) -> None:
    app.write("app.py", "1 / 0\n")
    app.start("app.py")
    app.wait_for("waiting for a change")
    app.send(number)
    assert app.wait() == (0 if number == signal.SIGINT else -number), app.said()
    app.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda value: value.name)
def test_signal_while_booting_ends_both(app: App, number: signal.Signals) -> None:
    """At any moment of it, the first ones of the interpreter included."""
    app.write("app.py", "import time\ntry:\n    time.sleep(100)\nfinally:\n    print('cleaned')\n")
    for moment_s in (0.0, 0.01, 0.02, 0.05):
        app.start("app.py")
        # As soon as there is a child, and some moments later.
        children = Path(f"/proc/{app.pid}/task/{app.pid}/children")
        until(children.read_text, app.said)
        select.select([], [], [], moment_s)
        app.send(number)
        assert app.wait() == (0 if number == signal.SIGINT else -number), app.said()
        assert "Traceback" not in app.err(), app.said()
        app.assert_nothing_left()


def test_signal_while_restarting_starts_nothing_more(app: App) -> None:
    app.write("app.py", "import ware\n" + STUBBORN)
    app.write("ware.py", "VERSION = 1\n")
    app.start("--stop-timeout=1", "app.py")
    app.wait_for("ready in")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("not now")
    app.send(signal.SIGTERM)
    assert app.wait() == -signal.SIGTERM, app.said()
    assert app.count("here") == 1, app.said()
    app.assert_nothing_left()


def test_second_signal_ends_at_once(app: App) -> None:
    app.write("app.py", STUBBORN)
    app.start("--stop-timeout=60", "app.py")
    app.wait_for("ready in")
    app.send(signal.SIGINT)
    app.wait_for("not now")
    app.wait_for("waiting for the app to stop")
    app.send(signal.SIGINT)
    assert app.wait() == 0, app.said()
    app.assert_nothing_left()


def test_app_with_a_handler_of_its_own_for_term_is_still_interrupted(app: App) -> None:
    """It is asked as a user would ask, whatever autorun was sent; --signal says otherwise."""
    app.write(
        "app.py",
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('by TERM'))\n"
        "print('here', flush=True)\n"
        "try:\n    signal.pause()\nexcept KeyboardInterrupt:\n    sys.exit('by INT')\n",
    )
    for number, (options, said) in enumerate((((), "by INT"), (("--signal=TERM",), "by TERM")), 1):
        app.start(*options, "app.py")
        app.wait_for("ready in", times=number)
        assert app.stop(signal.SIGTERM) == -signal.SIGTERM, app.said()
        assert app.err().endswith(f"{said}\n"), app.said()
        app.assert_nothing_left()


def test_signals_for_the_app_are_handed_on(app: App) -> None:
    app.write(
        "app.py",
        "import signal, sys\n"
        "for name in ('SIGWINCH', 'SIGUSR1', 'SIGUSR2'):\n"
        "    signal.signal(getattr(signal, name),\n"
        "                  lambda n, _: print('got', signal.Signals(n).name, flush=True))\n"
        "print('here', flush=True)\n"
        "while True: signal.pause()\n",
    )
    app.start("app.py")
    app.wait_for("ready in")
    for number in (signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2):
        app.send(number)
        app.wait_for(f"got {number.name}\n")
    assert app.stop() == 0, app.said()
    assert app.count("got ") == 3, app.said()


def test_timeout_and_its_like_interrupt_the_app_once(app: App) -> None:
    """`timeout` signals autorun, then the whole group: the app sees one, and has time to clean."""
    start_counting(app, command=["timeout", "-s", "INT", "2", *AUTORUN])
    app.wait()
    assert app.out().endswith("cleaned after 1\n"), app.said()
    assert "Traceback" not in app.err()
    app.assert_nothing_left()


def test_job_of_a_shell_without_job_control_is_interrupted_all_the_same(app: App) -> None:
    """`autorun app.py &` in a script: the shell hands SIGINT and SIGQUIT down as ignored."""
    line = f"{sys.executable} -m autoreload app.py & echo job $!; wait $!; echo code $?"
    start_counting(app, command=["sh", "-c", line])
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    app.wait_for("ready in", times=2)
    assert app.count("cleaned after 1") == 1, app.said()
    job = int(app.wait_for(r"job (\d+)").group(1))
    app.signal_process(job, signal.SIGINT)
    app.wait_for("code 0")
    app.wait()
    assert app.count("cleaned after 1") == 2, app.said()
    app.assert_nothing_left()


def test_reader_that_goes_away_ends_the_app_as_without_us(app: App) -> None:
    """`autorun app.py | head -1`: the app meets the broken pipe, and autorun waits for a change."""
    app.write(
        "app.py", "import time\nwhile True:\n    print('line', flush=True)\n    time.sleep(0.01)\n"
    )
    line = f"{sys.executable} -m autoreload --exit app.py | head -2; echo done"
    app.start("app.py", command=["sh", "-c", line])
    app.wait_for("done")
    assert app.wait() == 0, app.said()
    assert "BrokenPipeError" in app.err(), app.said()
    app.assert_nothing_left()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_interrupt_of_the_group_under_make_ends_all(app: App) -> None:
    """What Ctrl-C does there: make, its shell, autorun and the app are told at once."""
    app.write("Makefile", f"serve:\n\t{sys.executable} -m autoreload app.py\n")
    start_counting(app, command=["make", "-s", "serve"])
    os.killpg(app.pid, signal.SIGINT)
    app.wait()
    app.assert_nothing_left()
    app.wait_for("cleaned after 1\n")
    assert app.count("cleaned after") == 1, app.said()


def unshared() -> str | None:
    """Why there can be no PID namespace here; None if there can."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return "unshare is not installed"
    tried = subprocess.run(
        [unshare, "--pid", "--fork", "--mount-proc", "true"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else f"unshare: {tried.stderr.decode().strip()}"


def test_first_process_of_a_container_reaps_and_ends(app: App) -> None:
    if reason := unshared():
        pytest.skip(reason)
    app.write(
        "app.py",
        "import os, time\n"
        "print('self', os.getpid(), flush=True)\n"
        "if not os.fork():\n"
        "    if not os.fork():\n"
        "        os._exit(0)\n"  # an orphan's child, nobody's but PID 1's
        "    os._exit(0)\n"
        "os.wait()\n"
        "try:\n    time.sleep(100)\nfinally:\n    print('cleaned', flush=True)\n",
    )
    app.start(
        "app.py",
        command=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *AUTORUN],
    )
    app.wait_for(r"self \d+\n")
    app.wait_for("ready in")
    first = int(Path(f"/proc/{app.pid}/task/{app.pid}/children").read_text())
    until(lambda: not zombies(first), lambda: f"zombies: {zombies(first)}\n{app.said()}")
    os.kill(first, signal.SIGTERM)
    assert app.wait() == 128 + signal.SIGTERM
    assert "cleaned" in app.out(), app.said()
    app.assert_nothing_left()


def zombies(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if state_of(int(child)) == "Z"]


def test_autorun_inside_an_autorun_reloads_for_itself(app: App) -> None:
    app.write("app.py", COUNTING)
    app.write("ware.py", "VERSION = 1\n")
    app.start(*AUTORUN, "app.py", command=[*AUTORUN, "--"])
    app.wait_for("version 1 here")
    app.wait_for("ready in", times=2)
    inner = [pid for pid in app.left() if "--" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert inner, app.said()
    assert app.stop() == 0, app.said()
    assert app.count("cleaned after 1") == 1, app.said()
    app.assert_nothing_left()


def test_flag_that_was_set_by_hand_does_no_harm(app: App) -> None:
    """RELOAD_ENV in the shell, with or without a channel that is none; and it leaks downwards."""
    app.write(
        "app.py",
        "import os, subprocess, sys\n"
        "print('flag', os.environ['RELOAD_ENV'], 'AUTORUN_CHANNEL' in os.environ, flush=True)\n"
        "subprocess.run([sys.executable, '-m', 'autoreload', '--exit', 'below.py'])\n",
    )
    app.write("below.py", "print('below', flush=True)\n")
    for number, env in enumerate(
        (
            {"RELOAD_ENV": "true"},
            {"RELOAD_ENV": "true", "AUTORUN_CHANNEL": "0:1234"},
            {"RELOAD_ENV": "true", "AUTORUN_CHANNEL": "nonsense"},
        ),
        start=1,
    ):
        assert app.start("--exit", "app.py", env=env).wait() == 0, app.said()
        assert app.count("flag true False\n") == number, app.said()
        assert app.count("below\n") == number, app.said()
        app.assert_nothing_left()


def test_many_restarts_leave_no_descriptors(app: App) -> None:
    app.write("app.py", "from ware import VERSION\nprint('version', VERSION, flush=True)\n")
    app.write("ware.py", "VERSION = 0\n")
    app.start("app.py")
    counts = []
    for number in range(25):
        app.wait_for(f"version {number}\n")
        app.wait_for("waiting for a change", times=number + 1)
        counts.append(len(os.listdir(f"/proc/{app.pid}/fd")))
        app.edit("ware.py", f"VERSION = {number + 1}\n")
    # The event source opens some early on; from then on the number stands, but for a moment's one.
    assert min(counts[-5:]) <= max(counts[3:6]), counts
    app.wait_for("version 25\n")
    assert app.stop() == 0, app.said()
    assert not re.search("Errno", app.err()), app.said()
    app.assert_nothing_left()
