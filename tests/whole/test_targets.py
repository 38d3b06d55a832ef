"""What can be typed as a target, and what becomes of the words behind it."""

import os
import signal
import sys
import zipapp
from pathlib import Path

import pytest

from tests.driver import App, until
from tests.runs import PYTHON, autorun, environment, interpreter, script

CALLABLES = """
import functools, sys

def nothing(): print("ran", sys.argv[1:])
def number(): return 7
def text(): return "that is why"
def truth(): return True
def thing(): return {"a": 1}
def fails(): raise ValueError("no")
def leaves(): sys.exit(4)
async def later():
    import asyncio
    await asyncio.sleep(0)
    return 8
def promised(): return later()
def defaults(port=80, *more, host="x", **rest): return port
partial = functools.partial(defaults, 5)

class Server:
    port = 6
    def run(self): return self.port
    @classmethod
    def make(cls): return cls.port + 3
    def __call__(self): return 10

class Outer:
    server = Server()

server = Server()
"""

RESULTS = {
    "nothing": (0, "ran ['-w', '9', '--help']", ""),
    "number": (7, "", ""),
    "text": (1, "", "that is why"),
    "truth": (1, "", ""),
    "thing": (0, "", ""),
    "fails": (1, "", "ValueError: no"),
    "leaves": (4, "", ""),
    "later": (8, "", ""),
    "promised": (8, "", ""),
    "defaults": (80, "", ""),
    "partial": (5, "", ""),
    "server": (10, "", ""),
    "server.run": (6, "", ""),
    "Server.make": (9, "", ""),
    "Outer.server.run": (6, "", ""),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_callable_is_called_and_its_result_is_the_end(app: App, name: str) -> None:
    code, said, complained = RESULTS[name]
    app.write("my/app.py", CALLABLES)
    found = autorun(app.project, "--exit", f"my.app:{name}", "-w", "9", "--help")
    assert found.code == code, found
    assert said in found.out
    assert complained in found.err
    if name == "fails":
        assert "autoreload" not in found.err.replace("[autorun]", "")
        assert found.err.count("  File ") == 1


def test_a_callable_runs_in_the_main_thread_with_the_current_directory_first(app: App) -> None:
    app.write(
        "m.py",
        "import os, sys, threading\n"
        "def main():\n"
        "    print(threading.current_thread() is threading.main_thread())\n"
        "    print(sys.path[0] == os.getcwd(), sys.argv)\n",
    )
    found = autorun(app.project, "--exit", "m:main", "--", "x")
    assert found.out.splitlines() == ["True", "True ['m:main', '--', 'x']"]


def test_a_callable_runs_without_reload_in_one_process(app: App) -> None:
    app.write("my/app.py", CALLABLES)
    for name, (code, said, complained) in list(RESULTS.items())[:6]:
        found = autorun(app.project, "--noreload", f"my.app:{name}", "-w", "9", "--help")
        assert (found.code, found.out.strip()) == (code, said)
        assert complained in found.err


SHOW = "import sys\nprint(sys.argv[1:], __name__, sep='|')\n"
WORDS = [
    ["app.py", "--version", "-v", "-h", "--help"],
    ["app.py", "--", "-w", "9"],
    ["-m", "pkg", "-w", "9", "--help", "--exit"],
    ["-mpkg", "--noreload"],
    ["app.py", "wait", "-"],
    ["app.py", ""],
    ["python", "app.py", "-q", "--poll"],
    ["python", "-u", "-m", "pkg", "-i", "x"],
    ["--", sys.executable, "app.py", "--", "wait"],
    ["folder", "--color", "never"],
    ["./folder/", "-c"],
    ["app.pyz", "--stop-timeout", "x"],
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_everything_behind_the_target_belongs_to_it(app: App, words: list[str]) -> None:
    for name in ("app.py", "pkg/__main__.py", "folder/__main__.py"):
        app.write(name, SHOW)
    app.write("pkg/__init__.py", "")
    zipapp.create_archive(app.project / "folder", app.project / "app.pyz")
    found = autorun(app.project, "--exit", *words)
    start = next(i for i, word in enumerate(words) if word.strip("./") in STARTS)
    assert found.out == f"{words[start + 1 :]}|__main__\n", found.err
    assert found.code == 0


STARTS = ("app.py", "pkg", "-mpkg", "folder", "app.pyz")


def test_a_command_may_be_called_like_a_command_of_ours(app: App) -> None:
    script(app.project / "wait", "echo waited $@\n", interpreter="/bin/sh")
    path = f"{app.project}:{os.environ['PATH']}"
    for words in (["--", "wait", "--quiet"], ["./wait", "--quiet"]):
        found = autorun(app.project, "--exit", *words, env={"PATH": path})
        assert (found.code, found.out) == (0, "waited --quiet\n"), found.err


def test_autorun_alone_lists_what_could_be_run_here(app: App) -> None:
    app.write("tool.py", "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n")
    app.write("api.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    app.write("web.py", "from flask import Flask\n\napp = Flask(__name__)\n")
    app.write("pkg/__init__.py", "")
    app.write("pkg/__main__.py", "")
    found = autorun(app.project)
    assert found.code == 2
    for line in ("autorun tool:main", "autorun uvicorn api:app", "autorun -m pkg"):
        assert f"  {line}\n" in found.err
    assert found.out == ""


def test_autorun_alone_runs_the_only_one(app: App) -> None:
    app.write("manage.py", "import sys\nprint(sys.argv[1:])\n")
    found = autorun(app.project, "--exit")
    assert (found.code, found.out) == (0, "['runserver', '--noreload']\n")


# --- commands -----------------------------------------------------------------------------------

LOOP = "echo up; while :; do sleep 0.05; done"


def test_what_autorun_says_into_a_file_below_restarts_nothing(app: App) -> None:
    app.write("a.txt", "1")
    into = ("sh", "-c", 'exec "$@" > out.txt 2> errors.txt', "sh")
    app.start("--", "sh", "-c", LOOP, command=(*into, sys.executable, "-m", "autoreload"))
    said = app.project / "errors.txt"
    until(lambda: said.exists() and "ready in" in said.read_text(), app.said)
    app.edit("a.txt", "2")
    until(lambda: said.read_text().count("ready in") == 2, lambda: said.read_text())
    assert said.read_text().count("restarting") == 1


def test_a_command_is_restarted_for_a_file_below_but_not_for_what_git_ignores(app: App) -> None:
    app.write(".gitignore", "*.log\nbuild/\n")
    for name in ("a.txt", "deep/er/b.sh", "x.log", "build/c", "node_modules/d", ".git/e"):
        app.write(name, "1")
    for name in (".venv/pyvenv.cfg", ".venv/f", "__pycache__/g", "env/pyvenv.cfg", "env/h"):
        app.write(name, "1")
    app.start("--", "sh", "-c", LOOP)
    app.wait_for("started, pid .*watching the files below")
    app.wait_for("up\n")
    app.wait_for("ready in")
    ignored = ["x.log", "build/c", "node_modules/d", ".git/e", ".venv/f", "__pycache__/g", "env/h"]
    for restarts, name in enumerate(["a.txt", "deep/er/b.sh"], start=1):
        for other in ignored:
            app.edit(other, f"now {restarts}")
        app.edit(name, f"now {restarts}")
        app.wait_for(r"changed, (restarting|ready)", times=restarts)
        app.wait_for("up\n", times=restarts + 1)
        assert f"[autorun] {name} changed, restarting\n" in app.err()
    (app.project / "new.txt").write_text("1")
    app.wait_for("new.txt changed, (restarting|ready)")
    app.wait_for("up\n", times=4)
    app.assert_restarts(3)
    assert app.stop() == 0
    app.assert_nothing_left()


def test_a_command_that_ignores_the_request_to_stop_is_killed(app: App) -> None:
    app.write("a.txt", "1")
    app.start("--stop-timeout", "0.3", "--", "sh", "-c", f"trap '' TERM INT; {LOOP}")
    app.wait_for("up\n")
    app.edit("a.txt", "2")
    app.wait_for("had not stopped after 300 ms, killed")
    app.wait_for("up\n", times=2)
    assert app.stop() == 0
    app.assert_nothing_left()


def test_a_command_that_ends_is_waited_for_and_its_end_is_told(app: App) -> None:
    app.write("a.txt", "1")
    app.start("--", "sh", "-c", 'read line <a.txt; echo "got $line"; exit $line')
    app.wait_for("failed after .*, exit code 1, waiting for a change")
    app.edit("a.txt", "0\n")
    app.wait_for("got 0")
    app.wait_for("finished in .*, exit code 0, waiting for a change")
    app.stop()


@pytest.mark.parametrize(("ends", "code"), [("exit 5", 5), ("kill -USR1 $$", -signal.SIGUSR1)])
def test_exit_hands_on_how_a_command_ended(app: App, ends: str, code: int) -> None:
    assert autorun(app.project, "--exit", "--", "sh", "-c", ends).code == code


# --- interpreters -------------------------------------------------------------------------------

TOOL = """
import os
import sys
import helper
import time
ours = [path for path in sys.path if "autoreload" in path or os.path.exists(path + "/autoreload")]
print(sys.prefix, helper.VERSION, ours, sys.argv[1:], flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has a tool in it, but not autoreload."""
    folder = environment(tmp_path_factory.mktemp("other") / "env")
    script(folder / "bin" / "tool", TOOL, interpreter=str(folder / "bin" / "python"))
    return folder


def _ways(other: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    return {
        "python option": (["--python", str(other / "bin" / "python"), "tool"], {}),
        "its folder": (["--python", str(other), "tool"], {}),
        "active": (["tool"], {"VIRTUAL_ENV": str(other)}),
        "typed": ([str(other / "bin" / "python"), str(other / "bin" / "tool")], {}),
        "by path": ([str(other / "bin" / "tool")], {}),
    }


@pytest.mark.parametrize("way", _ways(Path()))
def test_the_tool_of_another_environment_runs_in_it_and_reloads(
    app: App, other: Path, way: str
) -> None:
    """Our package directory is lent to it for its start, and is not on the tool's path."""
    words, env = _ways(other)[way]
    app.write("lib/helper.py", "VERSION = 1\n")
    app.start(*words, "--x", env={**env, "PYTHONPATH": str(app.project / "lib")})
    app.wait_for(f"{other} 1 \\[\\] \\['--x'\\]\n")
    assert ("using " in app.err()) == (way in ("python option", "its folder", "active"))
    app.edit("lib/helper.py", "VERSION = 2\n")
    app.wait_for(f"{other} 2 ")
    app.stop()
    app.assert_nothing_left()


def test_the_projects_own_environment_is_chosen_and_said(app: App) -> None:
    environment(app.project / ".venv")
    app.write("pyproject.toml", "")
    app.write("x.py", "import sys\nprint(sys.prefix)\n")
    app.write("deep/x.py", "import sys\nprint(sys.prefix)\n")
    for folder in (app.project, app.project / "deep"):
        found = autorun(folder, "--exit", "x.py")
        assert found.out == f"{app.project}/.venv\n"
        assert "[autorun] using " in found.err
        assert ".venv/bin/python" in found.err
    # What is named wins.
    assert autorun(app.project, "--exit", PYTHON, "x.py").out == f"{sys.prefix}\n"
    found = autorun(app.project, "--exit", "--python", PYTHON, "x.py")
    assert (found.out, "using" in found.err) == (f"{sys.prefix}\n", False)


def test_an_interpreter_that_is_too_old_runs_as_a_command(app: App) -> None:
    python = interpreter("python3.9")
    app.write("x.py", "import sys\nprint(sys.version_info[:2], sys.argv[1:])\n")
    found = autorun(app.project, "--exit", python, "-B", "x.py", "-w", "1")
    assert found.out == "(3, 9) ['-w', '1']\n"
    assert "is CPython 3.9, CPython 3.11 or newer is wanted: run as a command" in found.err
