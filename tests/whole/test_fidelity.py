"""The program cannot tell: under `autorun --exit` it sees and leaves what it does by hand.

Each test runs the same line twice, once by hand and once behind `autorun --exit`, with the same
interpreter, folder, environment and stdin, and compares what the program saw and what came out.
"""

import json
import os
import re
import signal
import zipapp
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.driver import App
from tests.runs import (
    AUTORUN,
    PYTHON,
    Outcome,
    autorun,
    environment,
    interpreter,
    run,
    script,
    seen_by_user,
)

OF_AUTORUN = r"RELOAD_ENV|AUTORUN(_.*)?"
"""Variables that are ours to set and to take away."""

REPORT = '''"""What a program can see of itself."""
names = list(globals())
annotated: int = 1
import json, os, signal, sys, threading, warnings

def shown(value):
    return None if value is None else f"{type(value).__module__}.{type(value).__qualname__}"

def seen():
    import gc, locale
    main = sys.modules["__main__"]
    spec = main.__spec__
    return {
        "names": names,
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "name": main.__name__,
        "file": getattr(main, "__file__", "none"),
        "spec": [shown(spec), getattr(spec, "name", 0), getattr(spec, "origin", 0)],
        "spec_parent": getattr(spec, "parent", 0),
        "loader": [shown(main.__loader__), getattr(main.__loader__, "name", 0)],
        "loader_path": getattr(main.__loader__, "path", 0),
        "package": main.__package__,
        "cached": getattr(main, "__cached__", "none"),
        "doc": main.__doc__,
        "annotations": sorted(main.__annotations__),
        "is_main": main.__dict__ is globals(),
        "path": sys.path,
        "flags": repr(sys.flags),
        "xoptions": sys._xoptions,
        "warnoptions": sys.warnoptions,
        "filters": repr(warnings.filters),
        "bytecode": [sys.dont_write_bytecode, sys.pycache_prefix],
        "executable": [sys.executable, sys.prefix, sys.exec_prefix],
        "cwd": os.getcwd(),
        "signals": [repr(signal.getsignal(one)) for one in sorted(signal.valid_signals())],
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "wakeup": signal.set_wakeup_fd(-1),
        "threads": [one.name for one in threading.enumerate()],
        "active": threading.active_count(),
        "main_thread": threading.current_thread() is threading.main_thread(),
        "descriptors": [fd for fd in range(100) if is_open(fd)],
        "inheritable": [fd for fd in range(100, 1000) if is_open(fd) and os.get_inheritable(fd)],
        "streams": [
            (one.name, one.encoding, one.errors, one.line_buffering, one.write_through)
            for one in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "locale": [locale.setlocale(locale.LC_CTYPE), sys.getfilesystemencoding()],
        "environment": dict(os.environ),
        "hooks": [
            sys.excepthook is sys.__excepthook__,
            sys.unraisablehook is sys.__unraisablehook__,
            sys.displayhook is sys.__displayhook__,
            threading.excepthook is threading.__excepthook__,
            sys.gettrace(),
            sys.getprofile(),
        ],
        "limits": [sys.getswitchinterval(), sys.getrecursionlimit(), gc.get_threshold()],
        "finders": [shown(one) for one in sys.meta_path],
        "group": [os.getsid(0) == os.getsid(os.getppid())],
        "stdin": sys.stdin.read(),
    }

def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True

if __name__ == "__main__":
    json.dump(seen(), sys.stdout)
'''


ADDED = ("AUTORUN_ID", "AUTORUN_CONTROL")
"""What everything below autorun finds in its environment, different each time."""

OF_FIRST_RUN = {
    "RELOAD_ENV": "true",
    "AUTORUN": "1",
    "AUTORUN_RUN": "1",
    "AUTORUN_CHANGES": "[]",
}
"""What the first run finds beside it: nothing has changed yet."""


