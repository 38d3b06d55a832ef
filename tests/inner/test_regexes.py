"""What stands by compiles what the last run did, and nobody can tell."""

import sys

import pytest

from tests.children import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

RUNS = """
import os, re, sys, warnings
from autoreload.inner.regexes import Regexes
regexes = Regexes()
re.compile("before")
regexes.pass_by()
pid = os.fork()
if pid == 0:
{does}
    regexes.note()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
wanted = iter([False] * {time} + [True] * 100)
{first}
regexes.bring(lambda: next(wanted))
{last}
del re._cache[str, "before", 0]
print([key[1:] for key in re._cache if "mine" in str(key[1])])
"""


def brought(does: str, *, time: int = 9, first: str = "", last: str = "") -> list[object]:
    """The pattern and flags of what was compiled ahead."""
    lines = "\n".join(f"    {line}" for line in does.splitlines())
    done = run(RUNS.format(does=lines, time=time, first=first, last=last))
    assert (done.code, done.err) == (0, "")
    found = eval(done.out)
    assert isinstance(found, list)
    return found


def test_what_the_last_run_has_compiled_is_there() -> None:
    does = (
        "re.compile('mine')\nre.search(b'mine (a|b)', b'', re.I)\nre.sub('mine$', '', '', 0, re.X)"
    )
    assert brought(does) == [("mine", 0), (b"mine (a|b)", 2), ("mine$", 64)]


def test_what_lies_before_a_checkpoint_comes_with_that() -> None:
    assert brought("re.compile('before')", last="assert regexes._memo.words() == []") == []


def test_it_stops_when_the_process_is_wanted() -> None:
    assert brought("re.compile('mine 1')\nre.compile('mine 2')", time=1) == [("mine 1", 0)]


@pytest.mark.parametrize(
    "does",
    [
        "warnings.simplefilter('ignore')\nre.compile('mine [[a]')",
        "re.compile(b'mine', re.LOCALE)",
        "class Own(str):\n    pass\nre.compile(Own('mine'))",
        "try:\n    re.compile('mine (')\nexcept re.error:\n    pass",
    ],
    ids=["warned of", "locale", "own class", "broken"],
)
def test_what_could_be_noticed_is_left_to_the_run(does: str) -> None:
    assert brought(does) == []


def test_the_program_is_warned_as_ever_afterwards() -> None:
    last = "with warnings.catch_warnings(record=True) as said:\n    re.compile('mine [[a]')\n"
    last += "assert len(said) == 1, said\nre.purge()\nre.compile('before')"
    assert brought("warnings.simplefilter('ignore')\nre.compile('mine [[a]')", last=last) == []


def test_what_stands_in_the_place_of_compile_is_not_called() -> None:
    first = "re.compile = lambda *_: sys.exit('called')"
    assert brought("re.compile('mine')", first=first) == []


def test_what_is_there_already_is_not_written_again() -> None:
    does = "re.compile('mine')\nregexes.note()\nregexes._memo.write = None"
    assert brought(does) == [("mine", 0)]
