"""One that stands by for the next restart: used when it is good, and never in the way."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from autoreload.core.checkpoints import STANDBY_AFTER_S
from autoreload.system import processes
from tests.driver import App, free_port, state_of, until
from tests.slow import PAUSE
from tests.warm.test_restarts import SERVER, SLOW, born, serve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")


def live(app: App, port: int, wanted: str) -> int:
    """The process that answers."""
    return int(app.wait_answer(port, wanted).split()[3])


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def line(app: App, port: int, wanted: str) -> list[int]:
    """The process that answers, and the checkpoints above it."""
    found = [live(app, port, wanted)]
    while (above := parent(found[-1])) != app.pid:
        found.append(above)
    return found


def standby(app: App, port: int) -> int:
    """Wait until one stands by: below a checkpoint, and not above the program."""

    def found() -> list[int]:
        above = line(app, port, " ")
        return [
            one.pid
            for pid in above[1:]
            for one in processes.children(pid) or []
            if one.pid not in above and one.name == processes.STANDBY
        ]

    return until(found, app.said)[0]


def prepared(app: App, port: int) -> int:
    """Wait until one stands by that has nothing left to prepare: it reads at its gate."""
    waits = standby(app, port)
    until(lambda: "pipe_read" in Path(f"/proc/{waits}/wchan").read_text(), app.said)
    return waits


def went_on(app: App, port: int, wanted: str, waits: int) -> bool:
    """Whether the run that answers is the one that stood by, or has left it as a checkpoint."""
    return waits in line(app, port, wanted)


def edited(app: App, value: int) -> None:
    app.edit("quick.py", f"VALUE = {value}\n")


def known(app: App) -> int:
    """Start the server, and let it be known what is edited; the port."""
    port = serve(app, "--standby")
    edited(app, 2)
    app.wait_answer(port, " 1 2 ")
    app.wait_for("ready in", times=2)
    return port


def test_the_next_run_is_the_one_that_stood_by(app: App) -> None:
    port = known(app)
    first = born(app, port, " 1 2 ")
    for value in (3, 4, 5):
        waits = prepared(app, port)
        edited(app, value)
        assert went_on(app, port, f" 1 {value} ", waits)
        assert born(app, port, f" 1 {value} ") == first
        app.wait_for("ready in", times=value)
    assert app.count(r"\(cold") == 0, app.said()


def test_it_is_so_too_where_a_module_imports_what_is_edited(app: App) -> None:
    """The file itself comes next then, and is compiled ahead: who does so has not read it yet."""
    app.write("middle.py", "import slow\nimport quick\n")
    app.write("slow.py", SLOW)
    app.write("quick.py", "import sys\nVALUE = 1\n")
    app.write("main.py", f"import middle\n{SERVER}")
    port = free_port()
    app.start("--warm", "--standby", "--verbose", "main.py", str(port))
    first = born(app, port, " 1 1 ")
    app.wait_for("ready in")
    for value in (2, 3, 4, 5):
        waits = prepared(app, port) if value > 2 else 0
        test = "VALUE is 5" if value == 5 else "0"
        app.edit("quick.py", f"import sys\nVALUE = {value}\nTEST = {test}\nLINE = 3\n")
        if value > 2:
            assert went_on(app, port, f" 1 {value} ", waits), app.said()
        assert born(app, port, f" 1 {value} ") == first
        app.wait_for("ready in", times=value)
    assert app.count(r"\(cold") == 0, app.said()
    assert app.count(r"quick\.py:3: SyntaxWarning: ") == 1, app.said()
    app.edit("quick.py", "VALUE = \n")
    app.wait_for("SyntaxError: invalid syntax. Held")
    app.edit("quick.py", "VALUE = 6\nraise ValueError(VALUE)\n")
    app.wait_for(r'quick\.py", line 2, in <module>\n    raise ValueError\(VALUE\)\nValueError: 6')


def test_it_has_compiled_the_expressions_that_the_last_run_did(app: App) -> None:
    port = known(app)
    late = (
        "import re\n"
        "AHEAD = any(key[1] == 'late (x)' for key in re._cache)\n"
        "re.compile('late (x)')\n"
    )
    for value in range(3, 8):
        prepared(app, port)
        app.edit("quick.py", f"{late}VALUE = f'{value}-{{AHEAD}}'\n")
        if "True" in app.wait_answer(port, f" 1 {value}-"):
            break
    else:
        pytest.fail(app.said())


def test_where_it_is_not_good_it_is_gone(app: App) -> None:
    port = known(app)
    first = born(app, port, " 1 2 ")
    waits = standby(app, port)
    app.replace("slow.py", "VALUE = 1", "VALUE = 2")
    assert born(app, port, " 2 2 ") != first
    assert state_of(waits) == ""


def test_it_stands_where_the_newest_edit_is(app: App) -> None:
    """Not at the deepest checkpoint, which has run what is edited now."""
    app.write("late.py", f"import time\n{PAUSE}\nVALUE = 1\n")
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", SERVER.replace("import quick\n", "import quick\nimport late\n"))
    port = _serve_main(app)
    app.replace("late.py", "VALUE = 1", "VALUE = 2")
    app.wait_for("ready in", times=2)
    for value in (2, 3):
        edited(app, value)
        app.wait_answer(port, f" 1 {value} ")
        app.wait_for("ready in", times=value + 1)
    waits = standby(app, port)
    edited(app, 4)
    assert went_on(app, port, " 1 4 ", waits)


def _serve_main(app: App) -> int:
    port = free_port()
    app.start("--warm", "--standby", "--verbose", "main.py", str(port))
    app.wait_answer(port, "main1")
    app.wait_for("ready in")
    return port


def test_one_that_was_killed_is_not_missed(app: App) -> None:
    port = known(app)
    first = born(app, port, " 1 2 ")
    app.signal_process(standby(app, port), signal.SIGKILL)
    edited(app, 3)
    assert born(app, port, " 1 3 ") == first
    assert app.count(r"\(cold") == 0, app.said()


def test_it_dies_with_its_checkpoint(app: App) -> None:
    port = serve(app, "--standby")
    waits = standby(app, port)
    app.signal_process(parent(waits), signal.SIGKILL)
    app.wait_running(1)
    assert live(app, port, " 1 1 ") in app.below()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_of_it(app: App, number: int) -> None:
    port = serve(app, "--standby")
    standby(app, port)
    if number == signal.SIGKILL:
        app.send(number)
        app.wait()
        app.assert_nothing_left()
    else:
        app.stop_leaves_nothing(port, number)
        assert app.count("ended with it") == 0


def test_typed_keys_are_not_for_it(app: App) -> None:
    port = serve(app, "--standby")
    standby(app, port)
    os.killpg(app.pid, signal.SIGINT)
    assert app.wait() == 0
    app.assert_nothing_left()
    assert app.err().count("KeyboardInterrupt") == 1, app.said()


def test_signals_that_came_before_its_time_are_not_for_it(app: App) -> None:
    port = known(app)
    waits = standby(app, port)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGWINCH):
        app.signal_process(waits, number)
    edited(app, 3)
    assert went_on(app, port, " 1 3 ", waits)
    app.wait_for("ready in", times=3)
    app.signal_process(live(app, port, " 1 3 "), signal.SIGUSR1)
    app.wait_for(f"killed by signal {int(signal.SIGUSR1)}")


def test_there_is_none_without_it(app: App) -> None:
    serve(app, "--no-standby")
    number = len(app.below())
    over = time.monotonic() + 2 * STANDBY_AFTER_S
    until(lambda: time.monotonic() > over or len(app.below()) != number, app.said)
    assert len(app.below()) == number


def test_it_waits_without_work(app: App) -> None:
    port = serve(app, "--standby")
    waits = standby(app, port)

    def spent() -> int:
        fields = Path(f"/proc/{waits}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    since, before = time.monotonic(), spent()

    def is_quiet() -> bool:
        nonlocal since, before
        if spent() != before:  # it still copies its pages
            since, before = time.monotonic(), spent()
        return time.monotonic() - since > 0.5

    until(is_quiet, app.said)
    assert state_of(waits) == "S"


def test_the_first_edit_of_a_session_goes_on_before_the_last_edited_file(app: App) -> None:
    mid = "import os, time\ntime.sleep(0.005)\nBORN = os.urandom(4).hex()\n"
    app.write("slow.py", f"import time\n{PAUSE}\n")
    app.write("mid.py", mid)
    app.write("quick.py", "VALUE = 1\n")
    waits = "import time\ntime.sleep(1000)\n"
    text = f"import slow, mid, quick\nprint('v', quick.VALUE, mid.BORN, flush=True)\n{waits}"
    app.write("main.py", text)
    keeps = {"XDG_CACHE_HOME": str(app.folder / "cache")}
    app.start("--warm", "main.py", env=keeps)
    app.wait_for("ready in")
    edited(app, 2)
    app.wait_for("v 2")
    app.wait_for("ready in", times=2)
    app.stop()
    app.start("--warm", "--verbose", "main.py", env=keeps)
    first = app.wait_for(r"v 2 (\w+)", times=2).group(1)
    app.wait_for("ready in", times=3)
    edited(app, 3)
    assert app.wait_for(r"v 3 (\w+)").group(1) == first
