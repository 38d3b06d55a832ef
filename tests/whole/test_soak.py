"""Many edits in any way and at any time: the last version is what runs in the end."""

import random
import select
from pathlib import Path

import pytest

from tests.driver import App, until
from tests.saving import Save, backup_and_rename, in_place, older, rename_over

PROGRAM = """
import time
import first
from package import second
print(f"runs {first.VERSION} {second.VERSION}", flush=True)
time.sleep(100)
"""

MODULE = """
import select
select.select([], [], [], {boot:.3f})
VERSION = "{version:04d}"
"""
"""Every version has the same size, so that neither size nor whole seconds tell two apart."""


def truncated(path: Path, text: str) -> None:
    """Empty for a moment, as a write in place of a long file is."""
    with path.open("w") as file:
        file.flush()
        select.select([], [], [], 0.005)
        file.write(text)


def removed(path: Path, text: str) -> None:
    """Gone for a moment."""
    path.unlink()
    select.select([], [], [], 0.005)
    path.write_text(text)


WAYS: tuple[Save, ...] = (in_place, rename_over, backup_and_rename, older, truncated, removed)


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("options", "edits"), [((), 200), (("--poll=0.1",), 60)])
def test_last_of_many_edits_is_what_runs(app: App, options: tuple[str, ...], edits: int) -> None:
    """Over boot, run, stop and wait alike; now and then it does not compile, or ends by itself."""
    chance = random.Random(20_240_607)
    versions = {"first.py": 0, "package/second.py": 0}
    broken: set[str] = set()
    app.write("app.py", PROGRAM)
    app.write("package/__init__.py", "")
    for name in versions:
        app.write(name, MODULE.format(boot=0, version=0))
    app.start(*options, "--stop-timeout=1", "app.py")
    for number in range(1, edits + 1):
        name = chance.choice(list(versions))
        versions[name] = number
        is_last = number == edits or chance.random() < 0.1  # the last of some at least
        text = MODULE.format(boot=chance.choice((0, 0, 0, 0.05, 0.15)), version=number)
        broken.discard(name)
        if is_last:
            for other in broken:
                versions[other] = number
                in_place(app.project / other, MODULE.format(boot=0, version=number))
            broken.clear()
        elif chance.random() < 0.1:
            text = text.replace("VERSION =", chance.choice(("VERSION = (", "1 / 0;VERSI =")))
            broken.add(name)
        chance.choice(WAYS)(app.project / name, text)
        if is_last:
            wait_until_runs(app, *versions.values())
        select.select([], [], [], chance.uniform(0.005, 0.3))
    assert app.stop() == 0, app.said()
    assert "autoreload" not in app.err(), app.said()
    app.assert_nothing_left()


def wait_until_runs(app: App, first: int, second: int) -> None:
    until(lambda: app.out().endswith(f"runs {first:04d} {second:04d}\n"), app.said)
