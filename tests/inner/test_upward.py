"""What is said to the checkpoint above, and never on a descriptor that is the program's by now."""

import os
from collections.abc import Iterator

import pytest

from autoreload.inner import upward
from autoreload.inner.upward import AGAIN, IS_PROGRAM, Upward
from autoreload.system.channel import high_pipe


def heard(ears: int) -> bytes:
    try:
        return os.read(ears, 4096)
    except BlockingIOError:
        return b""


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    ears, mouth = high_pipe()
    yield ears, mouth
    for fd in (ears, mouth):
        try:
            os.close(fd)
        except OSError:
            pass


def test_words_are_heard_in_their_order(ends: tuple[int, int]) -> None:
    ears, mouth = ends
    way = Upward()
    way.say(AGAIN)  # to nobody
    way.begin(mouth)
    way.say(IS_PROGRAM)
    way.say(AGAIN)
    assert heard(ears) == IS_PROGRAM + AGAIN
    assert heard(ears) == b"", "and it does not wait for more"


def test_whoever_is_gone_is_told_nothing(ends: tuple[int, int]) -> None:
    ears, mouth = ends
    way = Upward()
    way.begin(mouth)
    os.close(ears)
    way.say(AGAIN)


def test_a_descriptor_that_the_program_has_taken_is_left_alone(ends: tuple[int, int]) -> None:
    ears, mouth = ends
    way = Upward()
    way.begin(mouth)
    other_ears, other_mouth = os.pipe()
    os.dup2(other_mouth, mouth)
    os.close(other_mouth)
    os.set_blocking(other_ears, False)
    way.say(AGAIN)
    with pytest.raises(BlockingIOError):
        os.read(other_ears, 1)
    way.end()
    os.fstat(mouth)  # still open
    os.close(other_ears)
    assert heard(ears) == b""


def test_each_word_is_another_one() -> None:
    words = [getattr(upward, name) for name in ("AGAIN", "IS_CHECKPOINT", "IS_PROGRAM", "OVER")]
    assert len({*words, upward.WAITS}) == 5
