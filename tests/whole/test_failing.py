"""An app that fails, ends or does not compile: what is said, and the next save tries again."""

import signal
import textwrap

import pytest

from tests.driver import App, until

SERVING = """
import time
from ware import VERSION
tick = 0
while True:
    tick += 1
    print("version", VERSION, "tick", tick, flush=True)
    time.sleep(0.05)
"""


def end(app: App) -> None:
    assert app.stop() == 0, app.said()
    app.assert_nothing_left()


def test_each_kind_of_end_is_named_and_the_next_save_tries_again(app: App) -> None:
    """From the very first start on, when no inner has ever stood and no events have arrived."""
    script = app.write("app.py", "1 / 0\n")
    app.start("app.py")
    app.wait_for(r"ZeroDivisionError: division by zero\n")
    app.wait_for(
        r"\] app\.py:1:1: ZeroDivisionError: division by zero\. "
        r"Crashed \(exit code 1\), waiting for a change\n"
    )
    endings = {
        "import missing_module": r"'missing_module'\. Crashed \(exit code 1\),",
        "raise SystemExit(7)": "failed after .*, exit code 7,",
        "import os; os._exit(9)": "failed after .*, exit code 9,",
        "raise SystemExit(3)": "failed after .*, exit code 3,",
        "import os; os.kill(os.getpid(), 9)": "killed by SIGKILL after .*,",
        "import os; os.kill(os.getpid(), 11)": "killed by SIGSEGV after .*,",
        "import os; os.abort()": "killed by SIGABRT after .*,",
        "raise SystemExit('why')": "why\n.*failed after .*, exit code 1,",
        "this does not compile": (
            r"SyntaxError: invalid syntax\n.*app\.py:1:6: SyntaxError: invalid syntax\. "
            r"Crashed \(exit code 1\),"
        ),
        "print('done')": r"done\n(.|\n)*finished in .*, exit code 0,",
    }
    for number, (text, said) in enumerate(endings.items(), start=1):
        script.write_text(text + "\n")
        app.wait_for("app.py changed, (restarting|ready)", times=number)
        app.wait_for(said + r" waiting for a change(\n|\. Creating missing_module\.py or )")
        app.wait_for("waiting for a change", times=number + 1)
    # An app's own exit 3 is no request of ours: every start was asked for by a save.
    app.assert_restarts(len(endings))
    assert "autoreload" not in app.err(), app.said()
    end(app)


def test_app_that_somebody_kills_is_waited_for(app: App) -> None:
    app.write("app.py", "import os\nprint('pid', os.getpid(), flush=True)\n" + SERVING)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 tick")
    pid = int(app.wait_for(r"pid (\d+)", stream="out").group(1))
    app.signal_process(pid, signal.SIGKILL)
    app.wait_for("killed by SIGKILL after .*, waiting for a change")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 tick")
    end(app)


def test_save_that_does_not_compile_is_held(app: App) -> None:
    """The app goes on, the error is shown once with its place, and the next save decides."""
    app.write("app.py", SERVING)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 tick")
    app.edit("ware.py", "VERSION = 2\nif VERSION\n    pass\n")
    app.wait_for(
        textwrap.dedent(
            r"""
            \[autorun\] ware\.py:2:11: SyntaxError: expected ':'\. Held, the previous code .*
            \[autorun\]     if VERSION
            \[autorun\]               \^
            """
        )
    )
    ticks = app.count("tick")
    until(lambda: app.count("tick") > ticks + 3, app.said)
    app.edit("ware.py", "VERSION = 1\n")
    app.wait_for("the files are as they were, the running code is current")
    app.edit("ware.py", "VERSION = (\n")
    app.wait_for(r"ware\.py:1:11: SyntaxError: '\(' was never closed")
    assert app.count("restarting|changed, ready") == 0, app.said()
    assert app.count("tick 1\n") == 1, app.said()
    app.edit("ware.py", "VERSION = 3\n")
    app.wait_for("version 3 tick")
    assert app.count("Held") == 2, app.said()
    end(app)


def test_missing_import_is_waited_for(app: App) -> None:
    """A module in the project's folder, one in a package that was there, and a whole package."""
    app.write("app.py", "import ware, package.part, whole\nprint('all here', flush=True)\n")
    app.write("package/__init__.py", "")
    app.start("app.py")
    app.wait_for("No module named 'ware'")
    app.wait_for("waiting for a change")
    app.edit("notes.txt", "nobody asked")
    app.edit("ware.py", "VERSION = 1\n")
    app.wait_for("ware.py changed, (restarting|ready)")
    app.wait_for("No module named 'package.part'")
    app.wait_for("waiting for a change", times=2)
    app.edit("package/part.py", "VERSION = 1\n")
    app.wait_for("No module named 'whole'")
    app.wait_for("waiting for a change", times=3)
    (app.project / "whole").mkdir()
    app.edit("whole/__init__.py", "VERSION = 1\n")
    app.wait_for("all here")
    app.assert_restarts(3)
    end(app)


@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
def test_failing_app_is_not_started_again_for_what_it_writes(
    app: App, options: tuple[str, ...]
) -> None:
    """Sources that nobody loaded lie there, and more are written by each run: it went round."""
    app.write("app.py", "open('made.py', 'w').write('made = 1')\nimport ware\n")
    app.write("other.py", "print('nobody asked')\n")
    app.start(*options, "app.py")
    app.wait_for("waiting for a change")
    app.edit("ware.py", "1 / 0")
    app.wait_for("ZeroDivisionError")
    app.edit("ware.py", "print('all here')")
    app.wait_for("all here")
    app.wait_for("finished in")
    # Two saves, and once for the file that the first run wrote: it may have been the missing one.
    assert app.count("restarting|changed, ready") <= 3, app.said()
    end(app)


@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
def test_app_that_lets_no_thread_run_is_restarted_by_force(
    app: App, options: tuple[str, ...]
) -> None:
    """A call that keeps the interpreter's lock keeps our watcher too: the outer compares."""
    app.write("app.py", "import ware\nprint('done', flush=True)\n")
    app.write(
        "ware.py", "import ctypes\nprint('stuck', flush=True)\nctypes.PyDLL(None).sleep(60)\n"
    )
    app.start(*options, "--stop-timeout=0.2", "app.py")
    app.wait_for("stuck")
    app.edit("ware.py", "VERSION = 1\n")
    app.wait_for("ware.py changed and the app does not react, restarting")
    app.wait_for("the app had not stopped after 200 ms, killed")
    app.wait_for("done")
    end(app)


@pytest.mark.parametrize(
    ("option", "program", "code"),
    [
        ("--exit", "print('done')", 0),
        ("--exit", "raise SystemExit(7)", 7),
        ("--exit", "import os; os.kill(os.getpid(), 11)", -11),
        ("--exit-on-error", "raise SystemExit(7)", 7),
    ],
)
def test_end_of_the_app_is_the_end_of_autorun_if_asked_for(
    app: App, option: str, program: str, code: int
) -> None:
    app.write("app.py", program)
    assert app.start(option, "app.py").wait() == code, app.said()
    assert "waiting" not in app.err()
    app.assert_nothing_left()


def test_exit_on_error_waits_after_a_good_end(app: App) -> None:
    app.write("app.py", "print('done')\n")
    app.start("--exit-on-error", "app.py")
    app.wait_for("finished in .*, exit code 0, waiting for a change")
    app.edit("app.py", "raise SystemExit('bad')\n")
    assert app.wait() == 1, app.said()
    app.assert_nothing_left()
