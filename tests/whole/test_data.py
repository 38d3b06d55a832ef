"""Data that a program reads belongs to it as its code does; what it writes itself never does."""

import os
from pathlib import Path

import pytest

from tests.driver import App

SERVE = """
import json, os, pathlib, sqlite3, time
import ware
{read}
print("text", text, "ware", ware.VERSION, flush=True)
while True:
    time.sleep(0.02)
    {then}
"""

WARE = "VERSION = 1\n"


def program(app: App, read: str, *, then: str = "pass") -> App:
    """A program that reads something at its start, and stays; `ware.py` is edited to end a test."""
    app.write("ware.py", WARE)
    app.write("app.py", SERVE.format(read=read, then=then))
    return app


def restarted_only_by_a_save(app: App, *, restarts: int = 0) -> None:
    """A later save restarts, and so nothing that went before it did."""
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("ware 2")
    app.assert_restarts(restarts + 1)
    app.wait_for(r"ware\.py changed, (restarting|ready)")
    app.stop()


READ = "text = open({name!r}).read()"
OPTIONAL = """
try:
    text = open({name!r}).read()
except OSError:
    text = "nothing"
"""

GUARDED = """
try:
    from {module} import text
except ImportError:
    text = "nothing"
"""


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("app.yaml", READ),
        ("config/deep/app.json", "text = json.load(open({name!r}))"),
        (".env", READ),
        ("schema.sql", "text = pathlib.Path({name!r}).read_text()"),
        ("page.html", "text = os.read(os.open({name!r}, os.O_RDONLY), 9).decode()"),
        ("no ending", READ),
    ],
)
def test_what_is_read_at_the_start_restarts(app: App, name: str, read: str) -> None:
    program(app, read.format(name=name))
    app.write(name, "1")
    app.start("app.py")
    app.wait_for("text 1")
    app.edit(name, "2")
    app.wait_for(f"{name} changed, (restarting|ready)")
    app.wait_for("text 2")
    restarted_only_by_a_save(app, restarts=1)


def test_what_git_ignores_restarts_when_it_was_read(app: App) -> None:
    """The usual fate of a .env: ignored by git, and needed by the program."""
    program(app, READ.format(name=".env"))
    app.write(".env", "1")
    app.write(".gitignore", ".env\n")
    app.start("app.py")
    app.wait_for("text 1")
    app.edit(".env", "2")
    app.wait_for("text 2")
    app.stop()


def test_a_touch_of_data_restarts_nothing(app: App) -> None:
    program(app, READ.format(name="app.yaml"))
    path = app.write("app.yaml", "1")
    app.start("--verbose", "app.py")
    app.wait_for("ready in")
    path.touch()
    app.wait_for(r"app\.yaml written with the same content")
    restarted_only_by_a_save(app)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (".env", OPTIONAL),
        ("config.json", OPTIONAL),
        ("config/deep/app.yaml", OPTIONAL),
        ("local_settings.py", GUARDED.format(module="local_settings")),
        ("package/local.py", GUARDED.format(module="package.local")),
    ],
)
def test_what_was_missing_restarts_when_it_comes(app: App, name: str, read: str) -> None:
    program(app, read.format(name=name))
    app.write("package/__init__.py", "")
    app.start("app.py")
    app.wait_for("text nothing")
    (app.project / name).parent.mkdir(parents=True, exist_ok=True)
    app.edit(name, "text = 2")
    app.wait_for(f"{name} changed, (restarting|ready)")
    app.wait_for("text (text = )?2")
    restarted_only_by_a_save(app, restarts=1)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("config.json", READ),
        ("config/deep/app.json", READ),
        ("absent.py", "from absent import text"),
        ("absent/__init__.py", "from absent import text"),
    ],
)
def test_a_program_that_failed_wakes_when_what_it_missed_comes(
    app: App, name: str, read: str
) -> None:
    program(app, read.format(name=name))
    app.start("app.py")
    app.wait_for("waiting for a change")
    (app.project / name).parent.mkdir(parents=True, exist_ok=True)
    app.edit(name, "text = 2")
    app.wait_for("text (text = )?2")
    restarted_only_by_a_save(app, restarts=1)


def test_a_missing_module_may_come_wherever_the_path_leads(app: App) -> None:
    shared = app.folder / "shared"
    shared.mkdir()
    program(app, "from absent import text")
    app.start("app.py", env={"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{shared}"})
    app.wait_for("waiting for a change")
    (shared / "absent.py").write_text("text = 2")
    app.wait_for("text 2")
    app.stop()


def test_a_program_that_failed_over_its_data_wakes_when_that_is_repaired(app: App) -> None:
    program(app, "text = json.load(open('config.json'))")
    app.write("config.json", "{")
    app.start("app.py")
    app.wait_for("waiting for a change")
    app.edit("config.json", "2")
    app.wait_for("text 2")
    app.stop()


