"""Names of installed packages as they are loaded and missed, in interpreters of their own."""

import json
from pathlib import Path

from tests.children import output

NOTES = """
import json, sys
from autoreload.watch.traces import Traces
notes = []
traces = Traces()
traces.installed.on_note = lambda folder, name, at_ns, is_missing: notes.append(
    (folder.rpartition("/")[2], name, is_missing, at_ns > 1_700_000_000 * 10**9)
)
traces.install()
sys.path[:0] = {path!r}
"""


def noted(code: str, folder: Path, *path: str) -> list[tuple[str, str, bool]]:
    """Run code, and tell what was noted on the way."""
    start = NOTES.format(path=[str(folder / one) for one in path])
    text = output(f"{start}{code}\ntraces.collect_modules()\nprint(json.dumps(notes))", cwd=folder)
    notes = json.loads(text.splitlines()[-1])
    assert all(is_recent for *_, is_recent in notes)
    return [
        (place, name, is_missing)
        for place, name, is_missing, _ in notes
        if place != "site-packages" or (folder / "site-packages").exists()
    ]


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")


def test_each_package_is_noted_once_by_its_name(tmp_path: Path) -> None:
    make(tmp_path, "dist-packages/a/__init__.py", "dist-packages/a/b.py", "dist-packages/six.py")
    make(tmp_path, "dist-packages/space/c/__init__.py", "mine.py")
    code = "import a.b, six, mine, colorsys, space.c"
    assert noted(code, tmp_path, "dist-packages", "") == [
        ("dist-packages", "a", False),
        ("dist-packages", "six", False),
        ("dist-packages", "space", False),
    ]


def test_what_is_missed_is_noted_where_it_would_be_installed(tmp_path: Path) -> None:
    make(tmp_path, "dist-packages/a/__init__.py", "dist-packages/space/c.py")
    code = """
for name in ("gone", "gone", "a.gone", "space.gone", "space.gone.deep"):
    try:
        __import__(name)
    except ImportError:
        pass
"""
    found = [one for one in noted(code, tmp_path, "dist-packages") if one[0] == "dist-packages"]
    assert found == [
        ("dist-packages", "gone", True),
        ("dist-packages", "a", False),
        ("dist-packages", "space/gone", True),
    ]


def test_what_was_missed_and_then_loaded_counts_as_loaded(tmp_path: Path) -> None:
    make(tmp_path, "dist-packages/a.py")
    code = """
import importlib, os
try:
    import late
except ImportError:
    os.rename("dist-packages/a.py", "dist-packages/late.py")
    importlib.invalidate_caches()
    import late
"""
    # The library looks for modules of other systems on its way: `nt`, `_winapi`.
    found = [one for one in noted(code, tmp_path, "dist-packages") if one[1] == "late"]
    assert found == [("dist-packages", "late", True), ("dist-packages", "late", False)]


def test_autorun_itself_is_not_noted(tmp_path: Path) -> None:
    """The outer stays the one that it is, whatever is installed in its place."""
    make(tmp_path, "dist-packages/autoreload/other.py", "dist-packages/a.py")
    code = "import autoreload\nautoreload.__path__.append('dist-packages/autoreload')\n"
    code += "import autoreload.other, a"
    assert noted(code, tmp_path, "dist-packages") == [("dist-packages", "a", False)]
