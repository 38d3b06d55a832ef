"""A config file: what is run without a word, who decides a setting, and a change of the file."""

import os
import tomllib
from pathlib import Path

import pytest

from tests.driver import App
from tests.runs import autorun

SERVE = (
    "import os, sys, time\n"
    "print('up', sys.argv[1:], os.getcwd() == os.environ['PWD'], flush=True)\n"
    "while True:\n    time.sleep(0.05)\n"
)
SAYS = "import os, sys\nprint('ran', sys.argv, os.path.basename(os.getcwd()))\n"


@pytest.fixture
def serving(app: App) -> App:
    """A program that stays, with settings in a file of their own."""
    app.write("x.py", SERVE)
    app.write("autorun.toml", 'target = "x.py"\nwatch = "a/*"\n')
    app.write("a/data", "1")
    app.write("b/data", "1")
    return app


# --- what is run --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("autorun.toml", "target = \"x.py 1 '2 3'\"\nexit = true\n"),
        ("pyproject.toml", '[tool.autorun]\ntarget = ["x.py", "1", "2 3"]\nexit = true\n'),
        ("autorun.toml", 'target = ["--", "python3", "x.py", "1", "2 3"]\nexit = true\n'),
    ],
)
def test_without_a_word_the_target_of_the_file_is_run(app: App, name: str, text: str) -> None:
    app.write("x.py", SAYS)
    app.write(name, text)
    found = autorun(app.project, env={"PYTHONPATH": os.environ.get("PYTHONPATH", "")})
    assert (found.code, found.out) == (0, "ran ['x.py', '1', '2 3'] project\n"), found


def test_from_below_the_target_runs_where_the_file_is(app: App) -> None:
    app.write("x.py", SAYS)
    app.write(".git/HEAD", "")
    app.write("autorun.toml", 'target = "x.py"\nexit = true\n')
    app.write("deep/y.py", SAYS.replace("ran", "other"))
    found = autorun(app.project / "deep")
    assert found.out == "ran ['x.py'] project\n"
    assert f"the target of ../autorun.toml runs in {app.project}\n" in found.err
    found = autorun(app.project / "deep", "y.py")
    assert found.out == "other ['y.py'] deep\n"
    assert "runs in" not in found.err


def test_paths_of_the_file_are_relative_to_it_and_typed_ones_to_here(app: App) -> None:
    app.write(".git/HEAD", "")
    app.write("deep/y.py", "")
    app.write("autorun.toml", 'watch = ["a/*.x", "*.y"]\nignore = "*.log"\nsocket = "./a.sock"\n')
    printed = tomllib.loads(autorun(app.project / "deep", "--print-config", "y.py").out)
    top = str(app.project)
    assert printed["watch"] == [f"{top}/a/*.x", f"{top}/**/*.y"]
    assert printed["ignore"] == [f"{top}/**/*.log"]
    assert printed["socket"] == [f"{top}/a.sock"]
    app.write("autorun.toml", 'watch = "a/*.x"\ntarget = "x.py"\n')
    printed = tomllib.loads(autorun(app.project / "deep", "-i", "./b.log", "--print-config").out)
    assert printed["watch"] == ["a/*.x"]
    assert printed["ignore"] == [f"{top}/deep/./b.log"]


def test_the_one_program_here_is_run_and_named(app: App) -> None:
    app.write("main.py", SAYS)
    app.write("tool.py", "x = 1\nif __name__ == '__main__':\n    pass\n")
    found = autorun(app.project, env={"AUTORUN_EXIT": "1"})
    assert found.out == "ran ['main.py'] project\n"
    assert "[autorun] autorun main.py: the one program here\n" in found.err
    app.write("app.py", SAYS)
    found = autorun(app.project)
    assert (found.code, found.out) == (2, "")
    lines = ["what shall run? Here is what could:", "  autorun main.py", "  autorun app.py"]
    assert found.err == f"autorun: {lines[0]}\n{lines[1]}\n{lines[2]}\n  autorun tool.py\n"


# --- who decides --------------------------------------------------------------------------------


def test_each_setting_says_where_it_comes_from(app: App) -> None:
    app.write("x.py", "")
    app.write("pyproject.toml", '[tool.autorun]\ntarget = "x.py"\ndelay = 1\nstop_timeout = 1\n')
    words = ("--stop-timeout", "4", "--print-config")
    found = autorun(app.project, *words, env={"AUTORUN_STOP_TIMEOUT": "3", "AUTORUN_WARM": "1"})
    assert (found.code, found.err) == (0, "")
    for line in (
        f"# {app.project}/pyproject.toml",
        'target = ["x.py"]  # pyproject.toml:2',
        "delay = 1.0  # pyproject.toml:3",
        "stop-timeout = 4.0  # --stop-timeout",
        "warm = true  # AUTORUN_WARM",
        "hold = true  # default",
    ):
        assert line in found.out.splitlines()
    app.write("again.toml", found.out)
    again = autorun(app.project, "--config", "again.toml", "--print-config")
    assert tomllib.loads(again.out) == tomllib.loads(found.out)


