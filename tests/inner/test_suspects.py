"""Which place of the program is named when something has grown; in interpreters of their own."""

import sys
from pathlib import Path

import pytest

from tests.children import output

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")

LOOK = """
import os, sys, time
from autoreload.core.forking import Refusal
from autoreload.inner.suspects import Suspects
suspects = Suspects(lambda: 0)
suspects.look("a.py:1")
{}
suspects.look("a.py:2")
os.pipe()
suspects.look("a.py:3")
print(suspects.name(Refusal("why", "descriptor")), suspects.name(Refusal("why", "thread")))
"""


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("", "a.py:2: why why"),
        ("import _thread, time; _thread.start_new_thread(time.sleep, (1000,))", "a.py:1"),
    ],
)
def test_the_place_that_ran_when_it_grew_is_named(
    tmp_path: Path, statement: str, shown: str
) -> None:
    assert shown in output(LOOK.format(statement) + "sys.stdout.flush(); os._exit(0)", cwd=tmp_path)
