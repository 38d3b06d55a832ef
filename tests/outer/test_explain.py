"""Why a path is watched, or why it is not: every reason there is."""

import os
from pathlib import Path

import pytest

from autoreload.core.changes import Loaded
from autoreload.core.options import Options
from autoreload.outer.child import Child
from autoreload.outer.explain import Explain
from autoreload.outer.watching import Watching
from autoreload.watch.probes import MISSED, NOTHING

FILES = (
    *("a.py", "below.py", "named.yaml", "ignored.yaml", "own.log", "other.txt", "folder/b.txt"),
    *("site-packages/c.py", ".git/config", "node_modules/d.js", "cached/e.html", "left.yaml"),
)


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    """One run that has loaded, read and missed something of each kind."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("left.yaml\n")
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "loop").symlink_to("loop")
    child = Child(os.getpid(), None)
    child.loaded[f"{tmp_path}/a.py"] = Loaded(f"{tmp_path}/a.py", None, reason="loaded as a")
    child.loaded[f"{tmp_path}/ignored.yaml"] = Loaded(f"{tmp_path}/ignored.yaml", None)
    child.below[f"{tmp_path}/below.py"] = Loaded(f"{tmp_path}/below.py", None)
    child.links.note([(f"{tmp_path}/link", "a.py")])
    child.probes.note(str(tmp_path), "absent", MISSED)
    child.probes.note(str(tmp_path), "json", NOTHING)
    options = Options(watch=("*.yaml",), ignore=("ignored.yaml",))
    watching = Watching(options, str(tmp_path), lambda line: None)
    watching.add_pattern("*.yaml")
    watching.add_cached(str(tmp_path / "cached"), "*.html", since_ns=2**63)
    watching.follow(child, inner=True)
    return Explain(child, watching, str(tmp_path), [f"{tmp_path}/own.log"])


FIRST = "not there; an import would find it first, so the program restarts when it comes"
OWN = "not watched: the program writes it itself; --watch would watch it all the same"
INSTALLED = "not watched: it belongs to an installed package; installing that again restarts"
UNREAD = "not watched: the program has not read it while it started"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a.py", "loaded as a"),
        ("below.py", "loaded by a child"),
        ("named.yaml", "named by --watch"),
        ("cached/e.html", "cached by the framework"),
        ("absent.py", "missing, looked for by import absent"),
        ("json.py", FIRST),
        ("ignored.yaml", "not watched: --ignore names it"),
        ("own.log", OWN),
        ("folder", "not watched: a folder is watched as a whole by --watch alone"),
        ("site-packages/c.py", INSTALLED),
        (".git/config", "not watched: .git is nobody's own code"),
        ("node_modules/d.js", "not watched: node_modules is nobody's own code"),
        ("nowhere", "not watched: it is not there, and nobody asked for it"),
        ("loop", "not watched: it is not there, and nobody asked for it"),
        ("left.yaml", f"{UNREAD}, and a .gitignore names it; --watch left.yaml would watch it"),
        ("other.txt", f"{UNREAD}; --watch would watch it"),
    ],
)
def test_every_reason(explain: Explain, path: str, why: str) -> None:
    for typed in (path, f"./folder/../{path}"):
        assert [line.text.strip() for line in explain.asked(typed)] == [f"{path}: {why}"]


def test_a_link_is_explained_with_what_it_leads_to(explain: Explain) -> None:
    lines = [line.text.strip() for line in explain.asked("link")]
    assert lines == ["link: a link on the way to what was read", "a.py: loaded as a"]


def test_all_that_is_watched(explain: Explain) -> None:
    lines = [line.text.strip() for line in explain.asked("")]
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        *("a.py", "absent.py", "below.py", "cached/e.html", "link", "named.yaml"),
    ]
    assert lines[-1].startswith("5 files loaded, ")
