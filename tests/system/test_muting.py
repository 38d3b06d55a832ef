"""What one thread is warned of while it compiles is shown to nobody; all else is."""

from tests.children import run

CODE = """
import os, threading, warnings
from autoreload.system.muting import Muted
shows, line = warnings._showwarnmsg, "1 is 1"
{does}
assert warnings._showwarnmsg is shows
"""


def warned(does: str) -> list[str]:
    """Where Python warned."""
    done = run(CODE.format(does=does))
    assert done.code == 0, done.err
    return [one.partition(":")[0] for one in done.err.splitlines() if "SyntaxWarning" in one]


def test_nothing_is_shown_while_it_lasts() -> None:
    does = "with Muted():\n    compile(line, 'in', 'eval')\ncompile(line, 'behind', 'eval')"
    assert warned(does) == ["behind"]


def test_other_threads_are_warned_as_ever() -> None:
    does = """
thread = threading.Thread(target=compile, args=(line, "other", "eval"))
with Muted():
    thread.start()
    thread.join()
    compile(line, "own", "eval")
"""
    assert warned(does) == ["other"]


def test_a_fork_is_warned_as_ever() -> None:
    does = """
with Muted():
    if os.fork() == 0:
        compile(line, "fork", "eval")
        os._exit(0)
    os.wait()
"""
    assert warned(does) == ["fork"]


def test_an_error_that_a_filter_makes_of_it_stays_one() -> None:
    does = """
warnings.simplefilter("error")
try:
    with Muted():
        compile(line, "in", "eval")
except SyntaxError:
    pass
else:
    raise AssertionError
"""
    assert warned(does) == []


def test_what_the_program_puts_there_meanwhile_stays() -> None:
    does = """
with Muted():
    warnings._showwarnmsg = print
assert warnings._showwarnmsg is print
warnings._showwarnmsg = shows
"""
    assert warned(does) == []
