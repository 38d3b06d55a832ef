"""Each option of the command line has an effect, from the line and from the environment."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.driver import App, until
from tests.runs import PYTHON, autorun

SERVE = (
    "import os, time\n"
    "print('version', 1, sorted(n for n in os.environ if 'AUTORUN' in n), flush=True)\n"
    "while True:\n    time.sleep(0.05)\n"
)
ENDS = "import sys, os\nprint('ran')\n"
COLOUR = "\x1b["
OF_A_RUN = ["AUTORUN", "AUTORUN_CHANGES", "AUTORUN_CONTROL", "AUTORUN_ID", "AUTORUN_RUN"]
"""The variables that autorun sets for the app."""


@pytest.fixture
def serving(app: App) -> App:
    """A program that stays, beside a data file."""
    app.write("x.py", SERVE)
    app.write("data/a.yaml", "1")
    app.write("data/b.yaml", "1")
    return app


def saved(app: App, version: int) -> None:
    """Save the program, and wait until that version runs."""
    app.edit("x.py", SERVE.replace("version', 1", f"version', {version}"))
    app.wait_for(f"version {version} ")


# --- what is watched ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "env"),
    [
        (["--watch", "data/*.yaml"], {}),
        (["-wdata"], {}),
        (["--watch=nothing", "-w", "data/a.yaml"], {}),
        ([], {"AUTORUN_WATCH": "nothing/*.x:data/*"}),
        (["--watch", "data", "--poll=0.05"], {}),
    ],
    ids=["glob", "folder", "several", "variable", "polled"],
)
def test_watch_restarts_for_a_file_that_is_not_loaded(
    serving: App, options: list[str], env: dict[str, str]
) -> None:
    serving.start(*options, "x.py", env=env)
    serving.wait_for(re.escape(f"version 1 {OF_A_RUN}"))
    serving.wait_for("ready in")
    serving.edit("data/a.yaml", "2")
    serving.wait_for("data/a.yaml changed, (restarting|ready)")
    serving.wait_for("version 1", times=2)
    assert serving.stop() == 0


def test_a_glob_may_match_later(serving: App) -> None:
    serving.start("-w", "later/*.txt", "x.py")
    serving.wait_for("--watch later/[*].txt matches no file yet")
    serving.wait_for("version 1")
    (serving.project / "later").mkdir()
    (serving.project / "later" / "new.txt").write_text("x")
    serving.wait_for("later/new.txt changed, (restarting|ready)")
    serving.stop()


@pytest.mark.parametrize("how", ["option", "variable"])
def test_ignore_beats_what_is_loaded_and_what_is_watched(serving: App, how: str) -> None:
    globs = ["helper.py", "data/b*"]
    serving.write("helper.py", "")
    serving.write("x.py", "import helper\n" + SERVE)
    if how == "option":
        serving.start("-w", "data", *(f"--ignore={glob}" for glob in globs), "x.py")
    else:
        serving.start("-w", "data", "x.py", env={"AUTORUN_IGNORE": os.pathsep.join(globs)})
    serving.wait_for("version 1")
    serving.wait_for("ready in")
    serving.edit("helper.py", "x = 1")
    serving.edit("data/b.yaml", "2")
    serving.edit("data/a.yaml", "2")
    serving.wait_for("data/a.yaml changed, (restarting|ready)")
    serving.wait_for("version 1", times=2)
    serving.assert_restarts(1)
    serving.stop()


def test_poll_takes_its_value_only_behind_an_equals_sign(serving: App) -> None:
    serving.start("--poll", "x.py")
    serving.wait_for("version 1")
    serving.wait_for("polling")
    saved(serving, 2)
    assert not any("inotify" in text for text in links(serving.pid))
    serving.stop()


def links(pid: int) -> list[str]:
    """What the descriptors of a process are."""
    return [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]


def test_delay_waits_for_that_much_quiet(serving: App) -> None:
    serving.start("--delay", "0.6", "x.py")
    serving.wait_for("version 1")
    serving.wait_for("ready in")
    begin = time.monotonic()
    for version in (7, 8, 9):
        serving.edit("x.py", SERVE.replace("version', 1", f"version', {version}"))
        serving.wait_for("started|ready in")  # as long as it takes to look
    serving.wait_for("version 9 ")
    assert time.monotonic() - begin >= 0.6
    serving.assert_restarts(1)
    serving.stop()


# --- how it is run and stopped ------------------------------------------------------------------


def test_noreload_hands_the_sockets_over_as_well(app: App) -> None:
    """The sockets were closed before they could be handed over."""
    app.write(
        "x.py",
        "import os, socket\n"
        "names = [socket.socket(fileno=fd).getsockname()[0] for fd in (3, 4)]\n"
        "print(names, os.environ['LISTEN_FDS'], os.environ['LISTEN_PID'] == str(os.getpid()))\n",
    )
    found = autorun(app.project, "--noreload", "--socket=0", "--socket=0", "x.py")
    assert (found.code, found.out) == (0, "['127.0.0.1', '127.0.0.1'] 2 True\n"), found


@pytest.mark.parametrize("option", ["--noreload", "--no-reload", "variable"])
def test_without_reload_there_is_one_plain_process(app: App, option: str) -> None:
    app.write(
        "x.py",
        "import os, sys\n"
        "print('pid', os.getpid(), [n for n in os.environ if n[:4] in ('AUTO', 'RELO')])\n"
        "print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1], sys.argv, sys.orig_argv[1:])\n"
        "sys.exit(3)\n",
    )
    env = {"AUTORUN_RELOAD": "0", "AUTORUN_QUIET": "1"} if option == "variable" else {}
    app.start(*([] if option == "variable" else [option]), "x.py", "a", env=env)
    assert app.wait() == 3
    assert app.out() == f"pid {app.pid} []\n[0, 1, 2] ['x.py', 'a'] ['x.py', 'a']\n"
    assert app.err() == ""


def test_no_hold_restarts_also_for_what_does_not_compile(serving: App) -> None:
    serving.start("--no-hold", "x.py")
    serving.wait_for("version 1")
    serving.edit("x.py", "def (\n")
    serving.wait_for("x.py changed, (restarting|ready)")
    serving.wait_for("Crashed")
    saved(serving, 2)
    serving.stop()


def test_hold_is_the_default(serving: App) -> None:
    serving.start("x.py")
    serving.wait_for("version 1")
    serving.edit("x.py", "def (\n")
    serving.wait_for(r"x\.py:1:5: SyntaxError: .*\. Held, the previous code keeps running")
    assert os.readlink(f"/proc/{serving.inner_pid()}/cwd") == str(serving.project)
    saved(serving, 2)
    serving.assert_restarts(1)
    serving.stop()


ASKED = """
import signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda n, f: sys.exit(print("asked by", signal.Signals(n).name)))
print("up", flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize(
    ("name", "heard"),
    [(None, "SIGINT"), ("TERM", "SIGTERM"), ("SIGUSR1", "SIGUSR1"), ("15", "SIGTERM")],
)
def test_signal_names_how_the_app_is_asked_to_stop(app: App, name: str | None, heard: str) -> None:
    app.write("x.py", ASKED)
    app.start(*([] if name is None else ["--signal", name]), "x.py")
    app.wait_for("up")
    app.edit("x.py", ASKED + "# more\n")
    app.wait_for(f"asked by {heard}\nup")
    assert app.stop() == 0
    assert app.count(f"asked by {heard}") == 2
    app.assert_nothing_left()


def test_stop_timeout_ends_an_app_that_does_not_stop(app: App) -> None:
    text = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('up', flush=True)\nwhile True:\n    time.sleep(0.05)\n"
    )
    app.write("x.py", text)
    app.start("x.py", env={"AUTORUN_STOP_TIMEOUT": "0.3"})
    app.wait_for("up\n")
    begin = time.monotonic()
    app.edit("x.py", text + "# more\n")
    app.wait_for("up\n", times=2)
    assert 0.3 <= time.monotonic() - begin < 10
    assert app.stop() == 0
    app.assert_nothing_left()


