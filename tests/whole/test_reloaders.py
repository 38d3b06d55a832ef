"""The table of reloaders against the tools themselves, those that are installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from autoreload.core.reloaders import TABLE, Reloader

INSTALLED = {
    "manage.py": ("django", "runserver"),
    "flask": ("flask", "run"),
    "uvicorn": ("uvicorn",),
    "gunicorn": ("gunicorn",),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
}


@pytest.mark.parametrize(
    "record",
    [record for record in TABLE if record.programs[0] in INSTALLED],
    ids=lambda record: record.programs[0],
)
def test_the_options_are_the_tools_own(record: Reloader, tmp_path: Path) -> None:
    """Of short options nothing is asked, help prints them in too many ways."""
    done = subprocess.run(
        [sys.executable, "-m", *INSTALLED[record.programs[0]], "--help"],
        cwd=tmp_path,
        env={"COLUMNS": "200", "NO_COLOR": "1", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    known = done.stdout.replace("[", " ").replace(",", " ").replace("]", " ").split()
    options = (*record.flags, *record.valued, *record.added)
    assert [one for one in options if one not in known] == []
