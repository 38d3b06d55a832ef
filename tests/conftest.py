"""Fixtures that more than one folder uses, and what holds for every property."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.driver import App, apps

# How long an example takes is the machine's affair, which may be busy.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A live autorun on an empty project."""
    yield from apps(tmp_path)
