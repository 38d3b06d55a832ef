"""Fixtures that more than one folder uses, and what holds for every property."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.driver import App, apps
from tests.terminals import Terminal

# How long an example takes is the machine's affair, which may be busy.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
# Nothing is kept from one test to another, nor in the cache of whoever runs them.
_cache = tempfile.TemporaryDirectory(prefix="autorun-cache-", ignore_cleanup_errors=True)
os.environ["XDG_CACHE_HOME"] = _cache.name


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A live autorun on an empty project."""
    yield from apps(tmp_path)


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A runtime directory of one's own, in which autoruns are found; ask for it before the app.

    Not in the test's own folder: the path of a socket has 108 bytes at most.
    """
    folder = Path(tempfile.mkdtemp(prefix="autorun-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def terminal(app: App) -> Iterator[Terminal]:
    """A terminal in whose foreground nothing runs yet."""
    terminal = Terminal(app)
    try:
        yield terminal
    finally:
        terminal.close()
