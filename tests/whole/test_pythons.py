"""Every CPython from 3.11 on that is found here, and both majors of watchdog."""

import fcntl
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.driver import ROOT, App, clean_environment

MINORS = (11, 12, 13)

APP = """\
import os
import signal
import sys

import words
import slow

child = os.fork()  # with -W error: from 3.12 on it warns of any other thread
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
try:
    print(f"{sys.version_info[0]}.{sys.version_info[1]} says {words.GREETING}", flush=True)
    signal.pause()
finally:
    print("put away", flush=True)
"""

SLOW = """\
import os
import time

print("importing slow", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
"""


@cache
def interpreter(minor: int) -> str | None:
    """The path of a CPython of this version: by its name, or installed beside ours."""
    name = f"python3.{minor}"
    beside = sorted(Path(sys.base_prefix).parent.glob(f"*3.{minor}*/bin/{name}"))
    for found in (*beside, shutil.which(name)):
        if found is None:
            continue
        code = "import sys; print(sys.implementation.name, sys.version_info[1], sys.executable)"
        asked = subprocess.run(
            [found, "-I", "-c", code], capture_output=True, text=True, check=False
        )
        if asked.stdout.startswith(f"cpython {minor} "):
            return asked.stdout.split(maxsplit=2)[2].strip()
    return None


@pytest.fixture(params=MINORS, ids=[f"3.{minor}" for minor in MINORS])
def python(request: pytest.FixtureRequest) -> str:
    """An interpreter of this machine."""
    found = interpreter(request.param)
    if found is None:
        pytest.skip(f"no CPython 3.{request.param} here")
    return found


def version_of(python: str) -> str:
    """3.12, of an interpreter that `interpreter` has found."""
    minor = next(minor for minor in MINORS if interpreter(minor) == python)
    return f"3.{minor}"


def serve_saves(app: App, version: str) -> None:
    """Save, save while it boots, hold, end: what a running app is put through."""
    app.wait_for(f"{version} says hello")
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_for(f"{version} says good day")
    (app.project / "go").unlink()
    app.edit("words.py", "GREETING = 'early'\n")
    app.wait_for("importing slow", times=3)
    app.edit("words.py", "GREETING = 'late'\n")
    app.wait_for("importing slow", times=4)
    (app.project / "go").touch()
    app.wait_for(f"{version} says late")
    app.edit("words.py", "GREETING = (\n")
    app.wait_for(r"words\.py:1:12: SyntaxError: .* was never closed")
    app.edit("words.py", "GREETING = 'again'\n")
    app.wait_for(f"{version} says again")
    assert app.count("says early") == 0
    assert app.count("put away") == 3
    assert app.stop_leaves_nothing() == 0
    assert app.count("put away") == 4
    assert app.count("Warning") == 0


def write_app(app: App) -> None:
    app.write("app.py", APP)
    app.write("words.py", "GREETING = 'hello'\n")
    app.write("slow.py", SLOW)
    app.write("go", "")


def test_app_runs_in_the_interpreter_that_was_typed(app: App, python: str) -> None:
    """It does not know autoreload, which is lent to it."""
    write_app(app)
    app.start(python, "-W", "error", "app.py")
    serve_saves(app, version_of(python))


def test_autorun_itself_runs_on_every_version(app: App, python: str) -> None:
    write_app(app)
    (app.project / ".venv").mkdir()  # none that could be taken for the project's
    packages = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib")))
    app.start(
        "--stop-timeout=2",
        "app.py",
        command=[python, "-W", "error", "-m", "autoreload"],
        env={"PYTHONPATH": packages, "PYTHONWARNINGS": "error"},
    )
    serve_saves(app, version_of(python))


# --- watchdog -----------------------------------------------------------------------------------


def installed_major(environment: Mapping[str, str]) -> str:
    """The major version of watchdog that an autorun in this environment gets."""
    code = "from importlib.metadata import version; print(version('watchdog').partition('.')[0])"
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(environment),
    ).stdout.strip()


@pytest.fixture(scope="session", params=["6", "7"])
def watchdog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The environment in which watchdog has this major version; the other one is downloaded."""
    major: str = request.param
    if installed_major({}) == major:
        return {}
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / f"watchdog-{major}"
    with (shared / f"watchdog-{major}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            options = ("--quiet", "--no-deps", "--disable-pip-version-check")
            installed = subprocess.run(
                [
                    *(sys.executable, "-m", "pip", "install", *options),
                    *("--target", str(folder), f"watchdog=={major}.*"),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if installed.returncode:
                pytest.skip(f"watchdog {major} is not to be had: {installed.stderr}")
    inherited = [one for one in [os.environ.get("PYTHONPATH")] if one]
    environment = {"PYTHONPATH": os.pathsep.join((str(folder), *inherited))}
    assert installed_major(environment) == major
    return environment


def test_saves_arrive_as_events(app: App, watchdog: dict[str, str]) -> None:
    """Without events the sweeps of outer and inner, every second or two, would find them."""
    app.write("app.py", "import signal, words\nprint(words.N, flush=True)\nsignal.pause()\n")
    app.write("words.py", "N = 'run 0'\n")
    app.start("app.py", env=watchdog)
    app.wait_for("run 0")
    app.wait_for("ready in")
    taken = []
    for number in range(1, 4):
        saved = time.monotonic()
        app.edit("words.py", f"N = 'run {number}'\n")
        app.wait_for("changed, (restarting|ready)", times=number)
        taken.append(time.monotonic() - saved)
        app.wait_for(f"run {number}")
        app.wait_for("ready in", times=number + 1)
    assert app.count("polling") == 0
    assert statistics.median(taken) < 0.5


@pytest.mark.parametrize(
    ("limit", "number"), [("max_inotify_instances", 0), ("max_inotify_watches", 1)]
)
def test_inotify_limit_is_named_and_files_are_polled(
    app: App, watchdog: dict[str, str], limit: str, number: int
) -> None:
    app.write("app.py", "import signal, a.x, b.x\nprint(b.x.N, flush=True)\nsignal.pause()\n")
    app.write("a/x.py", "")
    app.write("b/x.py", "N = 'run 0'\n")
    # In a user namespace of its own the limit can be lowered without harm to anybody else.
    line = f'echo {number} > /proc/sys/user/{limit} && exec "$@"'
    inside = ["unshare", "-Ur", "sh", "-c", line, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*inside, "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    command = [*inside, sys.executable, "-m", "autoreload"]
    app.start("app.py", command=command, env=watchdog)
    app.wait_for(rf"inotify limit {limit} \(\d+\) is reached: .* compared every")
    app.edit("b/x.py", "N = 'run 1'\n")
    app.wait_for("run 1")
    app.edit("b/x.py", "N = (\n")
    app.wait_for("SyntaxError")
    app.edit("b/x.py", "N = 'run 2'\n")
    app.wait_for("run 2")
    assert app.count("inotify limit") == 1
    assert "Traceback" not in app.err()
    assert app.stop_leaves_nothing() == 0
