"""Frameworks as people use them: after a warm restart all is as after a start by hand."""

import importlib.util
import sys

import pytest

from tests.driver import App
from tests.warm import real

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")


@pytest.mark.parametrize("program", real.PROGRAMS, ids=lambda one: str(one.name))
def test_warm_is_what_a_start_by_hand_is(app: App, program: real.Program) -> None:
    if program.needs and importlib.util.find_spec(program.needs) is None:
        pytest.skip(f"{program.needs} is not installed; bench oracle has it")
    assert real.check(app, program, edits=3) == []
    assert app.count(r"\(cold: ") < app.count("changed, re"), app.said()
