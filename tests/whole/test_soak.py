"""Many edits in any way and at any time: the last version is what runs in the end."""

import random
import select
from pathlib import Path

import pytest

from tests.driver import App, until
from tests.saving import Save, backup_and_rename, in_place, older, rename_over

EDITS = 200

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
@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
def test_last_of_many_edits_is_what_runs(app: App, options: tuple[str, ...]) -> None:
    """Over boot, run, stop and wait alike; now and then it does not compile, or ends by itself."""
    chance = random.Random(20_240_607)
    versions = {"first.py": 0, "package/second.py": 0}
    app.write("app.py", PROGRAM)
    app.write("package/__init__.py", "")
    for name in versions:
        app.write(name, MODULE.format(boot=0, version=0))
    app.start(*options, "--stop-timeout=1", "app.py")
    for number in range(1, EDITS + 1):
        name = chance.choice(list(versions))
        text = MODULE.format(boot=chance.choice((0, 0, 0, 0.05, 0.15)), version=number)
        if number < EDITS - 1 and chance.random() < 0.1:
            text = text.replace("VERSION =", chance.choice(("VERSION = (", "1 / 0;VERSI =")))
        chance.choice(WAYS)(app.project / name, text)
        versions[name] = number
        select.select([], [], [], chance.uniform(0.005, 0.3))
    for name in versions:  # whatever was broken last is whole in the end
        versions[name] = EDITS + 1
        in_place(app.project / name, MODULE.format(boot=0, version=EDITS + 1))
    last = "runs " + " ".join(f"{version:04d}" for version in versions.values())
    until(lambda: app.out().rstrip().endswith(last), app.said)
    assert app.stop() == 0, app.said()
    assert "autoreload" not in app.err(), app.said()
    app.assert_nothing_left()