def both(
    words: Sequence[str],
    app: App,
    *,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> tuple[Outcome, Outcome]:
    """The same line by hand and under autorun."""
    by_hand = run(words, app.project, env=env, stdin=stdin)
    ours = autorun(app.project, "--exit", *words, env=env, stdin=stdin)
    return seen_by_user(by_hand), seen_by_user(ours)


def assert_same(by_hand: Outcome, ours: Outcome) -> dict[str, Any]:
    """Compare the two reports field by field; the report of the run by hand."""
    assert by_hand.out, by_hand.err
    assert ours.out, ours.err
    wanted, found = json.loads(by_hand.out), json.loads(ours.out)
    for name in ADDED:
        inherited = wanted["environment"].get(name)
        assert found["environment"].pop(name, None) not in (None, "", inherited)
    for name in [name for name in wanted["environment"] if re.fullmatch(OF_AUTORUN, name)]:
        del wanted["environment"][name]
    assert {name: found["environment"].pop(name, None) for name in OF_FIRST_RUN} == OF_FIRST_RUN
    for field in wanted:
        assert found[field] == wanted[field], field
    assert found.keys() == wanted.keys()
    assert seen_by_user(ours)._replace(out="") == seen_by_user(by_hand)._replace(out="")
    return dict(wanted)


@pytest.fixture
def seen(app: App) -> App:
    """A project whose programs report what they see, in every form that can be run."""
    app.write("report.py", REPORT)
    app.write("pkg/__init__.py", "")
    app.write("pkg/__main__.py", REPORT)
    app.write("pkg/mod.py", REPORT)
    app.write("folder/__main__.py", REPORT)
    archive = app.project / "archive.pyz"
    zipapp.create_archive(app.project / "folder", archive, interpreter=PYTHON)
    app.write("deep/real.py", REPORT)
    (app.project / "link.py").symlink_to("deep/real.py")
    return app


FORMS = {
    "script": ["report.py"],
    "absolute script": ["{project}/report.py"],
    "package": ["-m", "pkg"],
    "module of a package": ["-m", "pkg.mod"],
    "module": ["-m", "report"],
    "directory": ["folder"],
    "archive": ["archive.pyz"],
    "link": ["link.py"],
    "current directory": ["./report.py"],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_program_sees_what_it_sees_by_hand(seen: App, form: str) -> None:
    words = [word.format(project=seen.project) for word in FORMS[form]]
    line = [PYTHON, *words, "one", "--two", "-w", "9", "--", "-x"]
    wanted = assert_same(*both(line, seen, stdin="typed\n"))
    assert wanted["stdin"] == "typed\n"
    assert wanted["argv"][1:] == ["one", "--two", "-w", "9", "--", "-x"]


FLAGS = {
    "dev": ["-X", "dev"],
    "utf8": ["-X", "utf8"],
    "errors": ["-W", "error"],
    "ignored": ["-Wignore::DeprecationWarning", "-W", "default"],
    "optimised": ["-O"],
    "without docstrings": ["-OO"],
    "unbuffered": ["-u"],
    "without bytecode": ["-B"],
    "isolated": ["-I"],
    "without environment": ["-E"],
    "safe path": ["-P"],
    "without user site": ["-s"],
    "without site": ["-S"],
    "bundle": ["-uBWerror", "-Xdev"],
    "bytes": ["-bb"],
    "importing": ["-X", "frozen_modules=off"],
    "faults": ["-X", "faulthandler"],
    "prefix": ["-X", "pycache_prefix=elsewhere"],
}


@pytest.mark.parametrize("flag", FLAGS)
def test_the_flags_of_the_interpreter_arrive(seen: App, flag: str) -> None:
    assert_same(*both([PYTHON, *FLAGS[flag], "report.py", "x"], seen))


@pytest.mark.parametrize("flag", ["-I", "-P"])
def test_a_module_with_a_safe_path_is_not_found_here_either(seen: App, flag: str) -> None:
    by_hand, ours = both([PYTHON, flag, "-m", "pkg"], seen)
    assert by_hand.code == 1
    assert ours.code == 2
    assert "no module named pkg" in ours.err.lower()
    assert "Traceback" not in ours.err


def test_a_console_script_sees_what_it_sees_by_hand(seen: App) -> None:
    python = str(environment(seen.folder / "env") / "bin" / "python")
    tool = script(seen.folder / "env" / "bin" / "tool", REPORT, interpreter=python)
    by_hand = run([python, str(tool), "--port", "1"], seen.project)
    assert_same(by_hand, autorun(seen.project, "--exit", "--python", python, "tool", "--port", "1"))
    assert_same(by_hand, autorun(seen.project, "--exit", str(tool), "--port", "1"))


VARIABLES = {
    "C": ["LANG=C"],
    "C everywhere": ["LC_ALL=C"],
    "POSIX as it is": ["LC_ALL=POSIX", "PYTHONCOERCECLOCALE=0"],
    "UTF-8": ["LC_ALL=C.UTF-8"],
    "flags": ["PYTHONWARNINGS=error", "PYTHONUNBUFFERED=1", "PYTHONOPTIMIZE=1"],
    "safe path": ["PYTHONPATH=.", "PYTHONSAFEPATH=1"],
    "path": ["PYTHONPATH=:deep"],
    "bytecode": ["PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0", "PYTHONUTF8=1"],
    "of another autorun": [
        *("RELOAD_ENV=true", "AUTORUN_CHANNEL=5:abc", "MINE="),
        *("AUTORUN=yes", "AUTORUN_RUN=7", 'AUTORUN_CHANGES=["x.py"]'),
        *("AUTORUN_CONTROL=/a", "AUTORUN_ID=b"),
    ],
}


@pytest.mark.parametrize("kind", VARIABLES)
def test_the_environment_arrives(seen: App, kind: str) -> None:
    unset = [word for name in ("LANG", "LC_ALL", "LC_CTYPE") for word in ("-u", name)]
    start = ["env", *unset, *VARIABLES[kind]]
    by_hand = run([*start, PYTHON, "report.py"], seen.project)
    ours = run([*start, *AUTORUN, "--exit", "report.py"], seen.project)
    assert_same(by_hand, ours)


ENDS = {
    "nothing": "",
    "zero": "raise SystemExit(0)",
    "three": "raise SystemExit(3)",
    "too large": "raise SystemExit(300)",
    "negative": "raise SystemExit(-1)",
    "text": "raise SystemExit('that is why')",
    "none": "raise SystemExit(None)",
    "true": "raise SystemExit(True)",
    "tuple": "raise SystemExit((1, 2))",
    "exit of a kind": "class Mine(SystemExit): pass\nraise Mine(7)",
    "os._exit": "import os; os._exit(9)",
    "exception": "def broken():\n    raise ValueError('no')\n\nbroken()",
    "chain": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
    "context": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('x')",
    "group": "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
    "note": "e = ValueError('x')\ne.add_note('seen')\nraise e",
    "recursion": "def deep(): deep()\ndeep()",
    "syntax": "print('never')\nif True print(1)",
    "indentation": "if True:\n  1\n 2",
    "missing import": "import nothing_of_this_name",
    "broken import": "import broken_helper",
    "syntax of an import": "import unreadable_helper",
    "own hook": "import sys\nsys.excepthook = lambda *a: print('mine', a[0], a[1])\n1 / 0",
    "hook with frames": (
        "import sys, traceback\n"
        "sys.excepthook = lambda k, e, t: print(traceback.format_exception(k, e, t))\n1 / 0"
    ),
    "failing hook": "import sys\nsys.excepthook = lambda *a: 1 / 0\nraise ValueError",
    "unraisable": "class A:\n    def __del__(self): raise ValueError('x')\na = A()\ndel a",
    "unraisable hook": (
        "import sys\nsys.unraisablehook = lambda u: print('mine', u.exc_value)\n"
        "class A:\n    def __del__(self): raise ValueError('x')\na = A()"
    ),
    "atexit": (
        "import atexit\nfor n in range(3):\n    atexit.register(print, n)\n"
        "atexit.register(lambda: 1 / 0)\nraise ValueError('first')"
    ),
    "thread": (
        "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='mine')\n"
        "t.start(); t.join()"
    ),
    "interrupt": "import signal\nsignal.raise_signal(signal.SIGINT)",
    "interrupt caught": (
        "import signal, sys\ntry:\n    signal.raise_signal(signal.SIGINT)\n"
        "except KeyboardInterrupt:\n    sys.exit(4)"
    ),
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "warning": "import warnings\ndef f(): warnings.warn('old', DeprecationWarning, 2)\nf()",
    "last": "import atexit, sys\natexit.register(lambda: print(repr(sys.last_value)))\n1 / 0",
    "closed stdout": "import os\nos.close(1)\nprint('lost')",
    "encoding": "# coding: latin-1\nprint(ascii('\xe9'))\n1 / 0",
    "future": "from __future__ import annotations\nx: nowhere = 1\nprint(__annotations__)",
    "globals": "print([name for name in globals() if name != '__builtins__'])",
    "leak": "import sys\nprint([n for n in dir(sys.modules['__main__'])])",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_program_ends_as_by_hand(app: App, end: str) -> None:
    app.write("broken_helper.py", "def inner():\n    raise RuntimeError('in an import')\n\ninner()")
    app.write("unreadable_helper.py", "def (")
    (app.project / "x.py").write_text(ENDS[end], encoding="latin-1")
    by_hand, ours = both([PYTHON, "x.py"], app)
    assert ours == by_hand


@pytest.mark.parametrize("form", ["module", "package", "directory", "archive"])
def test_a_traceback_is_the_programs_own_in_every_form(app: App, form: str) -> None:
    text = "def broken():\n    raise ValueError('no')\n\nbroken()\n"
    app.write("module.py", text)
    app.write("package/__init__.py", "")
    app.write("package/__main__.py", text)
    app.write("directory/__main__.py", text)
    zipapp.create_archive(app.project / "directory", app.project / "archive")
    words = ["-m", form] if form in ("module", "package") else [form]
    by_hand, ours = both([PYTHON, *words], app)
    # `python -m` shows the frames of runpy above the program's; ours is shorter by just these.
    runner = [line for line in by_hand.err.splitlines() if "<frozen runpy>" not in line]
    assert ours.err.splitlines() == runner
    assert ours.code == by_hand.code


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module('broken')\n",
        "import importlib\nimportlib.import_module('not_there_at_all')\n",
        (
            "import importlib\ntry:\n    importlib.import_module('broken')\n"
            "except Exception as error:\n    raise ExceptionGroup('many', [error])\n"
        ),
        "import runpy\nrunpy.run_module('broken')\n",
    ],
)
def test_a_traceback_is_shorter_by_the_frames_of_importlib_and_runpy(app: App, text: str) -> None:
    """And by nothing else."""
    app.write("broken.py", "def inner():\n    raise RuntimeError('in an import')\n\ninner()")
    app.write("x.py", text)
    by_hand, ours = both([PYTHON, "x.py"], app)
    assert re.search(RUNNER, by_hand.err)
    assert ours.err.splitlines() == without_runners(by_hand.err)
    assert ours.code == by_hand.code


RUNNER = r'File "(<frozen (runpy|importlib\._\w+)>|[^"]*/importlib/__init__\.py)", '


def without_runners(trace: str) -> list[str]:
    """The lines of a traceback without some frames, each with what stands below it."""
    kept, skipped_at = [], 99
    for line in trace.splitlines():
        at = len(line) - len(line.lstrip(" |+"))
        skipped_at = at if re.search(RUNNER, line) else 99 if at <= skipped_at else skipped_at
        if skipped_at == 99:
            kept.append(line)
    return kept


MAIN_TO_THE_END = """
import atexit, pickle, sys, threading

class Mine:
    pass

def look(where):
    main = sys.modules["__main__"]
    # The interpreter itself takes __file__ away when a script's code is through.
    print(where, getattr(main, "__file__", 0), getattr(main, "__cached__", 0))
    print(main.Mine is Mine, type(pickle.loads(pickle.dumps(Mine()))), main.__dict__ is globals())

def late():
    threading.main_thread().join()
    look("thread")

atexit.register(look, "atexit")
threading.Thread(target=late).start()
look("main")
"""


@pytest.mark.parametrize(
    "words", [["x.py"], ["-m", "pkg"], ["-m", "pkg.mod"], ["folder"]], ids=" ".join
)
def test_main_stays_the_program_to_the_very_end(app: App, words: list[str]) -> None:
    """With `run_module` of runpy `__main__` would be another by then, and pickling fails."""
    for name in ("x.py", "pkg/__main__.py", "pkg/mod.py", "folder/__main__.py"):
        app.write(name, MAIN_TO_THE_END)
    app.write("pkg/__init__.py", "")
    by_hand, ours = both([PYTHON, *words], app)
    assert by_hand.out.count("True <class '__main__.Mine'> True") == 3, by_hand
    assert ours == by_hand


CHILDREN = """
import multiprocessing, os, sys, warnings

class Mine:
    def __init__(self, number):
        self.number = number

def work(queue, mine):
    main = sys.modules["__main__"]
    queue.put((mine.number, main.__name__, Mine is type(mine)))

def pooled(mine):
    return mine.number * 2

if __name__ == "__main__":
    for how in sys.argv[1:]:
        context = multiprocessing.get_context(how)
        queue = context.Queue()
        child = context.Process(target=work, args=(queue, Mine(5)))
        child.start()
        print(how, queue.get())
        child.join()
        print(child.exitcode)
        with context.Pool(2) as pool:
            print(pool.map(pooled, [Mine(1), Mine(2)]))
"""


@pytest.mark.parametrize("words", [["x.py"], ["-m", "pkg.mod"]], ids=" ".join)
def test_multiprocessing_works_as_by_hand(app: App, words: list[str]) -> None:
    for name in ("x.py", "pkg/mod.py"):
        app.write(name, CHILDREN)
    app.write("pkg/__init__.py", "")
    by_hand, ours = both([PYTHON, *words, "spawn", "fork"], app)
    assert by_hand.out.count("True") == 2
    assert by_hand.code == 0
    assert ours == by_hand
    app.assert_nothing_left()


FORKS = """
import os, sys, threading, multiprocessing
for number in range(5):
    pid = os.fork()
    if pid == 0:
        os._exit(len(threading.enumerate()))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

def work():
    print("in the child", flush=True)

if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    print(child.exitcode)
"""


@pytest.mark.parametrize("version", ["this", "python3.12", "python3.13"])
def test_forks_while_booting_warn_of_no_thread_of_ours(app: App, version: str) -> None:
    """From Python 3.12 on a fork beside another thread is a DeprecationWarning."""
    python = PYTHON if version == "this" else interpreter(version)
    app.write("x.py", FORKS)
    by_hand, ours = both([python, "-W", "error", "x.py"], app)
    assert by_hand.out.split() == ["1"] * 5 + ["in", "the", "child", "0"], by_hand
    assert ours == by_hand


@pytest.mark.parametrize("version", ["python3.12", "python3.13"])
def test_other_versions_see_the_same(seen: App, version: str) -> None:
    python = interpreter(version)
    for words in (["report.py"], ["-m", "pkg"], ["-X", "dev", "folder"]):
        assert_same(*both([python, *words, "one"], seen))


def test_an_app_that_forks_a_daemon_of_its_own_exits_as_by_hand(app: App) -> None:
    app.write(
        "x.py",
        "import os\nif os.fork() == 0:\n    print('child')\n    raise SystemExit(5)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]))\n",
    )
    by_hand, ours = both([PYTHON, "x.py"], app)
    assert sorted(by_hand.out.split()) == ["5", "child"]
    assert (ours.code, sorted(ours.out.split()), ours.err) == (0, ["5", "child"], "")


NAMESAKES = [
    *("selectors", "socket", "click", "signal", "threading", "json", "watchdog", "subprocess"),
    *("tokenize", "linecache", "copy", "types_", "asyncio", "logging", "dataclasses", "autoreload"),
]
"""Files of the user's that bear the name of something that we or the standard library import."""


@pytest.mark.parametrize("where", ["beside", "PYTHONPATH"])
def test_a_users_namesake_of_a_module_is_what_the_program_imports(app: App, where: str) -> None:
    """And autorun itself goes on with the real one: options are read, the app is reloaded."""
    names, env = NAMESAKES, {}
    if where == "PYTHONPATH":
        # Python finds the user's autoreload.py before autorun has begun.
        names, env = NAMESAKES[:-1], {"PYTHONPATH": "."}
    for name in names:
        app.write(f"{name}.py", f"MINE = 'my {name}'\n")
    text = "".join(f"import {name}\nprint(getattr({name}, 'MINE', 'real'))\n" for name in names)
    app.write("x.py", text)
    installed = str(Path(PYTHON).with_name("autorun"))
    by_hand = run([PYTHON, "x.py"], app.project, env=env)
    ours = run([installed, "--exit", "x.py"], app.project, env=env)
    assert by_hand.out == "".join(f"my {name}\n" for name in names)
    assert seen_by_user(ours) == seen_by_user(by_hand)
    app.start("--stop-timeout", "9", "x.py", command=[installed], env=env)
    app.wait_for("finished in")
    app.edit("selectors.py", "MINE = 'edited'\n")
    app.wait_for("selectors.py changed, (restarting|ready)", stream="err")
    app.wait_for("edited\n", stream="out")
    app.stop()


SERVE = """
import sys, time
import helper
print("version", helper.VERSION, flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize(
    "flags", [["-I"], ["-S"], ["-P"], ["-E", "-s", "-B"], ["-X", "dev"], ["-OO"]]
)
def test_reload_works_under_every_flag(app: App, flags: list[str]) -> None:
    app.write("lib/helper.py", "VERSION = 1\n")
    app.write("x.py", f"import sys; sys.path.insert(0, {str(app.project / 'lib')!r})\n" + SERVE)
    app.start(PYTHON, *flags, "x.py")
    app.wait_for("version 1")
    app.edit("lib/helper.py", "VERSION = 2\n")
    app.wait_for("version 2")
    app.wait_for("lib/helper.py changed, (restarting|ready)", stream="err")
    app.stop()
    app.assert_nothing_left()


def test_a_piped_stdin_is_read_by_the_program_and_stdout_is_its_own(app: App) -> None:
    app.write("x.py", "import sys\nfor line in sys.stdin:\n    print(line.upper(), end='')\n")
    by_hand, ours = both([PYTHON, "x.py"], app, stdin="one\ntwo\n")
    assert ours == by_hand == Outcome(0, "ONE\nTWO\n", "")


def test_an_interrupt_to_the_program_has_its_own_traceback_and_end(app: App) -> None:
    app.write(
        "x.py",
        "import time\ntry:\n    print('up', flush=True)\n    while True: time.sleep(1)\n"
        "finally:\n    print('cleaned up')\n",
    )
    app.start("--exit", "x.py")
    app.wait_for("up")
    os.kill(app.inner_pid(), signal.SIGINT)
    assert app.wait() == -signal.SIGINT
    assert app.out() == "up\ncleaned up\n"
    lines = [line for line in app.err().splitlines() if not line.startswith("[autorun]")]
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('x.py", line 4, in <module>')
    assert lines[-1] == "KeyboardInterrupt"