@pytest.mark.parametrize("how", ["option", "variable"])
def test_another_file_or_none_may_be_named(app: App, how: str) -> None:
    app.write("x.py", SAYS)
    app.write("autorun.toml", "quiet = maybe\n")
    app.write("other.toml", "exit = true\nquiet = true\n")
    is_option = how == "option"
    words = ["--config", "other.toml"] if is_option else []
    found = autorun(
        app.project, *words, "x.py", env={} if words else {"AUTORUN_CONFIG": "other.toml"}
    )
    assert (found.code, found.err) == (0, "")
    words = ["--no-config", "--exit"] if is_option else ["--exit"]
    found = autorun(
        app.project, *words, "x.py", env={} if is_option else {"AUTORUN_NO_CONFIG": "1"}
    )
    assert (found.code, found.out) == (0, "ran ['x.py'] project\n")


SENTENCES = {
    "wacht = 1": "autorun.toml:1: no setting 'wacht', did you mean 'watch'?",
    "quiet = maybe": "autorun.toml:1:9: invalid value",
    "delay = '1'": "autorun.toml:1: delay wants a number of seconds, found '1'",
    "signal = 'NOPE'": "autorun.toml:1: signal 'NOPE' is no signal; INT, TERM, HUP or QUIT are",
    "\nsocket = 'nope'": "autorun.toml:2: socket 'nope' is no address: 8000, 127.0.0.1:8000,",
    "target = '-q x.py'": "autorun.toml:1: target begins with '-q': options are settings",
    "target = 'none.py'": "no file 'none.py'",
    "explain = ''": "autorun.toml:1: no setting 'explain'",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_bad_file_is_answered_by_one_sentence(app: App, text: str) -> None:
    app.write("autorun.toml", text)
    found = autorun(app.project)
    assert found.err.startswith(f"autorun: {SENTENCES[text]}")
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--config", "none.toml"], "none.toml' is not there, or no plain file"),
        (["--config", "x.toml", "--no-config"], "--config and --no-config exclude each other"),
        (["--config"], "option '--config' requires an argument"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told(app: App, words: list[str], sentence: str) -> None:
    found = autorun(app.project, *words)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert sentence in found.err


def test_verbose_says_which_file_counts(app: App) -> None:
    app.write("x.py", SAYS)
    app.write("autorun.toml", "exit = true\nverbose = true\n")
    app.write("pyproject.toml", "[tool.autorun]\nquiet = true\n")
    found = autorun(app.project, "x.py")
    assert "[autorun] settings from autorun.toml\n" in found.err
    assert "autorun.toml counts, [tool.autorun] of pyproject.toml beside it does not\n" in found.err


# --- a change of the file -----------------------------------------------------------------------


def started(app: App, *words: str, times: int = 1) -> None:
    app.start(*words)
    app.wait_for(r"up \[", times=times)
    app.wait_for("ready in", times=times)


def test_changed_settings_are_applied_by_a_restart(serving: App) -> None:
    """From then on the new files are watched, and the old ones are not."""
    started(serving)
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "b/*"\n')
    serving.wait_for("autorun.toml changed, settings applied, restarting")
    serving.wait_for("ready in", times=2)
    serving.edit("a/data", "2")
    serving.edit("b/data", "2")
    serving.wait_for("b/data changed, (restarting|ready)")
    serving.wait_for("ready in", times=3)
    assert serving.count("a/data changed") == 0, serving.said()
    assert serving.stop() == 0
    serving.assert_nothing_left()


def test_a_broken_file_changes_nothing_until_it_is_mended(serving: App) -> None:
    started(serving)
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = \n')
    serving.wait_for(r"autorun.toml:2:9: invalid value. The settings stay as they were")
    serving.edit("a/data", "2")
    serving.wait_for("a/data changed, (restarting|ready)")
    serving.wait_for("ready in", times=2)
    serving.edit("autorun.toml", 'target = "x.py"\nwacht = "b"\n')
    serving.wait_for(
        r"autorun.toml:2: no setting 'wacht', did you mean 'watch'\?. The settings stay"
    )
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "a/*"\nhold = false\n')
    serving.wait_for("autorun.toml changed, settings applied, restarting")
    serving.wait_for("ready in", times=3)
    serving.edit("x.py", "def (\n")
    serving.wait_for("x.py changed, (restarting|ready)")
    serving.stop()


def test_what_cannot_be_applied_is_said_and_nothing_is_restarted(serving: App) -> None:
    started(serving)
    serving.edit("autorun.toml", 'target = "y.py"\nwatch = "a/*"\nkeep-sockets = false\n')
    serving.wait_for("autorun.toml changed: target and keep-sockets take effect when autorun is")
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "a/*"\nclear = true\n')
    serving.wait_for("autorun.toml changed, settings applied\n")
    serving.edit("a/data", "2")
    serving.wait_for(r"up \[", times=2)
    assert serving.count("take effect") == 1
    serving.assert_restarts(1)
    serving.stop()


def test_a_file_that_comes_and_goes_is_taken_and_given_back(app: App) -> None:
    app.write("x.py", SERVE)
    app.write("pyproject.toml", "[project]\nname = 'x'\n")
    started(app, "x.py")
    app.edit("autorun.toml", "stop-timeout = 9\n")
    app.wait_for("autorun.toml changed, settings applied, restarting")
    app.wait_for("ready in", times=2)
    (app.project / "autorun.toml").unlink()
    app.wait_for("autorun.toml changed, settings applied, restarting", times=2)
    app.wait_for("ready in", times=3)
    app.edit("pyproject.toml", "[project]\nname = 'y'\n[tool.autorun]\nsignal = 'TERM'\n")
    app.wait_for("pyproject.toml changed, settings applied, restarting")
    app.wait_for("ready in", times=4)
    app.stop()


def test_an_option_goes_on_to_beat_the_file(serving: App) -> None:
    started(serving, "--stop-timeout=7", "-v")
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "a/*"\nstop-timeout = 8\n')
    serving.wait_for("autorun.toml changed, the settings are as they were")
    serving.stop()
    assert serving.count("restarting|changed, ready") == 0


def test_an_app_that_is_down_is_started_with_the_new_settings(app: App) -> None:
    app.write("x.py", "import json\nprint('up', flush=True)\n")
    app.write("autorun.toml", "")
    app.start("x.py")
    app.wait_for("finished in")
    app.edit("autorun.toml", "data = false\n")
    app.wait_for("autorun.toml changed, settings applied, restarting")
    app.wait_for("finished in", times=2)
    app.edit("autorun.toml", "data = true\nexit = true\n")
    assert app.wait() == 0


def test_a_save_while_the_app_boots_is_not_lost(serving: App) -> None:
    """Neither before anything is watched, nor for a run that was told the old settings."""
    serving.write("x.py", "import time\nprint('booting', flush=True)\ntime.sleep(0.2)\n" + SERVE)
    serving.start()
    serving.wait_for("booting")
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "b/*"\n')
    serving.wait_for("autorun.toml changed, settings applied, restarting")
    serving.wait_for("booting", times=2)
    serving.edit("autorun.toml", 'target = "x.py"\nwatch = "b/data"\n')
    serving.wait_for("autorun.toml changed, settings applied, restarting", times=2)
    serving.wait_for("booting", times=3)
    serving.edit("b/data", "2")
    serving.wait_for("b/data changed, (restarting|ready)")
    serving.stop()


def test_a_command_whose_tree_is_watched_is_restarted_once(app: App) -> None:
    """The file lies in that tree; it is the settings that count, not the file."""
    app.write("x.py", SERVE)
    app.write("autorun.toml", "")
    started(app, "--", "python3", "x.py")
    app.edit("autorun.toml", "# a word\n")
    app.edit("autorun.toml", "stop-timeout = 9\n")
    app.wait_for("autorun.toml changed, settings applied, restarting")
    app.wait_for(r"up \[", times=2)
    app.edit("a.txt", "new")
    app.wait_for("a.txt changed, (restarting|ready)")
    app.wait_for(r"up \[", times=3)
    app.assert_restarts(2)
    app.stop()


def test_wait_counts_the_settings_as_saved(serving: App) -> None:
    """Who asks after a save of the file is answered by a run with the new settings."""
    started(serving)
    for number in range(5):
        serving.edit(
            "autorun.toml", f'target = "x.py"\nwatch = "a/*"\nstop-timeout = {number + 4}\n'
        )
        assert autorun(serving.project, "wait").code == 0
        assert serving.count("settings applied, restarting") == number + 1, serving.said()
    serving.stop()


def test_no_file_is_parsed_where_none_speaks_of_autorun(app: App, tmp_path: Path) -> None:
    """tomllib and click cost 50 ms of the first start."""
    app.write("x.py", "")
    app.write("pyproject.toml", "[project]\nname = 'autorun'\n")
    env = {"PYTHONPROFILEIMPORTTIME": "1"}
    found = autorun(app.project, "-m", "none.such", env=env)
    assert found.code == 2
    names = {line.rpartition("|")[2].strip() for line in found.err.splitlines()}
    assert not (heavy := names & {"tomllib", "click"}), f"loaded {sorted(heavy)}"
    assert "autoreload.configuring" in names
    app.write("autorun.toml", "")
    found = autorun(app.project, "-m", "none.such", env=env)
    assert "tomllib" in found.err
