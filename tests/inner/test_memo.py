"""Words that one run writes down for the next ones."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.inner.memo import Memo

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


@pytest.fixture
def memo() -> Iterator[Memo]:
    """One with two words in it."""
    made = Memo("test")
    made.write(["one", "two"])
    yield made
    if made.fd is not None:
        os.close(made.fd)


def test_a_fork_reads_what_was_written_and_writes_more(memo: Memo) -> None:
    pid = os.fork()
    if pid == 0:
        memo.write([*memo.words(), "three"])
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert memo.words() == ["one", "two", "three"]


def test_one_that_the_program_has_closed_holds_nothing(memo: Memo) -> None:
    assert memo.fd is not None
    os.close(memo.fd)
    memo.write(["three"])
    assert memo.words() == []
    assert not memo.fd


def test_a_file_of_the_program_in_its_place_is_left_alone(memo: Memo, tmp_path: Path) -> None:
    number = memo.fd
    assert number is not None
    (tmp_path / "own").write_text("own words")
    own = os.open(tmp_path / "own", os.O_RDWR)
    os.dup2(own, number)
    memo.write(["three"])
    assert memo.words() == []
    assert not memo.fd
    assert (tmp_path / "own").read_text() == "own words"
    os.close(own)
    os.close(number)


def test_half_a_letter_is_no_word(memo: Memo) -> None:
    assert memo.fd is not None
    os.pwrite(memo.fd, "wört".encode()[:2], 0)
    os.ftruncate(memo.fd, 2)
    assert memo.words() == []
