"""What cannot be watched, named or lying around: a clear word or none, and all else goes on."""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Sequence

import pytest

from tests.driver import App

SERVE = """
import time
import ware
print("ware", ware.VERSION, flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def serving(app: App) -> App:
    """A program that stays; `ware.py` is edited to show that it is watched."""
    app.write("ware.py", "VERSION = 1\n")
    app.write("app.py", SERVE)
    return app


def restarts_by_a_save(app: App, *, restarts: int = 0) -> None:
    """A save restarts it, nothing else has beyond what is told, and nothing of ours has failed."""
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("ware 2")
    app.wait_for(r"ware\.py changed, (restarting|ready)")
    app.assert_restarts(restarts + 1)
    assert app.stop_leaves_nothing() == 0
    assert "autoreload" not in app.err(), app.said()


# --- names that mean nothing --------------------------------------------------------------------


@pytest.mark.parametrize("glob", ["[", "[z-a]", "a[", "**[", "[!]", "\\", "?" * 300])
def test_a_glob_that_is_none(serving: App, glob: str) -> None:
    serving.start("--watch", glob, "--ignore", "[", "app.py")
    serving.wait_for("ready in")
    assert f"--watch {glob} matches no file yet" in serving.err(), serving.said()
    restarts_by_a_save(serving)


@pytest.mark.parametrize("option", ["--watch=", "--ignore="])
def test_an_empty_glob(serving: App, option: str) -> None:
    serving.start(option, "app.py")
    serving.wait_for("ready in")
    restarts_by_a_save(serving)


# --- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    ["{folder}/a.yaml", "{folder}", "{folder}/*.yaml", "../outside/a.yaml", "~/a.yaml",
     "{folder}/../outside/./a.yaml"],
)  # fmt: skip
def test_what_is_watched_may_lie_anywhere(serving: App, named: str) -> None:
    outside = serving.folder / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text("1")
    (outside / "deep").mkdir()
    home = {"HOME": str(outside)}
    serving.start("--watch", named.format(folder=outside), "app.py", env=home)
    serving.wait_for("ready in")
    (outside / "a.yaml").write_text("2")
    serving.wait_for(f"{outside}/a.yaml changed, (restarting|ready)")
    serving.wait_for("ware 1", times=2)
    restarts_by_a_save(serving, restarts=1)


MANY = 100_000


def test_of_a_place_with_very_many_files_a_part_is_watched(serving: App) -> None:
    """The walk comes to an end, and the line says what is to be done."""
    big = serving.folder / "big"
    big.mkdir()
    try:
        for number in range(MANY + 1):
            if number % 10_000 == 0:
                one = big / f"{number}.txt"
                one.touch()
            else:
                os.link(one, big / f"{number}.txt")  # much cheaper than a file each
        serving.start("--watch", str(big), "--watch", f"{big}/**/none", "app.py")
        begin = f"--watch {big}"
        end = "leads to more than 100,000 files, watching"
        serving.wait_for(f"{begin} {end} 20,000; name fewer")
        serving.wait_for(f"{begin}/[*][*]/none {end} 0; name fewer")
        serving.wait_for("ready in")
        restarts_by_a_save(serving)
    finally:
        shutil.rmtree(big)


def test_the_root_of_everything(serving: App) -> None:
    """What others do there meanwhile is none of this test's: nothing there has such a name."""
    serving.start("--watch", "/**/no-such-name-at-all", "app.py")
    serving.wait_for("--watch /[*][*]/no-such-name-at-all (leads to|matches no file)")
    serving.wait_for("ready in")
    restarts_by_a_save(serving)


# --- links -------------------------------------------------------------------------------------


def test_loops_of_links_in_what_is_watched(serving: App) -> None:
    serving.write("data/deep/a.yaml", "1")
    data = serving.project / "data"
    (data / "deep" / "up").symlink_to("..")
    (data / "itself").symlink_to("itself")
    (data / "one").symlink_to("other")
    (data / "other").symlink_to("one")
    serving.start("--watch", "data", "app.py")
    serving.wait_for("ready in")
    (data / "late").symlink_to(serving.project)
    (data / "deep" / "a.yaml").write_text("2")
    serving.wait_for("data/deep/a.yaml changed, (restarting|ready)")
    serving.wait_for("ware 1", times=2)
    restarts_by_a_save(serving, restarts=1)


