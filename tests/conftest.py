"""Fixtures that more than one folder uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import App, apps


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A live autorun on an empty project."""
    yield from apps(tmp_path)
