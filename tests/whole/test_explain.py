"""`--explain`: each file that is watched with its reason, and of any other why it is not."""

import pytest

from tests.driver import App

PROGRAM = """
import os, sys
sys.path += ["current", "site-packages"]
import ware
import installed
open("current/read.yaml").read()
open("own.log", "a").close()
for name in ("gone.yaml", "ignored.yaml"):
    try:
        open(name)
    except OSError:
        pass
try:
    import absent
except ImportError:
    pass
print("up", flush=True)
import time; time.sleep(100)
"""


@pytest.fixture
def project(app: App) -> App:
    """Something of each kind."""
    app.write("app.py", PROGRAM)
    app.write("releases/1/ware.py", "")
    app.write("releases/1/read.yaml", "")
    (app.project / "current").symlink_to("releases/1")
    app.write("site-packages/installed.py", "")
    app.write("named.yaml", "")
    app.write("ignored.yaml", "")
    app.write("other.txt", "")
    app.write("data/a.txt", "")
    app.write(".git/config", "")
    return app


WATCHED = ("--watch", "*.yaml", "--ignore", "ignored.yaml")

REASONS = {
    "absent.py": "missing, looked for by import absent",
    "app.py": "the target",
    "current": "a link on the way to what was read",
    "gone.yaml": "missing, looked for by {project}/app.py:10",
    "named.yaml": "named by --watch",
    "releases/1/absent.py": "missing, looked for by import absent",
    "releases/1/read.yaml": "read by {project}/app.py:6",
    "releases/1/ware.py": "loaded as ware by {project}/app.py:4",
}


def explained(app: App, *words: str) -> dict[str, str]:
    """What it says of which path; it leaves by itself."""
    app.start(*words, "app.py")
    assert app.wait() == 0, app.said()
    app.assert_nothing_left()
    lines = [line.removeprefix("[autorun]   ") for line in app.err().splitlines()]
    found = dict(line.split(": ", 1) for line in lines if ": " in line and line[0] != "[")
    return {path: reason.replace(str(app.project), "{project}") for path, reason in found.items()}


def test_everything_is_listed_with_its_reason(project: App) -> None:
    found = explained(project, *WATCHED, "--explain")
    # What the standard library looked for in vain is looked for in the project as well.
    ours = {
        path: why
        for path, why in found.items()
        if path[0] != "/" and ("absent" in path or "import " not in why)
    }
    assert ours == REASONS


@pytest.mark.parametrize("path", ["current/read.yaml", "own.log"])
def test_one_path_is_explained(project: App, path: str) -> None:
    own = "not watched: the program writes it itself; --watch would watch it all the same"
    read = {one: REASONS[one] for one in ("current", "releases/1/read.yaml")}
    expected = {"own.log": own} if path == "own.log" else read
    assert explained(project, *WATCHED, f"--explain={path}") == expected
