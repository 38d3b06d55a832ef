"""What cannot be run: one sentence that says what to type, exit 2, no traceback of ours."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.driver import App
from tests.runs import AUTORUN, autorun, run, script

PROJECT = {
    "myapp.py": "def main(): pass\n\ndef start(): pass\n\nVERSION = '1.0'\n\nclass Thing: pass\n",
    "app.py": "def main(): pass\n",
    "wants.py": (
        "def serve(host, port=1, *, debug): pass\n\n"
        "class Job:\n    def run(self, what): pass\n\njob = Job()\n"
    ),
    "api.py": (
        "from fastapi import FastAPI\napp = FastAPI()\n\n"
        "class Light:\n    async def __call__(self, scope, receive, send): pass\n\n"
        "light = Light()\n\nasync def plain(scope, receive, send): pass\n\n"
        "def factory(): return app\n"
    ),
    "site.txt": "",
    "web.py": (
        "from flask import Flask\napp = Flask(__name__)\nother = Flask('other')\n\n"
        "def plain(environ, start_response): return []\n\n"
        "class Light:\n    def __call__(self, environ, start_response): return []\n\n"
        "light = Light()\n"
    ),
    "src/deep/__init__.py": "def main(): pass\n",
    "src/flat.py": "def main(): pass\n",
    "empty/readme.txt": "",
    "pkg/__init__.py": "",
    "pkg/mod.py": "",
    "data.txt": "no program\n",
}

SENTENCES = {
    # the module
    "myap:main": "no module named 'myap' in 'myap:main', did you mean 'myapp'?",
    "nothing_like_it:main": "no module named 'nothing_like_it' in 'nothing_like_it:main'",
    "pkg.mdo:main": "no module named 'pkg.mdo' in 'pkg.mdo:main'",
    "deep:main": (
        "no module named 'deep' in 'deep:main', it is in src/: PYTHONPATH=src autorun deep:main"
    ),
    "flat:main": "PYTHONPATH=src autorun flat:main",
    # the attribute
    "myapp:mian": "module 'myapp' has no attribute 'mian' for 'myapp:mian', did you mean 'main'?",
    "myapp:Thing.nope": "no attribute 'nope' for 'myapp:Thing.nope'",
    # what is no program
    "myapp:VERSION": "'myapp:VERSION' is a str and cannot be called: name a function",
    "myapp:Thing": "'myapp:Thing' is a class: name a function that runs the program",
    "wants:serve": "'wants:serve' needs arguments host, debug, but is called without any",
    "wants:job.run": "'wants:job.run' needs arguments what",
    # applications
    "api:app": ("'api:app' is an ASGI application, which a server runs: autorun uvicorn api:app"),
    "api:light": "autorun uvicorn api:light",
    "api:plain": "autorun uvicorn api:plain",
    "web:app": "is a Flask application, which a server runs: autorun flask --app web run",
    "web:other": "autorun flask --app web:other run",
    "web:plain": "is a WSGI application, which a server runs: autorun gunicorn web:plain",
    "web:light": "autorun gunicorn web:light",
    # files and directories
    "ap.py": "no file 'ap.py', did you mean 'app.py'",
    "./nowhere.py": "no file './nowhere.py'",
    "deep/../nowhere/x.py": "no file 'deep/../nowhere/x.py'",
    "empty/": "directory 'empty/' has no __main__.py: name a file in it",
    "empty": "directory 'empty' has no __main__.py: name a file in it",
    "data.txt": "'data.txt' is not executable",
    # words
    "uvicor": "no file, console script or command is called 'uvicor', did you mean 'uvicorn'",
    "myapp": "'myapp' is a module: autorun -m myapp runs it, or autorun myapp.py its file",
    "pkg": "has no __main__.py",
    "myapp.py:main": "'myapp.py' is a file, a module is wanted before the colon: type myapp:main",
    "myapp:main()": "'myapp:main()' is called by autorun itself: type myapp:main",
    "a b:c": "'a b:c' is not module:callable, as in main:main",
    "-m nowhere": "cannot run -m nowhere: no module named nowhere",
    "-m pkg": "cannot run -m pkg: no module named pkg.__main__; 'pkg' is a package",
    "-m pkg.nope": "cannot run -m pkg.nope: no module named pkg.nope",
    "-m": "-m wants the name of a module",
    "-m myapp:main": "-m wants the name of a module, found 'myapp:main': autorun myapp:main",
    "-": "a program read from stdin cannot be started again",
    "python": "python alone reads a program from the terminal: name a file",
    "python -": "a program read from stdin cannot be started again",
    "python nowhere.py": "no file 'nowhere.py'",
    "/nowhere/python x.py": "no interpreter '/nowhere/python'",
    "-- no-such-command": "is called 'no-such-command'",
    "-- ./data.txt": "'./data.txt' is not executable",
    "scale": "'scale' is reserved for a sub-command that is not there yet",
    # options
    "--nope app.py": "no option '--nope', did you mean ",
    "--stop-timeout soon app.py": "'soon' is not a number of seconds",
    "--stop-timeout -1 app.py": "-1 is not between 0 and 86400 s",
    "--stop-timeout nan app.py": "nan is not between",
    "--delay 1e9 app.py": "is not between 0 and 86400 s",
    "--poll=0 app.py": "0 is not between 0.01 and 86400 s",
    "--poll=often app.py": "'often' is not a number of seconds",
    "--backend kqueue app.py": "'kqueue' is not one of 'auto', 'inotify', 'watchdog', 'poll'",
    "--color blue app.py": "'blue' is not one of 'auto', 'always', 'never'",
    "--signal NOPE app.py": "--signal 'NOPE' is no signal; INT, TERM, HUP or QUIT are",
    "--python nowhere app.py": "no interpreter 'nowhere': --python wants a path or a name",
    "--stop-timeout": "requires an argument",
    "-z app.py": "no option '-z'; see autorun --help",
    "--exit=1 app.py": "does not take a value",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with something wrong everywhere."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("line", SENTENCES)
def test_bad_input_is_answered_by_one_sentence(project: Path, line: str) -> None:
    words = ["a b:c"] if line == "a b:c" else line.split()
    found = autorun(project, *words)
    assert SENTENCES[line] in found.err
    assert found.code == 2
    assert found.out == ""
    (sentence,) = found.err.splitlines()
    assert sentence.startswith("autorun: ")
    assert not sentence.endswith(".")


def test_bad_input_from_a_variable_is_answered_as_well(project: Path) -> None:
    found = autorun(project, "app.py", env={"AUTORUN_STOP_TIMEOUT": "soon"})
    assert (found.code, len(found.err.splitlines())) == (2, 1)
    assert "'soon' is not a number of seconds" in found.err


def test_a_glob_that_matches_nothing_is_only_warned_of(project: Path) -> None:
    found = autorun(project, "--exit", "--watch", "nothing/*.yaml", "app.py")
    assert found.code == 0
    assert "[autorun] --watch nothing/*.yaml matches no file yet\n" in found.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_directory_is_told(project: Path) -> None:
    closed = project / "closed"
    closed.mkdir(mode=0)
    found = autorun(project, "closed")
    assert (found.code, len(found.err.splitlines())) == (2, 1)


def test_an_unreadable_file_is_told_as_python_tells_it(app: App) -> None:
    """Root reads everything; a link to itself can be read by nobody."""
    (app.project / "loop.py").symlink_to("loop.py")
    found = autorun(app.project, "loop.py")
    assert found.code == 2
    assert "loop.py" in found.err
    assert "Traceback" not in found.err


def test_an_unreadable_place_to_start_in_is_told(app: App) -> None:
    """The current directory may be gone, as after `git checkout` in another terminal."""
    gone = app.project / "gone"
    gone.mkdir()
    found = run(["sh", "-c", f"rmdir ../gone; {' '.join(AUTORUN)} x.py"], gone)
    assert found == (2, "", "autorun: the current directory is gone: change into another one\n")


@pytest.mark.parametrize(
    ("wanted", "file"),
    [("helper", "helper.py"), ("helper", "helper/__init__.py"), ("pkg.helper", "pkg/helper.py")],
)
def test_what_is_missing_inside_the_target_is_the_programs_own_failure(
    app: App, wanted: str, file: str
) -> None:
    """Only the target's own name ends autorun; an import inside it waits for what is missing.

    A file that was created between the failure and the first subscription was never seen.
    """
    app.write("pkg/__init__.py", "")
    pattern = {"helper": r"helper\.py or installing helper"}.get(wanted, r"pkg/helper\.py")
    app.write("m.py", f"from {wanted} import VALUE\n\ndef main():\n    print('ran', VALUE)\n")
    app.start("m:main")
    app.wait_for(
        rf"Crashed \(exit code 1\), waiting for a change\. Creating {pattern} will restart"
    )
    assert f"ModuleNotFoundError: No module named '{wanted}'" in app.err()
    assert "autoreload" not in app.err()
    app.write(file, "VALUE = 3\n")
    app.wait_for(f"{file} changed, (restarting|ready)")
    app.wait_for("ran 3")
    assert app.stop() == 0


@pytest.mark.parametrize(
    ("words", "name"),
    [(["m.py"], "m.py"), (["m:main"], "m.py"), (["-m", "m"], "m.py"), (["deep/m.py"], "deep/m.py")],
)
def test_a_target_that_is_missing_later_is_waited_for(
    app: App, words: list[str], name: str
) -> None:
    """A branch is switched: the file goes away, and comes back."""
    text = (
        "import time\n\n"
        "def main():\n    print('version', VERSION, flush=True)\n"
        "    while True:\n        time.sleep(0.05)\n\n"
        "VERSION = 1\n\nif __name__ == '__main__':\n    main()\n"
    )
    app.write(name, text)
    app.start(*words)
    app.wait_for("version 1")
    (app.project / name).rename(app.project / "aside")
    app.wait_for("m.py changed, (restarting|ready)")
    app.wait_for("waiting for a change")
    app.edit("aside", text.replace("VERSION = 1", "VERSION = 2"))
    (app.project / "aside").rename(app.project / name)
    app.wait_for("version 2")
    assert "Traceback" not in app.err()
    assert app.stop() == 0
    app.assert_nothing_left()


def test_an_attribute_that_is_missing_later_is_waited_for(app: App) -> None:
    app.write("m.py", "def main():\n    print('one')\n")
    app.start("m:main")
    app.wait_for("finished in")
    app.edit("m.py", "def mian():\n    print('two')\n")
    app.wait_for("has no attribute 'main' .*did you mean 'mian'.*waiting for a change")
    app.edit("m.py", "def main():\n    print('three')\n")
    app.wait_for("three")
    assert app.stop() == 0


def test_a_console_script_whose_interpreter_is_gone_is_told(app: App) -> None:
    script(app.project / "tool", "print(1)\n", interpreter="/nowhere/bin/python")
    found = autorun(app.project, "--exit", "--", "./tool")
    assert found.code == 2
    assert re.match("autorun: cannot run .*tool", found.err)
    assert len(found.err.splitlines()) == 1


def test_a_syntax_error_in_the_target_is_shown_as_python_shows_it_and_waits(app: App) -> None:
    app.write("x.py", "def main(:\n")
    by_hand = run([sys.executable, "x.py"], app.project)
    app.start("x.py")
    app.wait_for(r"x\.py:1:10: SyntaxError: .*\. Crashed \(exit code 1\), waiting for a change\n")
    assert by_hand.err in app.err()
    app.edit("x.py", "print('mended')\n")
    app.wait_for("mended")
    assert app.stop(signal.SIGTERM) == -signal.SIGTERM
