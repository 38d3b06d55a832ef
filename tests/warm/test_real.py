"""Frameworks as people use them: after a warm restart all is as after a start by hand."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import App, apps
from tests.warm import real

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    yield from apps(tmp_path)


@pytest.mark.parametrize("program", real.PROGRAMS, ids=lambda one: str(one.name))
def test_warm_is_what_a_start_by_hand_is(app: App, program: real.Program) -> None:
    if program.needs and importlib.util.find_spec(program.needs) is None:
        pytest.skip(f"{program.needs} is not installed; bench oracle has it")
    assert real.check(app, program, edits=3) == []
    assert app.count(r"\(cold: ") < app.count("changed, re"), app.said()
