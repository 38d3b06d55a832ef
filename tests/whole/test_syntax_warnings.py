"""What Python warns of when it compiles a file is shown once for each run, as without autorun."""

import sys

import pytest

from tests.driver import App

MAIN = """\
import time
import helper
print("up", helper.VALUE, flush=True)
time.sleep(1000)
"""
WARNS = "VALUE = {0}\nif VALUE is {0}: pass\n"
ALONE = """\
import time
VALUE = {0}
if VALUE is {0}: pass
print("up", VALUE, flush=True)
time.sleep(1000)
"""
SHOWN = "SyntaxWarning: "
HOWS = ["--no-warm", *(["--warm"] if sys.platform == "linux" else [])]


def shown(app: App, runs: int, *, in_all: int) -> None:
    """Run number `runs` is ready, and so many warnings were shown by then."""
    app.wait_for(f"up {runs}")
    app.wait_for("ready in", times=runs)
    assert app.count(SHOWN) == in_all, app.said()


@pytest.mark.parametrize("how", HOWS)
def test_of_a_module(app: App, how: str) -> None:
    app.write("main.py", MAIN)
    app.write("helper.py", "VALUE = 1\n")
    app.start(how, "main.py")
    shown(app, 1, in_all=0)
    for number in (2, 3, 4):
        app.edit("helper.py", WARNS.format(number))
        shown(app, number, in_all=number - 1)


@pytest.mark.parametrize("how", HOWS)
def test_of_the_target(app: App, how: str) -> None:
    app.write("main.py", ALONE.format(1))
    app.start(how, "main.py")
    shown(app, 1, in_all=1)
    for number in (2, 3):
        app.edit("main.py", ALONE.format(number))
        shown(app, number, in_all=number)
    app.edit("main.py", ALONE.format(4).replace("if VALUE is 4: pass\n", ""))
    shown(app, 4, in_all=3)


@pytest.mark.parametrize("how", HOWS)
def test_where_it_is_an_error_the_file_does_not_compile(app: App, how: str) -> None:
    app.write("main.py", ALONE.format(1).replace("if VALUE is 1: pass\n", ""))
    app.start(how, "python", "-W", "error::SyntaxWarning", "main.py")
    shown(app, 1, in_all=0)
    app.edit("main.py", ALONE.format(2))
    app.wait_for("Held, the previous code keeps running")
    app.edit("main.py", "# a line\n" + ALONE.format(2).replace(" is ", " == "))
    app.wait_for("up 2")
    assert app.count(SHOWN) == 0, app.said()
