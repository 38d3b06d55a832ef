"""Waiting for descriptors."""

import os
from collections.abc import Iterator

import pytest

from autoreload.system.waiting import POLLHUP, POLLIN, POLLOUT, wait

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        try:
            os.close(end)
        except OSError:
            pass  # the test has closed it


def test_what_is_ready_is_told(pipe: Pipe) -> None:
    read, write = pipe
    assert wait([read], 0) == {}
    assert wait([write], None, events=POLLOUT) == {write: POLLOUT}
    os.write(write, b"!")
    assert wait([read], None) == {read: POLLIN}


def test_the_end_of_a_pipe_is_told(pipe: Pipe) -> None:
    read, write = pipe
    os.close(write)
    assert wait([read], None)[read] & POLLHUP


def test_none_is_passed_over_and_nothing_comes_of_nothing() -> None:
    assert wait([None], 0) == {}
    assert wait([], 0.001) == {}
    assert wait([], -1) == {}


def test_a_closed_descriptor_does_not_keep_us(pipe: Pipe) -> None:
    read, _ = pipe
    os.close(read)
    assert read in wait([read], None)