def test_a_package_that_holds_a_link_to_itself(serving: App) -> None:
    serving.write("package/__init__.py", "")
    serving.write("package/part.py", "NUMBER = 1\n")
    (serving.project / "package" / "me").symlink_to(".")
    (serving.project / "package" / "none.py").symlink_to("none.py")
    serving.write(
        "app.py",
        "from package.me.me.part import NUMBER\nprint('number', NUMBER, flush=True)\n"
        "try:\n    import package.none\nexcept (ImportError, OSError):\n    pass\n" + SERVE,
    )
    serving.start("app.py")
    serving.wait_for("number 1")
    serving.wait_for("ready in")
    serving.edit("package/part.py", "NUMBER = 2\n")
    serving.wait_for("number 2")
    serving.wait_for("ready in", times=2)  # before, it might read `ware` without a restart
    restarts_by_a_save(serving, restarts=1)


# --- names -------------------------------------------------------------------------------------


def odd(text: bytes) -> str:
    """A name that is no UTF-8."""
    return os.fsdecode(text)


ODD = "import os, sys\nsys.path.insert(0, os.fsdecode(b'f\\xf6lder'))\nimport p\xe4rt\n"


def test_names_that_are_no_utf8(app: App) -> None:
    """Of the script, the folder, a module's folder, and a file that is watched by name."""
    folder = app.project / odd(b"pl\xe4ce")
    (folder / odd(b"f\xf6lder")).mkdir(parents=True)
    part = folder / odd(b"f\xf6lder") / "p\xe4rt.py"
    part.write_text("NUMBER = 1\n")
    data = folder / odd(b"d\xe4ta.yaml")
    data.write_text("1")
    script = odd(b"scr\xefpt.py")
    (folder / script).write_text(ODD + "print('number', p\xe4rt.NUMBER)\n" + SERVE)
    (folder / "ware.py").write_text("VERSION = 1\n")
    app.start("--verbose", "--watch", odd(b"d\xe4*"), "--watch", odd(b"\xff"), script, cwd=folder)
    app.wait_for(r"--watch \\udcff matches no file yet")
    app.wait_for("ware 1")
    app.wait_for("ready in")
    part.write_text("NUMBER = (\n")
    app.wait_for("f\\\\udcf6lder/p\xe4rt.py:1:10: SyntaxError: .*Held")
    part.write_text("NUMBER = 2\n")
    app.wait_for("f\\\\udcf6lder/p\xe4rt.py changed, (restarting|ready)")
    app.wait_for("number 2")
    data.write_text("2")
    app.wait_for(r"d\\udce4ta.yaml changed, (restarting|ready)")
    app.wait_for("number 2", times=2)
    (folder / script).write_text("print('the end', 3)\n")
    app.wait_for(r"scr\\udcefpt.py changed, (restarting|ready)")
    app.wait_for("the end 3")
    app.wait_for("waiting for a change")
    assert app.stop_leaves_nothing() == 0
    assert "autoreload" not in app.err(), app.said()


def test_a_name_cannot_command_the_terminal(serving: App) -> None:
    serving.write("data/a\x1b[2J\nb.yaml", "1")
    serving.start("--watch", "data", "app.py")
    serving.wait_for("ready in")
    serving.edit("data/a\x1b[2J\nb.yaml", "2")
    serving.wait_for(r"data/a\\x1b\[2J\\nb\.yaml changed, (restarting|ready)")
    serving.wait_for("ware 1", times=2)
    restarts_by_a_save(serving, restarts=1)


# --- what comes and goes -----------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--poll=0.02",)], ids=["events", "polling"])
def test_files_that_are_gone_before_they_are_looked_at(
    serving: App, options: Sequence[str]
) -> None:
    serving.write("data/a.yaml", "1")
    data = serving.project / "data"
    serving.start(*options, "--watch", "data/*.yaml", "--watch", "data/**/*.txt", "app.py")
    serving.wait_for("ready in")
    for number in range(300):
        folder = data / f"folder{number}"
        folder.mkdir()
        (data / "other.json").write_text("1")
        (data / "other.json").rename(folder / "other.json")
        shutil.rmtree(folder)
    restarts_by_a_save(serving)