ENDINGS = {
    "0": ("sys.exit(0)", 0),
    "3": ("sys.exit(3)", 3),
    "exception": ("1 / 0", 1),
    "TERM": ("os.kill(os.getpid(), 15)", -signal.SIGTERM),
    "KILL": ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
    "ABRT": ("os.abort()", -signal.SIGABRT),
    "INT": ("os.kill(os.getpid(), 2)", -signal.SIGINT),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_exit_leaves_with_the_code_or_by_the_signal_of_the_app(app: App, ending: str) -> None:
    does, code = ENDINGS[ending]
    app.write("x.py", f"{ENDS}sys.stdout.flush()\n{does}\n")
    found = autorun(app.project, "--exit", "x.py")
    assert (found.code, found.out) == (code, "ran\n")
    if code == 0:
        return
    found = autorun(app.project, "x.py", env={"AUTORUN_EXIT_ON_ERROR": "1"})
    assert (found.code, found.out) == (code, "ran\n")
    assert "waiting for a change" not in found.err


def test_exit_on_error_waits_when_nothing_failed(app: App) -> None:
    app.write("x.py", ENDS)
    app.start("--exit-on-error", "x.py")
    app.wait_for("finished in .*, exit code 0, waiting for a change")
    app.edit("x.py", "raise SystemExit(6)\n")
    assert app.wait() == 6


def test_leave_lets_a_program_live_on(app: App) -> None:
    """Under its name; one that is not named is ended with the app, in one line."""
    for name in ("kept", "taken"):
        path = app.project / name
        path.symlink_to("/bin/sleep")
    app.write(
        "x.py",
        "import os, subprocess\n"
        "for name in ('kept', 'taken'):\n"
        "    child = subprocess.Popen(['./' + name, '100'], start_new_session=True)\n"
        "    print(name, child.pid, flush=True)\n",
    )
    app.start("--leave", "kept", "x.py")
    app.wait_for("finished in")
    kept = int(app.wait_for(r"kept (\d+)").group(1))
    taken = int(app.wait_for(r"taken (\d+)").group(1))
    assert app.stop() == 0
    try:
        assert f"ended what the app left behind: {taken} (taken)" in app.err()
        assert not Path(f"/proc/{taken}/exe").exists()
        assert os.readlink(f"/proc/{kept}/cwd") == str(app.project)
    finally:
        os.kill(kept, signal.SIGKILL)
    app.assert_nothing_left()


# --- what is said -------------------------------------------------------------------------------


def test_quiet_leaves_only_what_is_wrong(serving: App) -> None:
    serving.start("--quiet", "x.py")
    serving.wait_for("version 1")
    saved(serving, 2)
    assert serving.err() == ""
    serving.edit("x.py", "def (\n")
    serving.wait_for("Held", stream="err")
    saved(serving, 3)
    serving.stop()
    assert serving.count("restarting|ready|stopped|started") == 0


def test_verbose_says_why(serving: App) -> None:
    serving.start("-v", "x.py")
    serving.wait_for("version 1")
    serving.wait_for("ready in")
    os.utime(serving.project / "x.py")
    serving.wait_for("x.py written with the same content, nothing to do")
    serving.stop()


COLOURS = {
    "always": (["--color", "always"], {}, True),
    "never": (["--color=never"], {"FORCE_COLOR": "1"}, False),
    "auto in a pipe": ([], {}, False),
    "FORCE_COLOR": ([], {"FORCE_COLOR": "1"}, True),
    "FORCE_COLOR=0": ([], {"FORCE_COLOR": "0"}, False),
    "NO_COLOR": ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    "NO_COLOR is empty": ([], {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
    "always beats NO_COLOR": (["--color=always"], {"NO_COLOR": "1"}, True),
    "variable": ([], {"AUTORUN_COLOR": "always"}, True),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_colour_is_a_matter_of_option_variable_and_terminal(app: App, kind: str) -> None:
    options, env, coloured = COLOURS[kind]
    app.write("x.py", ENDS)
    found = autorun(app.project, "--exit", *options, "x.py", env=env)
    assert found.out == "ran\n"
    assert (COLOUR in found.err) == coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", found.err)
    assert all(line.startswith("[autorun] ") for line in plain.splitlines())


def test_clear_does_nothing_where_there_is_no_terminal(app: App) -> None:
    app.write("x.py", ENDS)
    assert COLOUR not in autorun(app.project, "-c", "--exit", "x.py").err


@pytest.mark.parametrize("words", [["--version"], ["--version", "x.py"]])
def test_version_is_said_on_stdout(app: App, words: list[str]) -> None:
    import autoreload

    assert autorun(app.project, *words) == (0, f"autorun {autoreload.__version__}\n", "")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_has_examples_and_every_option(app: App, word: str) -> None:
    found = autorun(app.project, word)
    assert found.code == 0
    for text in ("autorun manage.py runserver", "autorun uvicorn main:app", "autorun -- node"):
        assert text in found.out
    for option in OPTIONS:
        assert option in found.out
    assert max(map(len, found.out.splitlines())) <= 80


OPTIONS = (
    *(
        "--watch",
        "--ignore",
        "--delay",
        "--poll",
        "--backend",
        "--no-reload",
        "--noreload",
        "--no-hold",
    ),
    *("--signal", "--stop-timeout", "--exit", "--exit-on-error", "--clear", "--quiet"),
    *("--verbose", "--color", "--python", "--leave", "--version", "--help"),
)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered_for_each_shell(app: App, shell: str) -> None:
    source = autorun(app.project, env={"_AUTORUN_COMPLETE": f"{shell}_source"})
    assert source.code == 0, source
    assert "_AUTORUN_COMPLETE" in source.out
    found = autorun(
        app.project,
        env={
            "_AUTORUN_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": "autorun --st",
            "COMP_CWORD": "--st" if shell == "fish" else "1",
        },
    )
    assert "--stop-timeout" in found.out


# --- the environment ----------------------------------------------------------------------------


def test_variables_of_options_are_not_seen_by_the_app(app: App) -> None:
    app.write("x.py", "import os\nprint(sorted(n for n in os.environ if n.startswith('AUTO')))\n")
    env = {"AUTORUN_EXIT": "1", "AUTORUN_VERBOSE": "1", "AUTORUN_NEW": "x", "AUTORUNNER": "mine"}
    found = autorun(app.project, "x.py", env=env)
    wanted = f"{sorted([*OF_A_RUN, 'AUTORUNNER'])}\n"
    assert (found.code, found.out) == (0, wanted)
    found = autorun(app.project, "--", PYTHON, "x.py", env=env)
    assert (found.code, found.out) == (0, wanted)


def test_an_autorun_inside_an_autorun_is_one_of_its_own(app: App) -> None:
    """Each with its own identity, options and code; the outer one's options are not inherited."""
    app.write(
        "inner.py", "import os\nprint('id', os.environ['AUTORUN_ID'], flush=True)\nos._exit(3)\n"
    )
    app.write(
        "x.py",
        "import os, subprocess, sys\nprint('id', os.environ['AUTORUN_ID'], flush=True)\n"
        "run = [sys.executable, '-m', 'autoreload', '--exit', 'inner.py']\n"
        "raise SystemExit(subprocess.run(run).returncode + 1)\n",
    )
    found = autorun(app.project, "x.py", env={"AUTORUN_EXIT": "1", "RELOAD_ENV": "true"})
    ids = re.findall("id (.*)", found.out)
    assert (found.code, len(set(ids)), len(ids)) == (4, 2, 2), found


def test_the_terminal_is_not_needed_and_nothing_is_asked_of_it(app: App) -> None:
    """With every standard stream closed the app runs all the same."""
    app.write("x.py", "open('ran', 'w').write('yes')\n")
    line = f"exec {PYTHON} -m autoreload --exit x.py <&- >&- 2>&-"
    process = subprocess.Popen(["sh", "-c", line], cwd=app.project)
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
    until(lambda: (app.project / "ran").exists(), lambda: "the app did not run")
