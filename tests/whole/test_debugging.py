"""A debugger's user is not disturbed: what is saved meanwhile is served when they go on."""

import os
import signal

import pytest

from tests.driver import App
from tests.terminals import Terminal

KEPT = r"ware.py changed: kept until you continue\n"

PROMPTS = {
    "breakpoint": ("breakpoint()", {}, r"\(Pdb\) ", "c\n"),
    "set_trace": ("import pdb; pdb.set_trace()", {}, r"\(Pdb\) ", "c\n"),
    "another": ("breakpoint()", {"PYTHONBREAKPOINT": "mine.ask"}, "mine> ", "go\n"),
    "none of pdb": ("breakpoint()", {"PYTHONBREAKPOINT": "asking.ask"}, "asking> ", "go\n"),
    "interact": ("import code; code.interact(banner='')", {}, ">>> ", "\x04"),
    "in a thread": (
        "import threading; t = threading.Thread(target=breakpoint); t.start(); t.join()",
        {},
        r"\(Pdb\) ",
        "c\n",
    ),
}

MINE = """\
import bdb, os, sys, time

class Mine(bdb.Bdb):
    def user_line(self, frame):
        if input("mine> ") == "go":
            self.set_continue()

def ask():
    Mine().set_trace(sys._getframe(1))

def wait():
    print("waiting", flush=True)
    while not os.path.exists("go"):
        time.sleep(0.01)
"""

APP = """\
import time
{before}
from ware import VERSION
print("version", VERSION, "here", flush=True)
if VERSION == 1:
    {ask}
print("on", flush=True)
time.sleep(100)
"""


def start(
    app: App,
    terminal: Terminal,
    ask: str,
    *options: str,
    env: dict[str, str] | None = None,
    before: str = "",
) -> None:
    app.write("app.py", APP.format(ask=ask, before=before))
    app.write("ware.py", "VERSION = 1\n")
    app.write("mine.py", MINE)
    app.write("asking.py", "def ask():\n    while input('asking> ') != 'go': pass\n")
    terminal.start(*options, "app.py", env={"COLUMNS": "200", "NO_COLOR": "1", **(env or {})})


def end(app: App, terminal: Terminal) -> None:
    terminal.type("\x03")
    assert terminal.wait() == 0, terminal.said()
    app.assert_nothing_left()


@pytest.mark.parametrize("name", PROMPTS)
def test_a_save_waits_for_the_prompt(app: App, terminal: Terminal, name: str) -> None:
    ask, env, prompt, answer = PROMPTS[name]
    start(app, terminal, ask, env=env)
    terminal.wait_for(prompt)
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for(KEPT)
    terminal.type("\n" if name != "interact" else "1 + 1\n")
    terminal.wait_for(prompt, times=2)  # it still answers
    assert terminal.count("restarting|changed, ready") == 0
    terminal.type(answer)
    terminal.wait_for("ware.py changed, (restarting|ready)")
    terminal.wait_for("version 2 here")
    end(app, terminal)


def test_several_saves_are_counted_and_are_one_restart(app: App, terminal: Terminal) -> None:
    """What the outer finds by itself waits as well."""
    (app.project / "texts").mkdir()
    start(app, terminal, "breakpoint()", "--watch", "texts")
    terminal.wait_for(r"\(Pdb\) ")
    app.edit("texts/new.txt", "new")
    terminal.wait_for("texts/new.txt changed: kept until you continue")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for("2 changes kept until you continue")
    terminal.type("c\n")
    terminal.wait_for("version 2 here")
    terminal.wait_for("ready in")
    assert terminal.count("restarting\n") == 1, terminal.said()
    end(app, terminal)


def test_what_only_the_outer_finds_waits(app: App, terminal: Terminal) -> None:
    (app.project / "texts").mkdir()
    start(app, terminal, "breakpoint()", "--watch", "texts")
    terminal.wait_for(r"\(Pdb\) ")
    app.edit("texts/new.txt", "new")
    terminal.wait_for("texts/new.txt changed: kept until you continue")
    assert terminal.count("restarting|changed, ready") == 0
    terminal.type("c\n")
    terminal.wait_for("texts/new.txt changed, (restarting|ready)")
    terminal.wait_for("version 1 here", times=2)
    terminal.wait_for(r"\(Pdb\) ", times=2)
    terminal.type("q\n")
    terminal.wait_for("waiting for a change")
    end(app, terminal)


def test_a_step_over_a_slow_line_is_not_the_end_of_it(app: App, terminal: Terminal) -> None:
    """Between two prompts the program runs, and yet its user has not gone on."""
    ask = "breakpoint()\n    mine.wait()\n    print('waited')"
    start(app, terminal, ask, before="import mine")
    terminal.wait_for(r"\(Pdb\) ")
    terminal.type("n\n")
    terminal.wait_for("waiting\n")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for(KEPT)
    (app.project / "go").touch()
    terminal.wait_for(r"\(Pdb\) ", times=2)
    assert terminal.count("restarting|changed, ready") == 0
    terminal.type("c\n")
    terminal.wait_for("version 2 here")
    end(app, terminal)


def test_breakpoints_of_a_program_that_runs_keep_nothing(app: App, terminal: Terminal) -> None:
    """With `-m pdb` its frames are in the stack all the time."""
    app.write("app.py", "import time\nprint('here', flush=True)\ntime.sleep(100)\nprint(1)\n")
    terminal.start("-m", "pdb", "-c", "b 4", "-c", "c", "app.py", env={"NO_COLOR": "1"})
    terminal.wait_for("here\n")
    app.replace("app.py", "here", "there")
    terminal.wait_for("app.py changed, (restarting|ready)")
    terminal.wait_for("there\n")
    end(app, terminal)


def test_a_change_that_is_taken_back_is_forgotten(app: App, terminal: Terminal) -> None:
    start(app, terminal, "breakpoint()")
    terminal.wait_for(r"\(Pdb\) ")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for(KEPT)
    app.edit("ware.py", "VERSION = 1\n")
    terminal.wait_for("the files are as they were, the running code is current")
    terminal.type("c\n")
    terminal.wait_for("on\n")
    app.edit("ware.py", "VERSION = 3\n")
    terminal.wait_for("version 3 here")
    end(app, terminal)


def test_who_quits_gets_the_change_as_well(app: App, terminal: Terminal) -> None:
    start(app, terminal, "breakpoint()")
    terminal.wait_for(r"\(Pdb\) ")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for(KEPT)
    terminal.type("q\n")
    terminal.wait_for("version 2 here")
    end(app, terminal)


@pytest.mark.parametrize("how", ["typed", "sent"])
def test_autorun_ends_at_a_prompt(app: App, terminal: Terminal, how: str) -> None:
    start(app, terminal, "breakpoint()", "--stop-timeout=0.5")
    terminal.wait_for(r"\(Pdb\) ")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for(KEPT)
    if how == "typed":
        terminal.type("\x03")
    else:
        os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait() == (0 if how == "typed" else -signal.SIGTERM), terminal.said()
    assert terminal.count("restarting|changed, ready") == 0
    app.assert_nothing_left()
