"""Pages that a fork shares are copied ahead; each in an interpreter of its own."""

import sys
from pathlib import Path

import pytest

from tests.system.test_census import told

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")

START = """
import resource, time
from autoreload.system import pages
values = [str(number) for number in range(100_000)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def write():
    before = faults()
    for number, value in enumerate(values):
        values[number] = value
    return faults() - before

def child(function):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        function()
        sys.stdout.flush()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def test_a_fork_writes_without_a_fault(tmp_path: Path) -> None:
    text = "def copied():\n    for piece in pages.shared(): assert pages.populate(*piece)\n"
    text += "    print(write())\nchild(lambda: print(write()))\nchild(copied)\n"
    before, after = told(tmp_path, START + text).split()
    assert int(before) > 500
    assert int(after) < int(before) / 10


def test_nothing_is_left_to_copy(tmp_path: Path) -> None:
    text = "def copied():\n    for piece in pages.shared(): pages.populate(*piece)\n"
    text += "    print(sum(count for _, count in pages.shared()) < 100)\nchild(copied)\n"
    assert told(tmp_path, START + text) == "True"


def test_a_piece_is_small(tmp_path: Path) -> None:
    text = "child(lambda: print(max(count for _, count in pages.shared())))\n"
    assert int(told(tmp_path, START + text)) <= 256


def test_only_what_another_fork_has_copied(tmp_path: Path) -> None:
    """Of 100,000 objects the other one has written to every hundredth."""
    text = """
hear, say = os.pipe()
other = os.fork()
if other == 0:
    held = values[:1000]
    os.write(say, b"!")
    time.sleep(100)
os.read(hear, 1)

def compared():
    everything = sum(count for _, count in pages.shared())
    few = sum(count for _, count in pages.shared(other))
    gone = sum(count for _, count in pages.shared(2**22 - 1))
    print(0 < few < everything / 2, gone > everything * 0.9)

child(compared)
os.kill(other, 9)
"""
    assert told(tmp_path, START + text) == "True True"
