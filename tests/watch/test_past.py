"""What a process has taken in, and that a fresh one would find it otherwise; in interpreters of
their own, as audit hooks stay for good."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.runs import run

OPEN = """\
import os, sys
sys.path.insert(0, os.getcwd())
from autoreload.watch.past import Past
from autoreload.watch.traces import Traces
traces = Traces()
traces.install()
past = Past(traces, os.getcwd())
past.install()
def differs():
    found = [f"{os.path.basename(one.path)}: {one.reason}" for one in past.differences()]
    if stale := past.stale_installed():
        found.append(stale)
    print("then", *found)
"""


def told(folder: Path, before: str, change: str) -> str:
    """What differs after a change of what was taken in before."""
    for name in ("mod.py", "data.txt"):
        if not (folder / name).exists():
            (folder / name).write_text("VALUE = 1\n")
            os.utime(folder / name, (time.time() - 60,) * 2)
    path = f"{Path(__file__).parents[2]}:{os.environ.get('PYTHONPATH', '')}"
    text = f"{OPEN}{before}\npast.settle()\ndiffers()\n{change}\ndiffers()\n"
    outcome = run([sys.executable, "-c", text], folder, env={"PYTHONPATH": path})
    assert outcome.code == 0, outcome.err
    first, second = outcome.out.splitlines()
    assert first == "then", "nothing has changed yet"
    return second.removeprefix("then").strip()


@pytest.mark.parametrize(
    ("before", "change", "found"),
    [
        ("import mod", "open('mod.py', 'a').write('#')", "mod.py: modified"),
        ("import mod", "os.utime('mod.py')", ""),
        ("import mod", "os.unlink('mod.py')", "mod.py: deleted"),
        ("import mod", "os.mkdir('mod'); open('mod/__init__.py', 'w')", "found first now"),
        ("open('data.txt').read()", "open('data.txt', 'a').write('x')", "data.txt: read before"),
        ("os.open('data.txt', os.O_RDONLY)", "os.unlink('data.txt')", "data.txt: read before"),
        ("os.path.exists('data.txt')", "os.unlink('data.txt')", "data.txt: asked for before"),
        ("os.path.isfile('none')", "os.mkdir('none')", "none: asked for before"),
        ("os.path.exists('data.txt')", "open('data.txt', 'w').write('x')", ""),
        ("os.path.exists('/tmp/none')", "", ""),
        ("open('new.txt', 'w').close()", "open('new.txt', 'w').write('x')", "new.txt: written"),
        ("open('new.txt', 'w').close()", "os.unlink('new.txt')", "new.txt: written"),
        ("open('new.txt', 'w').close(); os.unlink('new.txt')", "", ""),
        ("open('new.txt', 'x').close(); os.unlink('new.txt')", "open('new.txt', 'w')", "written"),
        ("os.mkdir('new')", "os.rmdir('new')", "new: written"),
        ("os.mkdir('new')", "open('new/file', 'w')", ""),
        ("os.rename('data.txt', 'new')", "os.rename('new', 'data.txt')", "data.txt: written"),
        ("import tempfile; keep = tempfile.mkdtemp()", "os.rmdir(keep)", "written"),
        ("os.open('new', os.O_CREAT | os.O_WRONLY)", "os.unlink('new')", "new: written"),
        ("os.open('new', os.O_CREAT | os.O_APPEND | os.O_WRONLY)", "os.unlink('new')", ""),
        ("open('new.txt', 'a').close()", "open('new.txt', 'w').write('x')", ""),
        ("open('data.txt', 'r+').close()", "open('data.txt', 'w').write('x')", "read before"),
        ("os.listdir('.')", "open('more.txt', 'w')", "listed before"),
        ("list(os.scandir('.'))", "open('more.txt', 'w')", "listed before"),
        ("import glob; glob.glob('*.py')", "open('more.txt', 'w')", "listed before"),
        ("os.listdir('/tmp')", "open('more.txt', 'w')", ""),
        (
            "try:\n    import gone\nexcept ImportError: pass",
            "open('gone.py', 'w')",
            "gone.py: found first now",
        ),
        (
            "try:\n    import gone\nexcept ImportError: pass",
            "os.mkdir('gone')",
            "gone: a folder that imports look for",
        ),
        (
            "try:\n    open('none.txt')\nexcept OSError: pass",
            "open('none.txt', 'w')",
            "none.txt: read before",
        ),
        (
            "import sqlite3; sqlite3.connect('data.txt').close()",
            "open('data.txt', 'w').write('x')",
            "data.txt: read before",
        ),
        ("past.close(); open('data.txt').read()", "os.unlink('data.txt')", ""),
    ],
)
def test_what_was_taken_in_is_looked_at(
    tmp_path: Path, before: str, change: str, found: str
) -> None:
    answer = told(tmp_path, before, change)
    assert (found in answer) if found else (answer == ""), answer


def test_what_is_installed_counts_by_its_folder(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    os.utime(installed, (time.time() - 60,) * 2)
    before = f"sys.path.append({str(installed)!r}); past.look_at_installed()"
    answer = told(tmp_path, before, f"open({str(installed / 'new.py')!r}, 'w')")
    assert answer == "site-packages: packages were installed"


def test_an_installed_file_that_is_written_in_place_is_another_past(tmp_path: Path) -> None:
    module = tmp_path / "site-packages" / "lib.py"
    module.parent.mkdir()
    module.write_text("VALUE = 1\n")
    before = (
        f"sys.dont_write_bytecode = True; sys.path.append({str(module.parent)!r})\n"
        "import lib, time; past.look_at_installed(); time.sleep(0.02)"  # a tick of its clock
    )
    assert told(tmp_path, before, f"open({str(module)!r}, 'a').close()") == ""
    change = f"with open({str(module)!r}, 'a') as file: file.write('VALUE = 2')"
    assert told(tmp_path, before, change).endswith("lib.py: installed, and written since")


def test_what_the_program_writes_after_it_was_read_is_another_past(tmp_path: Path) -> None:
    """The watcher leaves it alone, as every run would restart itself."""
    before = "text = open('data.txt').read()"
    change = "open('data.txt', 'w').write(text + '1'); traces.loaded.clear()"
    assert told(tmp_path, before, change) == "data.txt: read before"
