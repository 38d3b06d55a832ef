"""What has come in since the last look, in the order of its imports."""

import sys
import threading
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.watch.newcomers import Newcomers

PREFIX = "autorun_newcomer_"


def begin(name: str) -> None:
    """As importlib begins to run a module."""
    module = ModuleType(PREFIX + name)
    module.__spec__ = ModuleSpec(PREFIX + name, None)
    module.__spec__._initializing = True  # type: ignore[attr-defined]
    sys.modules[PREFIX + name] = module


def complete(name: str) -> None:
    """As importlib ends to run it: it moves to the end."""
    module = sys.modules.pop(PREFIX + name)
    assert module.__spec__ is not None
    del module.__spec__._initializing  # type: ignore[attr-defined]
    sys.modules[PREFIX + name] = module


def bring(*names: str) -> None:
    for name in names:
        begin(name)
        complete(name)


def news(newcomers: Newcomers) -> list[str]:
    return [name.removeprefix(PREFIX) for name in newcomers.names()]


@pytest.fixture
def newcomers() -> Iterator[Newcomers]:
    bring("before")
    found = Newcomers()
    assert news(found)[-1] == "before"
    yield found
    clean()


def clean() -> None:
    for name in [name for name in sys.modules if name.startswith(PREFIX)]:
        del sys.modules[name]


def test_the_first_look_finds_all() -> None:
    assert Newcomers().names() == list(sys.modules)


def test_nothing_is_new_until_something_comes(newcomers: Newcomers) -> None:
    assert news(newcomers) == []
    bring("a", "b")
    assert news(newcomers) == ["a", "b"]
    assert news(newcomers) == []


def test_what_is_under_way_is_no_mark(newcomers: Newcomers) -> None:
    """It moves to the end when it is through, behind what it has imported."""
    begin("outer")
    assert news(newcomers) == ["outer"]
    bring("inner")
    complete("outer")
    assert news(newcomers) == ["inner", "outer"]


def test_the_mark_may_go(newcomers: Newcomers) -> None:
    bring("mark")
    assert news(newcomers) == ["mark"]
    del sys.modules[PREFIX + "mark"]
    bring("a", "b")
    assert news(newcomers)[-2:] == ["a", "b"]


def test_the_mark_may_be_read_again(newcomers: Newcomers) -> None:
    """`importlib.reload` moves a module to the end."""
    bring("mark")
    assert news(newcomers) == ["mark"]
    bring("new")
    complete_again("mark")
    assert "new" in news(newcomers)


def complete_again(name: str) -> None:
    sys.modules[PREFIX + name] = sys.modules.pop(PREFIX + name)


def test_as_many_may_come_as_go(newcomers: Newcomers) -> None:
    bring("a")
    assert news(newcomers) == ["a"]
    del sys.modules[PREFIX + "before"]
    bring("b")
    assert news(newcomers) == ["b"]


def test_more_may_come_than_are_looked_at_together(newcomers: Newcomers) -> None:
    names = [str(number) for number in range(1000)]
    bring(*names)
    assert news(newcomers) == names


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "complete", "bring", "look"]), st.sampled_from("abcdefgh")),
    max_size=40,
)


@given(STEPS)
def test_none_is_missed(steps: list[tuple[str, str]]) -> None:
    """Imports within imports, and looks between: each name is named after it has come."""
    newcomers = Newcomers()
    newcomers.names()
    came: set[str] = set()
    named: set[str] = set()
    try:
        for does, name in steps:
            is_there = PREFIX + name in sys.modules
            under_way = is_there and hasattr(sys.modules[PREFIX + name].__spec__, "_initializing")
            if does == "begin" and not is_there:
                begin(name)
                came.add(name)
            elif does == "bring" and not is_there:
                bring(name)
                came.add(name)
            elif does == "complete" and under_way:
                complete(name)
            elif does == "look":
                named.update(news(newcomers))
        named.update(news(newcomers))
        assert came <= named
    finally:
        clean()


def test_others_may_import_meanwhile() -> None:
    """An iterator over a table that grows fails, and threads change between any two steps."""
    newcomers = Newcomers()
    is_over = threading.Event()

    def imports() -> None:
        for number in range(20_000):
            bring(str(number))
            if number % 50 == 0:
                clean()
        is_over.set()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=imports)
    thread.start()
    try:
        while not is_over.is_set():
            newcomers.names()
    finally:
        is_over.wait(60)
        thread.join()
        sys.setswitchinterval(before)
        clean()
    bring("last")
    assert news(newcomers)[-1] == "last"
    clean()
