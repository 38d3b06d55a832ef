"""Links that are turned to another place: what was read by way of them is another file then."""

import sys
from pathlib import Path

import pytest

from tests.driver import App, until

SERVE = """
import time
{read}
print("text", text, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
@pytest.mark.parametrize("linked", ["now/file.py", "now"])
@pytest.mark.parametrize("what", ["script", "module", "data"])
def test_a_link_that_is_turned_restarts(
    app: App, what: str, linked: str, options: tuple[str, ...]
) -> None:
    """As `ln -sfn` does for a release or a stage."""
    for number in (1, 2):
        text = f"text = {number}\n"
        app.write(f"place{number}/file.py", SERVE.format(read=text) if what == "script" else text)
    read = "import sys; sys.path[:0] = ['now']\nfrom file import text"
    if what == "data":
        read = "text = open('now/file.py').read()[-2]"
    app.write("app.py", SERVE.format(read=read))
    link = app.project / linked
    link.parent.mkdir(exist_ok=True)
    place = "../place{}/file.py" if linked == "now/file.py" else "place{}"
    link.symlink_to(place.format(1))
    app.start(*options, "now/file.py" if what == "script" else "app.py")
    app.wait_for("text 1")
    beside = link.with_name("beside")
    beside.symlink_to(place.format(2))
    beside.replace(link)
    app.wait_for("text 2")
    assert app.stop_leaves_nothing() == 0


def turn(link: Path, place: str) -> None:
    """As `ln -sfn` does: a link beside it is renamed over it."""
    beside = link.with_name("beside")
    beside.symlink_to(place)
    beside.replace(link)


def releases(app: App) -> None:
    """Two releases, and links of each kind to the first of them; see LINKS."""
    for number in "12":
        app.write(f"releases/{number}/text.txt", number)
        app.write(f"releases/{number}/deep/text.txt", number)
        app.write(f"releases/{number}/ware.py", f"text = {number}\n")
        app.write(f"releases/{number}/part/ware.py", f"text = {number}\n")
    app.write("releases/2/late.txt", "2")
    app.write("releases/2/late.py", "text = 2\n")
    for name, place in LINKS.items():
        link = app.project / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(place.format(project=app.project, number=1))


LINKS = {
    "current": "releases/{number}",
    "absolute": "{project}/releases/{number}",
    "releases/stable": "{number}",
    "alias": "releases/stable",
    "stage.txt": "releases/{number}/text.txt",
    "now.txt": "stage.txt",
    "links/text.txt": "../releases/{number}/deep/text.txt",
    "inner": "releases/{number}/deep",
    "ware.py": "releases/{number}/ware.py",
}

DATA = "text = open({!r}).read()"
GUARDED = "try:\n    text = open({!r}).read()\nexcept OSError:\n    text = 1"
CODE = "import sys; sys.path.insert(0, {!r})\nfrom ware import text"
IMPORT = "import sys; sys.path.insert(0, 'current')\ntry:\n    from {} import text\n"
LATE = IMPORT + "except ImportError:\n    text = 1"

TURNED = [
    ("stage.txt", DATA.format("stage.txt")),
    ("stage.txt", DATA.format("now.txt")),
    ("links/text.txt", DATA.format("links/text.txt")),
    ("current", DATA.format("current/text.txt")),
    ("current", DATA.format("current/deep/text.txt")),
    ("absolute", DATA.format("absolute/text.txt")),
    ("releases/stable", DATA.format("alias/text.txt")),
    ("inner", DATA.format("inner/../text.txt")),
    ("current", GUARDED.format("current/late.txt")),
    ("current", CODE.format("current")),
    ("current", CODE.format("current/part")),
    ("absolute", CODE.format("absolute")),
    ("releases/stable", CODE.format("alias")),
    ("ware.py", "from ware import text"),
    ("current", "from current.ware import text"),
    ("current", LATE.format("late")),
    ("current", LATE.format("part.late")),
]


@pytest.mark.parametrize(("turned", "read"), TURNED)
def test_whichever_link_on_the_way_is_turned(app: App, turned: str, read: str) -> None:
    """Relative and absolute ones, links to links, in the middle of the path; data and code."""
    releases(app)
    if "part.late" in read:
        app.write("releases/2/part/late.py", "text = 2\n")
    app.write("app.py", SERVE.format(read=read))
    app.start("app.py")
    app.wait_for("text 1")
    turn(app.project / turned, LINKS[turned].format(project=app.project, number=2))
    app.wait_for("text 2")
    app.assert_restarts(1, turned)
    app.assert_restarts(1)
    assert app.stop_leaves_nothing() == 0
    assert "polling" not in app.err(), app.said()


@pytest.mark.parametrize("read", [DATA.format("current/late.txt"), "from current.late import text"])
def test_a_program_that_failed_wakes_when_a_link_is_turned(app: App, read: str) -> None:
    releases(app)
    app.write("app.py", SERVE.format(read=read))
    app.start("app.py")
    app.wait_for("waiting for a change")
    turn(app.project / "current", "releases/2")
    app.wait_for("text 2")
    assert app.stop_leaves_nothing() == 0


def test_a_link_that_leads_to_the_same_place_restarts_nothing(app: App) -> None:
    releases(app)
    app.write("app.py", SERVE.format(read=DATA.format("current/text.txt")))
    app.start("app.py")
    app.wait_for("ready in")
    turn(app.project / "current", "releases/1")
    turn(app.project / "current", str(app.project / "releases" / "1"))
    turn(app.project / "stage.txt", "nowhere")  # nobody asked for this one
    app.edit("releases/1/text.txt", "3")
    app.wait_for("text 3")
    app.assert_restarts(1)
    app.wait_for("releases/1/text.txt changed, (restarting|ready)")
    assert app.stop_leaves_nothing() == 0


def test_a_link_that_leads_out_of_the_project(app: App) -> None:
    """A .env of several projects, a release's link to what all of them share."""
    (app.folder / "shared.env").write_text("1")
    (app.folder / "other.env").write_text("3")
    (app.project / ".env").symlink_to("../shared.env")
    app.write("app.py", SERVE.format(read=DATA.format(".env")))
    app.start("app.py")
    app.wait_for("text 1")
    (app.folder / "shared.env").write_text("2")
    app.wait_for("text 2")
    turn(app.project / ".env", "../other.env")
    app.wait_for("text 3")
    app.assert_restarts(2)
    assert app.stop_leaves_nothing() == 0


def test_a_command_whose_link_is_turned(app: App) -> None:
    releases(app)
    code = "import time; print('text', open('current/text.txt').read(), flush=True); time.sleep(99)"
    app.start("--", sys.executable, "-c", code)
    app.wait_for("text 1")
    app.wait_for("ready in")
    turn(app.project / "current", "releases/2")
    app.wait_for("text 2")
    app.wait_for("current changed, (restarting|ready)")
    assert app.stop_leaves_nothing() == 0


def test_a_link_is_turned_while_the_program_starts(app: App) -> None:
    """Between what is read by way of it: nothing of both places may be left."""
    releases(app)
    read = (
        "import os; first = open('current/text.txt').read()\n"
        "print('first', first, flush=True)\n"
        "while not os.path.exists('go'):\n    time.sleep(0.01)\n"
        "text = first + open('current/deep/text.txt').read()"
    )
    app.write("app.py", SERVE.format(read=read))
    app.start("app.py")
    app.wait_for("first 1")
    turn(app.project / "current", "releases/2")
    app.edit("go", "")
    app.wait_for("text 22")
    until(lambda: app.count("restarting|changed, ready") == 1, app.said)
    assert app.stop_leaves_nothing() == 0