def without_rights(words: Sequence[str]) -> list[str]:
    """A line that runs another one to which the modes of files apply, also as root."""
    code = (
        "import ctypes, os, sys\n"
        "for capability in (1, 2):\n"  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        "    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)\n"  # PR_CAPBSET_DROP
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    return [sys.executable, "-c", code, *words]


def test_folders_that_may_not_be_read(serving: App) -> None:
    """One was enough to lose the events of all."""
    if not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "prctl"):
        pytest.skip("rights are dropped as Linux does it")
    serving.write("data/open/a.yaml", "1")
    serving.write("data/closed/a.yaml", "1")
    serving.write("unlisted/read.txt", "1")
    serving.write("app.py", "print('text', open('unlisted/read.txt').read())\n" + SERVE)
    closed, unlisted = serving.project / "data" / "closed", serving.project / "unlisted"
    closed.chmod(0)
    unlisted.chmod(0o300)
    try:
        line = without_rights([sys.executable, "-m", "autoreload"])
        serving.start("--verbose", "--watch", "data", "app.py", command=line)
        serving.wait_for("text 1")
        serving.wait_for("watched by inotify")
        serving.edit("data/open/a.yaml", "2")
        serving.wait_for("data/open/a.yaml changed, (restarting|ready)")
        serving.wait_for("text 1", times=2)
        serving.edit("unlisted/read.txt", "2")
        serving.wait_for("unlisted/read.txt changed, (restarting|ready)")
        serving.wait_for("text 2")
        assert "polling" not in serving.err(), serving.said()
        restarts_by_a_save(serving, restarts=2)
    finally:
        closed.chmod(0o700)
        unlisted.chmod(0o700)


# --- what is no file ---------------------------------------------------------------------------

OPENS = """
import ware
print("opening", flush=True)
open("pipe").close()
print("opened", flush=True)
"""


def test_a_pipe_that_the_program_waits_to_open(serving: App) -> None:
    """The program waits as it would without us; it is told so, and the pipe is left alone."""
    os.mkfifo(serving.project / "pipe")
    serving.write("app.py", OPENS)
    serving.start("app.py")
    serving.wait_for("opening")
    serving.edit("ware.py", "VERSION = 2\n")
    serving.wait_for(r"ware\.py changed, (restarting|ready)")
    serving.wait_for("opening", times=2)
    descriptor = os.open(serving.project / "pipe", os.O_RDWR)
    try:
        serving.wait_for("opened")
        serving.wait_for("waiting for a change")
        assert serving.stop_leaves_nothing() == 0
    finally:
        os.close(descriptor)
    assert "autoreload" not in serving.err(), serving.said()


def test_pipes_and_devices_in_what_is_watched(serving: App) -> None:
    serving.write("data/a.yaml", "1")
    os.mkfifo(serving.project / "data" / "pipe.yaml")
    (serving.project / "data" / "null.yaml").symlink_to("/dev/null")
    (serving.project / "data" / "zero.yaml").symlink_to("/dev/zero")
    serving.start("--watch", "data", "--watch", "/dev/null", "app.py")
    serving.wait_for("ready in")
    serving.edit("data/a.yaml", "2")
    serving.wait_for("data/a.yaml changed, (restarting|ready)")
    serving.wait_for("ware 1", times=2)
    restarts_by_a_save(serving, restarts=1)


@pytest.mark.parametrize("name", ["data/a.yaml", "read.txt", "part.py"])
def test_a_file_that_becomes_a_pipe_and_a_file_again(serving: App, name: str) -> None:
    """Watched by name, read by the program, loaded as a module."""
    serving.write("data/a.yaml", "1")
    serving.write("read.txt", "1")
    serving.write("part.py", "TEXT = 1\n")
    serving.write(
        "app.py",
        "import os, stat\n"
        "def is_file(name):\n    return stat.S_ISREG(os.stat(name).st_mode)\n"
        "text = open('read.txt').read() if is_file('read.txt') else 'pipe'\n"
        "import sys\n"
        "if is_file('part.py'):\n    import part\n" + SERVE,
    )
    serving.start("--watch", "data", "app.py")
    serving.wait_for("ready in")
    path = serving.project / name
    path.unlink()
    os.mkfifo(path)
    serving.wait_for(f"{name} changed, (restarting|ready)")
    serving.wait_for("ware 1", times=2)
    serving.edit("ware.py", "VERSION = 2\n")
    serving.wait_for("ware 2")
    serving.stop(signal.SIGINT)
    serving.assert_nothing_left()
    assert "autoreload" not in serving.err(), serving.said()
