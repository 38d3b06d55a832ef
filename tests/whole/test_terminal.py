"""On a terminal: typed keys reach app and autorun as they should, and the modes are given back."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.driver import App, is_at_rest, state_of, until
from tests.terminals import Terminal

COUNTING = """
import select, signal, sys
from ware import VERSION
got = 0
def count(number, frame):
    global got
    got += 1
    print("SIGINT", got, flush=True)
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, count)
print("version", VERSION, "here", flush=True)
try:
    select.select([], [], [], 100)
except KeyboardInterrupt:
    pass
select.select([], [], [], 0.3)  # a second one would come meanwhile
print("cleaned after", got, flush=True)
"""


def end(app: App, terminal: Terminal) -> None:
    terminal.type("\x03")
    assert terminal.wait() == 0, terminal.said()
    app.assert_nothing_left()


def test_typed_interrupt_ends_app_and_autorun(app: App, terminal: Terminal) -> None:
    """The app gets one, cleans up and exits 0, and is not taken for finished."""
    app.write("app.py", COUNTING)
    app.write("ware.py", "VERSION = 1\n")
    terminal.start("app.py")
    terminal.wait_for("version 1 here")
    # A restart does not count: it is asked for by a signal of our own.
    terminal.wait_for("ready in")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for("version 2 here")
    # By now it waits: what comes in the moment before that is served only after the wait, under
    # plain python as well (there is no check between Python's own and the system call).
    terminal.wait_for("ready in", times=2)
    assert terminal.count("cleaned after 1\n") == 1
    end(app, terminal)
    assert terminal.count("cleaned after 1\n") == 2, terminal.said()
    assert "Traceback" not in terminal.shown()
    assert "waiting for a change" not in terminal.shown()


def test_second_typed_interrupt_ends_at_once(app: App, terminal: Terminal) -> None:
    app.write(
        "app.py",
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: print('not now', flush=True))\n"
        "print('here', flush=True)\n"
        "while True: signal.pause()\n",
    )
    terminal.start("--stop-timeout=60", "app.py")
    terminal.wait_for("ready in")
    terminal.type("\x03")
    terminal.wait_for("not now")
    terminal.wait_for("waiting for the app to stop")
    end(app, terminal)


def test_stop_and_continue_by_the_shell(app: App, terminal: Terminal) -> None:
    """Ctrl-Z stops app and autorun together, fg goes on with both, and edits are served again."""
    app.write("app.py", COUNTING)
    app.write("ware.py", "VERSION = 1\n")
    terminal.run("bash", "--norc", "-i", env={"PS1": "prompt> ", "HISTFILE": ""})
    terminal.wait_for("prompt> ")
    terminal.type(f"{sys.executable} -m autoreload app.py\n")
    terminal.wait_for("version 1 here")
    terminal.wait_for("ready in")
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    ours = [pid for pid in app.left() if "autoreload" in command_of(pid)]
    stopped = [pid for pid in ours if not is_at_rest(pid)]  # that one stands anyway
    assert len(stopped) == 2, terminal.said()
    assert {state_of(pid) for pid in stopped} == {"T"}
    app.edit("ware.py", "VERSION = 2\n")
    terminal.type("fg\n")
    terminal.wait_for("ready in", times=2)
    terminal.type("\x03")
    terminal.wait_for("cleaned after 1\n", times=2)
    terminal.wait_for("prompt> ", times=3)
    terminal.type("echo code $?\n")
    terminal.wait_for("code 0\n")
    terminal.type("exit\n")
    assert terminal.wait() == 0, terminal.said()
    app.assert_nothing_left()


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_questions_and_the_debugger_work_in_the_app(app: App, terminal: Terminal) -> None:
    app.write(
        "app.py",
        "print('hello', input('who? '), flush=True)\n"
        "secret = 40\n"
        "breakpoint()\n"
        "print('secret', secret, flush=True)\n",
    )
    terminal.start("app.py")
    terminal.wait_for(r"who\? ")
    terminal.type("world\n")
    terminal.wait_for("hello world\n")
    terminal.wait_for(r"\(Pdb\) ")
    terminal.type("secret += 2\n")
    terminal.wait_for(r"\(Pdb\) ", times=2)
    terminal.type("c\n")
    terminal.wait_for("secret 42\n")
    terminal.wait_for("finished in .*, exit code 0, waiting for a change")
    end(app, terminal)


RAW = """
import os, sys, tty
os.set_blocking(0, False)
tty.setraw(0)
print("raw", flush=True)
os.abort()
"""


def test_modes_are_given_back_after_an_app_that_died(app: App, terminal: Terminal) -> None:
    before = terminal.modes()
    app.write("app.py", RAW)
    terminal.start("app.py")
    terminal.wait_for("killed by SIGABRT after .*, waiting for a change")
    assert terminal.modes() == before
    assert os.get_blocking(terminal.other_side)
    app.edit("app.py", "print('and again', input(), flush=True)\n")
    terminal.wait_for("app.py changed, (restarting|ready)")
    terminal.type("typed\n")
    terminal.wait_for("and again typed\n")
    end(app, terminal)


def test_nothing_of_ours_goes_to_stdout_or_asks_the_terminal(app: App, terminal: Terminal) -> None:
    """The app's stdout is a file here; on the screen are lines and colours and nothing else."""
    app.write("app.py", "from ware import VERSION\nprint('version', VERSION, flush=True)\n")
    app.write("ware.py", "VERSION = 1\n")
    out = app.folder / "redirected.txt"
    with out.open("wb") as file:
        terminal.start("app.py", stdout=file.fileno())
    terminal.wait_for("waiting for a change")
    app.edit("ware.py", "VERSION = (\n")
    terminal.wait_for("waiting for a change", times=2)
    app.edit("ware.py", "VERSION = 3\n")
    until(lambda: "version 3" in out.read_text(), terminal.said)
    end(app, terminal)
    assert out.read_text() == "version 1\nversion 3\n"
    assert "\x1b[2;36m[autorun]\x1b[0m" in terminal.shown()
    # Every escape is a colour (CSI … m): a query, a title, a cleared screen would end otherwise.
    for escape in terminal.shown().split("\x1b")[1:]:
        assert escape.lstrip("[0123456789;").startswith("m"), repr(escape)


