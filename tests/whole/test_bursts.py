"""Many files at once are one restart at the end, and never a boot on a half-written tree."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autoreload.core.changes import TOGETHER_S
from tests.driver import App, until
from tests.git import IDENTITY

MANY = 60
PROGRAM = f"""
import importlib, time
import lone
versions = {{importlib.import_module(f"m{{n:02}}").VERSION for n in range({MANY})}}
print("versions", sorted(versions), "lone", lone.VERSION, flush=True)
time.sleep(1000)
"""


def git(app: App, *words: str, code: int = 0) -> None:
    done = subprocess.run(
        ["git", *words],
        cwd=app.project,
        env={**os.environ, **IDENTITY},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr


def write_all(app: App, version: int) -> None:
    # Not by `write`, which dates files back: git takes equal size in an old second for no change.
    for number in range(MANY):
        app.edit(f"m{number:02}.py", f"VERSION = {version}\n")


def start(app: App, *options: str, version: int = 1) -> None:
    """Start the program, and wait until it has all of the tree and is watched by events."""
    app.start(*options, "app.py")
    app.wait_for(rf"versions \[{version}\] lone 1")
    app.wait_for("ready in")


def commit_all(app: App, text: str) -> None:
    git(app, "add", ".")
    git(app, "commit", "--quiet", "-m", text)


@pytest.fixture
def project(app: App) -> App:
    """A repository in which `main` is version 1 and `other` is version 2 of every module."""
    app.write(".gitignore", "__pycache__/\n")
    app.write("app.py", PROGRAM)
    app.write("lone.py", "VERSION = 1\n")
    write_all(app, 1)
    git(app, "init", "--quiet", "--initial-branch=main")
    commit_all(app, "one")
    git(app, "checkout", "--quiet", "-b", "other")
    write_all(app, 2)
    commit_all(app, "two")
    git(app, "checkout", "--quiet", "main")
    return app


def restarts(app: App) -> int:
    return app.count("changed, (restarting|ready)")


def end_with_a_lone_save(app: App, said: int = 0) -> None:
    """It restarts once, shows that nothing else was to come, and no tree was ever half written.

    What the program had said up to `said` is left out.
    """
    before = restarts(app)
    app.edit("lone.py", "VERSION = 99\n")
    app.wait_for("lone 99")
    app.assert_restarts(before + 1)
    seen = re.findall(r"versions (\[.*?\])", app.out()[said:])
    assert [one for one in seen if "," in one] == [], app.said()
    app.stop()


@pytest.mark.parametrize("options", [(), ("--poll=0.2",)], ids=["events", "poll"])
def test_a_switch_of_branches_is_one_restart(project: App, options: tuple[str, ...]) -> None:
    start(project, *options)
    for turn, (branch, version) in enumerate((("other", 2), ("main", 1), ("other", 2)), 1):
        git(project, "checkout", "--quiet", branch)
        project.wait_for(
            rf"versions \[{version}\]", times=(turn + 2) // 2 if version == 1 else (turn + 1) // 2
        )
        project.wait_for("ready in", times=turn + 1)
        project.assert_restarts(turn)
    end_with_a_lone_save(project)


def test_a_switch_while_booting_is_one_restart(project: App) -> None:
    """Right after the first module was read, when no event arrives yet."""
    project.replace("app.py", "import lone\n", "import lone\nprint('booting', flush=True)\n")
    git(project, "commit", "--quiet", "-am", "says when it boots")
    git(project, "checkout", "--quiet", "-b", "third")
    write_all(project, 3)
    commit_all(project, "three")
    git(project, "checkout", "--quiet", "main")
    project.start("app.py")
    project.wait_for("booting")
    git(project, "checkout", "--quiet", "third")
    project.wait_for(r"versions \[3\]")
    project.edit("lone.py", "VERSION = 99\n")
    project.wait_for("lone 99")
    # The first run may have read some of either; every later one has a whole tree.
    seen = re.findall(r"versions (\[.*?\])", project.out())
    assert [one for one in seen[1:] if one != "[3]"] == [], project.said()
    project.stop()


def test_a_stash_and_its_return_are_one_restart_each(project: App) -> None:
    write_all(project, 3)
    start(project, version=3)
    git(project, "stash", "--quiet")
    project.wait_for(r"versions \[1\]")
    project.wait_for("ready in", times=2)
    git(project, "stash", "pop", "--quiet")
    project.wait_for(r"versions \[3\]", times=2)
    project.assert_restarts(2)
    end_with_a_lone_save(project)


def test_a_rebase_is_one_restart(project: App) -> None:
    """Of a branch with five commits onto one in which every module is another."""
    git(project, "checkout", "--quiet", "-b", "feature")
    for number in range(5):
        project.write(f"extra{number}.py", "")
        commit_all(project, f"extra {number}")
    start(project)
    git(project, "rebase", "--quiet", "other")
    project.wait_for(r"versions \[2\]")
    project.assert_restarts(1)
    end_with_a_lone_save(project)


def test_a_rebase_that_stops_at_a_conflict_keeps_the_running_app(project: App) -> None:
    project.edit("m00.py", "VERSION = 1  # ours\n")
    commit_all(project, "at odds")
    start(project)
    git(project, "rebase", "other", code=1)
    project.wait_for(r"m00\.py:\d+:\d+: SyntaxError.* Held")
    git(project, "rebase", "--abort")
    project.wait_for("the running code is current")
    assert restarts(project) == 0, project.said()
    project.edit("lone.py", "VERSION = 99\n")
    project.wait_for("lone 99")
    project.assert_restarts(1)
    project.stop()


def test_while_git_holds_its_lock_nothing_restarts_and_it_is_said(project: App) -> None:
    lock = project.project / ".git" / "index.lock"
    start(project)
    lock.touch()
    project.edit("m00.py", "VERSION = 2\n")
    project.wait_for("git is writing the files, restarting when it is done")
    write_all(project, 2)
    assert restarts(project) == 0, project.said()
    lock.unlink()
    project.wait_for(r"versions \[2\]")
    project.assert_restarts(1)
    assert project.count("git is writing") == 1, project.said()
    end_with_a_lone_save(project)


def test_a_lock_that_was_left_behind_is_not_waited_for_for_ever(project: App) -> None:
    (project.project / ".git" / "index.lock").touch()
    start(project)
    project.edit("lone.py", "VERSION = 2\n")
    project.wait_for("git is writing the files")
    project.wait_for("lone 2")
    project.stop()


def rewrite(app: App, version: int) -> None:
    """Rewrite every module as a formatter does, one by one."""
    for number in range(MANY):
        app.edit(f"m{number:02}.py", f"VERSION = {version}\n")
        time.sleep(0.005)


def is_one_restart(app: App, version: int) -> bool:
    """Rewrite all; whether that was one restart, and no run has seen a part of it."""
    before, said = restarts(app), len(app.out())
    rewrite(app, version)
    app.wait_for(rf"versions \[{version}\]")
    until(lambda: restarts(app) > before, app.said)
    app.wait_for(r"ready in .*\n\Z", stream="err")
    seen = set(re.findall(r"versions (\[.*?\])", app.out()[said:]))
    return restarts(app) == before + 1 and seen == {f"[{version}]"}


def test_a_formatter_is_one_restart(project: App) -> None:
    """Where autorun, or the formatter, gets no processor for a while, it may be two."""
    start(project)
    tries = [is_one_restart(project, version) for version in range(2, 9)]
    assert tries.count(True) > len(tries) / 2, project.said()
    end_with_a_lone_save(project, len(project.out()))


def test_a_lone_save_restarts_once(project: App) -> None:
    start(project)
    for version in (2, 3):
        project.edit("lone.py", f"VERSION = {version}\n")
        project.wait_for(f"lone {version}")
        project.wait_for("ready in", times=version)
    project.assert_restarts(2)
    end_with_a_lone_save(project)


def vim_with_backup(path: Path, text: str) -> None:
    """With 'backup' and 'backupcopy=no': 4913 tries the folder, the backup stays."""
    swap = path.with_name(f".{path.name}.swp")
    swap.write_bytes(b"b0VIM 9.0")
    probe = path.with_name("4913")
    probe.touch()
    probe.unlink()
    path.replace(path.with_name(f"{path.name}~"))
    path.write_text(text)
    swap.unlink()


def jetbrains(path: Path, text: str) -> None:
    """Its safe write: beside, the old one away, the fresh one in its place."""
    fresh, old = (
        path.with_name(f"{path.name}___jb_tmp___"),
        path.with_name(f"{path.name}___jb_old___"),
    )
    fresh.write_text(text)
    path.replace(old)
    fresh.replace(path)
    old.unlink()


def emacs(path: Path, text: str) -> None:
    """A lock that leads nowhere, an autosave, a backup by copy, and the text in place."""
    lock, autosave = path.with_name(f".#{path.name}"), path.with_name(f"#{path.name}#")
    lock.symlink_to("somebody@somewhere.1")
    autosave.write_text(text)
    path.with_name(f"{path.name}~").write_text(path.read_text())
    path.write_text(text)
    autosave.unlink()
    lock.unlink()


def formatted_on_save(path: Path, text: str) -> None:
    """The editor saves, and its formatter saves again at once."""
    path.write_text(text.replace(" ", "  "))
    path.write_text(text)


@pytest.mark.parametrize("options", [(), ("--watch", ".")], ids=["loaded", "named"])
@pytest.mark.parametrize(
    "save", [vim_with_backup, jetbrains, emacs, formatted_on_save], ids=lambda save: save.__name__
)
def test_each_editor_restarts_once(
    app: App, save: Callable[[Path, str], None], options: tuple[str, ...]
) -> None:
    """Also where the whole folder is named, and with it whatever an editor leaves for a moment."""
    app.write(
        "app.py", "import lone, time\nprint('lone', lone.VERSION, flush=True)\ntime.sleep(1000)\n"
    )
    path = app.write("lone.py", "VERSION = 1\n")
    app.start(*options, "app.py")
    longest_s = 0.0
    for version in (2, 3):
        app.wait_for("ready in", times=version - 1)
        began = time.monotonic()
        save(path, f"VERSION = {version}\n")
        longest_s = max(longest_s, time.monotonic() - began)
        app.wait_for(f"lone {version}")
    app.wait_for("ready in", times=3)
    app.edit("lone.py", "VERSION = 9\n")
    app.wait_for("lone 9")
    if longest_s < TOGETHER_S:  # who is kept from the processor between two writes saves twice
        app.assert_restarts(3)
    app.stop()