def test_a_module_that_would_be_found_first_restarts(app: App) -> None:
    """A package in place of the module of its name, as when a file has grown too large."""
    program(app, "from inner import text")
    app.write("inner.py", "text = 1")
    app.start("app.py")
    app.wait_for("text 1")
    (app.project / "inner").mkdir()
    app.edit("inner/__init__.py", "text = 2")
    app.wait_for(r"inner/__init__\.py changed, (restarting|ready)")
    app.wait_for("text 2")
    restarted_only_by_a_save(app, restarts=1)


def test_a_file_that_nobody_asked_for_restarts_nothing(app: App) -> None:
    program(app, OPTIONAL.format(name="config.json"))
    app.write("package/__init__.py", "")
    app.start("app.py")
    app.wait_for("ready in")
    for name in ("other.py", "other.json", "notes.txt", "package/new.py", "absent/__init__.py"):
        (app.project / name).parent.mkdir(exist_ok=True)
        app.edit(name, "text = 2")
    restarted_only_by_a_save(app)


BASE = (
    "base = sqlite3.connect('data.db', timeout=60); "
    "base.execute('CREATE TABLE IF NOT EXISTS a (b)')"
)

WRITE_AHEAD = "base.execute('PRAGMA journal_mode=WAL'); base.execute('INSERT INTO a VALUES (0)')"
OWN = {
    "log": (
        "import logging; logging.basicConfig(filename='app.log'); text = 'log'",
        "logging.warning('once more')",
    ),
    "log that is read": (
        "log = open('app.log', 'a'); text = len(open('app.log').read()) > -1",
        "log.write('once more'); log.flush()",
    ),
    "database": (
        f"{BASE}; text = open('data.db', 'rb').read(0)",
        "base.execute('INSERT INTO a VALUES (1)'); base.commit()",
    ),
    "database with a log": (
        f"{BASE}; {WRITE_AHEAD}; text = open('data.db-wal', 'rb').read(0)",
        "base.execute('INSERT INTO a VALUES (1)'); base.commit()",
    ),
    "state that is read first": (
        "text = int(open('state').read() or 0)",
        "text += 1; open('state', 'w').write(str(text))",
    ),
    "state by way of another name": (
        "text = int(open('state').read() or 0)",
        "text += 1; open('new', 'w').write(str(text)); os.replace('new', 'state')",
    ),
    "state that was not there": (
        OPTIONAL.format(name="new-state"),
        "open('new-state', 'a').write('x')",
    ),
    "state by way of a link": (
        "text = int(open('link').read() or 0)",
        "text += 1; open('link', 'w').write(str(text))",
    ),
    "state by way of a link to a folder elsewhere": (
        "text = int(open('var/state').read() or 0)",
        "text += 1; open('../var/state', 'w').write(str(text))",
    ),
    "a link that it turns itself": (
        "text = open('latest').read()",
        "os.symlink(os.readlink('latest')[::-1], 'new'); os.replace('new', 'latest')",
    ),
    "a link that it replaces by a file": (
        "text = open('latest').read()",
        "open('new', 'w').write(str(time.time())); os.replace('new', 'latest')",
    ),
    "what it takes away": (
        "text = open('note').read() if os.path.exists('note') else ''",
        "os.path.exists('note') and os.remove('note')",
    ),
    "uploads": (
        "text = 0; os.makedirs('uploads', exist_ok=True)",
        "text += 1; open(f'uploads/{text % 9}.png', 'w').write(str(text))",
    ),
}


@pytest.mark.parametrize("read", [*OWN])
def test_what_the_program_writes_never_restarts(app: App, read: str) -> None:
    start, then = OWN[read]
    count = "turns = globals().get('turns', 0) + 1; turns == 40 and print('forty', flush=True)"
    program(app, start, then=f"{then}; {count}")
    for name in ("state", "one", "eno", "note", "../var/state"):
        app.write(name, "0")
    for name, place in (("link", "state"), ("latest", "one"), ("var", "../var")):
        (app.project / name).symlink_to(place)
    app.start("app.py")
    app.wait_for("forty")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("ware 2")
    # The second run reads what the first has written.
    app.wait_for("forty", times=2)
    app.edit("ware.py", "VERSION = 3\n")
    app.wait_for("ware 3")
    app.assert_restarts(2)
    app.stop()


# Some turns after the sign, so that word of `ready` has long arrived by then.
LATER = """turns = globals().get("turns", 0) + os.path.exists("go")
    if turns > 10:
        print("page", open("page.html").read(), flush=True)
"""


