"""Runs that overlap, where the user wants that: the next one answers while the last cleans up."""

import os
import signal
import sys

import pytest

from tests.driver import App, state_of, until
from tests.warm.test_standby import parent
from tests.warm.test_turns import edit, is_warm, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

CLEANS_UP = """
value = quick.VALUE
try:
    while True:
        time.sleep(1000)
finally:
    print(f'cleans {value}', os.getpid(), flush=True)
    while not os.path.exists(f'end{value}'):
        time.sleep(0.005)
    print('cleaned', value)
"""
"""Its last words stand in a buffer, which is to be written as at any end."""


def begin(app: App, *options: str, program: str = CLEANS_UP) -> None:
    start(app, "--stop-timeout=20", f"import time\n{program}", *options)


def end(app: App, value: int) -> None:
    (app.project / f"end{value}").touch()
    app.wait_for(rf"(?m)^cleaned {value}$")


def save(app: App, value: int) -> int:
    """Save while the last run is to clean up; its pid."""
    app.edit("quick.py", f"VALUE = {value}\n")
    return int(app.wait_for(rf"(?m)^cleans {value - 1} (\d+)$")[1])


@pytest.mark.parametrize("option", ["--standby", "--no-standby"])
def test_the_next_run_begins_while_the_last_cleans_up(app: App, option: str) -> None:
    begin(app, "--overlap", option)
    for value in (2, 3):
        edit(app, value)
        assert app.count(rf"(?m)^cleaned {value - 1}$") == 0, app.said()
        end(app, value - 1)
    assert is_warm(app), app.said()
    (app.project / "end3").touch()
    assert app.stop() == 0, app.said()
    assert app.count(r"(?m)^cleaned 3$") == 1, app.said()
    app.assert_nothing_left()


def test_without_it_the_clean_up_is_awaited(app: App) -> None:
    begin(app)
    save(app, 2)
    assert app.count(r"(?m)^run 2 ") == 0, app.said()
    end(app, 1)
    app.wait_for(r"(?m)^run 2 ")
    assert app.out().index("cleaned 1") < app.out().index("run 2 "), app.said()


def test_no_more_than_two_are_there_at_once(app: App) -> None:
    begin(app, "--overlap")
    edit(app, 2)
    save(app, 3)
    assert app.count(r"(?m)^run 3 ") == 0, app.said()
    end(app, 1)
    app.wait_for(r"(?m)^run 3 ")
    assert app.count(r"(?m)^cleaned 2$") == 0, app.said()
    for value in (2, 3):
        (app.project / f"end{value}").touch()
    app.wait_for(r"(?m)^cleaned 2$")
    assert app.stop_leaves_nothing() == 0


def test_who_has_started_something_is_waited_for(app: App) -> None:
    begin(app, "--overlap", program=f"child = subprocess.Popen(['sleep', '1000']){CLEANS_UP}")
    save(app, 2)
    assert app.count(r"(?m)^run 2 ") == 0, app.said()
    end(app, 1)
    app.wait_for(r"(?m)^run 2 ")
    (app.project / "end2").touch()
    assert app.stop_leaves_nothing() == 0


def test_a_clean_up_without_an_end_is_ended(app: App) -> None:
    start(app, "--stop-timeout=0.5", f"import time\n{CLEANS_UP}", "--overlap")
    first = save(app, 2)
    app.wait_for(r"(?m)^run 2 ")
    until(lambda: not state_of(first), app.said)
    assert app.count(r"(?m)^cleaned 1$") == 0, app.said()
    (app.project / "end2").touch()
    assert app.stop_leaves_nothing() == 0


def test_the_end_waits_for_the_clean_up(app: App) -> None:
    begin(app, "--overlap")
    first = save(app, 2)
    app.wait_for("ready in", times=2)
    app.send(signal.SIGINT)
    app.wait_for(r"(?m)^cleans 2 ")
    (app.project / "end2").touch()
    app.wait_for(r"(?m)^cleaned 2$")
    assert state_of(first), app.said()
    end(app, 1)
    assert app.wait() == 0, app.said()
    app.assert_nothing_left()


@pytest.mark.parametrize("victim", ["autorun", "checkpoint"])
def test_a_kill_leaves_no_clean_up_behind(app: App, victim: str) -> None:
    begin(app, "--overlap")
    first = save(app, 2)
    app.wait_for("ready in", times=2)
    os.kill(app.pid if victim == "autorun" else parent(first), signal.SIGKILL)
    until(lambda: not state_of(first), app.said)
    if victim == "checkpoint":
        (app.project / "end2").touch()
        (app.project / "end3").touch()
        app.edit("quick.py", "VALUE = 3\n")
        app.wait_for(r"(?m)^run 3 ")
        assert app.stop() == 0, app.said()
    app.assert_nothing_left()