@pytest.mark.parametrize(
    ("options", "env", "coloured"),
    [
        ((), {"NO_COLOR": "1"}, False),
        ((), {"TERM": "dumb"}, False),
        (("--color=always",), {"NO_COLOR": "1"}, True),
        (("--color=never",), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_as_asked_for(
    app: App, terminal: Terminal, options: tuple[str, ...], env: dict[str, str], coloured: bool
) -> None:
    app.write("app.py", "print('here')\n")
    terminal.start(*options, "--exit", "app.py", env=env)
    assert terminal.wait() == 0, terminal.said()
    assert ("\x1b[" in terminal.shown()) == coloured, terminal.said()


def test_colour_without_a_terminal_is_for_who_forces_it(app: App) -> None:
    app.write("app.py", "print('here')\n")
    assert app.start("--exit", "app.py").wait() == 0
    assert "\x1b" not in app.err()
    assert app.start("--exit", "app.py", env={"FORCE_COLOR": "1"}).wait() == 0
    assert "\x1b[2;36m[autorun]" in app.err()


def test_hang_up_of_the_terminal_ends_everything(app: App, terminal: Terminal) -> None:
    """A closed window, which the kernel tells to autorun alone: the app is asked by us.

    It was taken for typed, and the app was killed without its clean-up when its time was up.
    """
    app.write(
        "app.py",
        "import time\nprint('here', flush=True)\n"
        "try:\n    time.sleep(100)\nfinally:\n    open('cleaned', 'w').close()\n",
    )
    terminal.start("app.py")
    terminal.wait_for("ready in")
    terminal.hang_up()
    assert terminal.wait() == -signal.SIGHUP
    assert (app.project / "cleaned").exists()
    app.assert_nothing_left()