def test_what_is_read_while_serving_restarts_nothing(app: App) -> None:
    program(app, "text = 1", then=LATER)
    app.write("page.html", "1")
    app.start("app.py")
    app.wait_for("ready in")
    app.edit("go", "")
    app.wait_for("page 1")
    app.edit("page.html", "2")
    app.wait_for("page 2")
    restarted_only_by_a_save(app)


def test_what_is_read_while_serving_restarts_when_it_is_named(app: App) -> None:
    program(app, "text = 1", then=LATER)
    app.write("page.html", "1")
    app.start("--watch", "*.html", "app.py")
    app.wait_for("ready in")
    app.edit("go", "")
    app.wait_for("page 1")
    app.edit("page.html", "2")
    app.wait_for(r"page\.html changed, (restarting|ready)")
    app.stop()


def test_without_data_only_modules_restart(app: App) -> None:
    program(app, READ.format(name="app.yaml") + "\n" + "optional = os.path.exists('.env')")
    app.write("app.yaml", "1")
    app.start("--no-data", "app.py")
    app.wait_for("ready in")
    app.edit("app.yaml", "2")
    restarted_only_by_a_save(app)
    assert app.count("text 1") == 1, app.said()


def test_what_git_ignores_and_only_a_glob_finds_is_left_alone(app: App) -> None:
    """Who names the file or its folder means it; so does who reads it."""
    program(app, READ.format(name="read.yaml"))
    app.write(".gitignore", "local.yaml\n/build/\nread.yaml\n")
    for name in ("local.yaml", "build/b.yaml", "kept.yaml", "read.yaml"):
        app.write(name, "1")
    app.start("--watch", "*.yaml", "--watch", "b*/**/*.yaml", "app.py")
    app.wait_for("ready in")
    for name in ("local.yaml", "build/b.yaml", "build/new.yaml"):
        app.edit(name, "2")
    app.edit("kept.yaml", "2")
    app.wait_for(r"kept\.yaml changed, (restarting|ready)")
    app.wait_for("ready in", times=2)
    app.edit("read.yaml", "2")
    app.wait_for("text 2")
    restarted_only_by_a_save(app, restarts=2)


@pytest.mark.parametrize(
    ("watched", "edited"),
    [("local.yaml", "local.yaml"), ("build", "build/b.yaml"), ("build/*.yaml", "build/b.yaml")],
)
def test_what_git_ignores_is_watched_when_it_is_named(app: App, watched: str, edited: str) -> None:
    program(app, "text = 1")
    app.write(".gitignore", "local.yaml\n/build/\n")
    app.write(edited, "1")
    app.start("--watch", watched, "app.py")
    app.wait_for("ready in")
    app.edit(edited, "2")
    app.wait_for(f"{edited} changed, (restarting|ready)")
    app.stop()


@pytest.mark.parametrize("options", [[], ["--watch", "*.yaml"]], ids=["read", "named"])
def test_an_ignore_beats_data(app: App, options: list[str]) -> None:
    program(app, READ.format(name="app.yaml"))
    app.write("app.yaml", "1")
    app.start("--ignore", "*.yaml", *options, "app.py")
    app.wait_for("ready in")
    app.edit("app.yaml", "2")
    restarted_only_by_a_save(app)


PLUGINS = """
text = {}
for path in sorted(pathlib.Path("plugins").glob("*.py")):
    exec(compile(path.read_text(), str(path), "exec"), text)
text = text["NAME"]
"""


def test_a_plugin_that_the_program_compiles_by_itself(app: App) -> None:
    """It never stands in sys.modules; one that does not compile is held like any other source."""
    program(app, PLUGINS)
    app.write("plugins/a.py", "NAME = 1")
    app.start("app.py")
    app.wait_for("text 1")
    app.edit("plugins/a.py", "NAME = (")
    app.wait_for("Held, the previous code keeps running")
    app.edit("plugins/a.py", "NAME = 2")
    app.wait_for(r"plugins/a\.py changed, (restarting|ready)")
    app.wait_for("text 2")
    restarted_only_by_a_save(app, restarts=1)


def test_data_of_a_name_that_is_no_utf8(app: App) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    program(app, "text = open(b'caf\\xe9.txt').read()")
    Path(app.project / name).write_text("1")
    app.start("app.py")
    app.wait_for("text 1")
    app.edit(name, "2")
    app.wait_for("text 2")
    app.stop()


def test_a_pipe_and_a_device_are_left_alone(app: App) -> None:
    os.mkfifo(app.folder / "pipe")
    program(app, "text = open('/dev/null').read() or os.open('../pipe', os.O_RDWR) > 0")
    app.start("app.py")
    app.wait_for("text True")
    restarted_only_by_a_save(app)
