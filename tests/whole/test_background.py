"""In the background: what is said at the start, what goes on, and the log that it keeps."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.system.instance import LOG
from tests.driver import App, clean_environment, until
from tests.runs import AUTORUN, Outcome, autorun

SERVER = """\
import socket
print("serving")
server = socket.create_server(("127.0.0.1", 0))
while True:
    client, _ = server.accept()
    client.close()
"""


class Place:
    """A project whose autoruns are found in a runtime directory of its own."""

    def __init__(self, app: App, runtime: Path) -> None:
        self.app = app
        self.runtime = runtime
        self.env = {"XDG_RUNTIME_DIR": str(runtime)}

    def autorun(self, *words: str) -> Outcome:
        return autorun(self.app.project, *words, env=self.env)

    def logs(self) -> list[Path]:
        return sorted((self.runtime / "autorun").glob(f"*{LOG}"))

    def end(self) -> None:
        """Ask, and end what did not: nothing may be left."""
        self.autorun("stop", "--all")
        for pid in self.app.left():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def place(runtime: Path, app: App) -> Iterator[Place]:
    one = Place(app, runtime)
    try:
        yield one
    finally:
        one.end()


def test_it_returns_when_it_is_ready_and_goes_on(place: Place) -> None:
    place.app.write("app.py", SERVER)
    outcome = place.autorun("--background", "app.py")
    assert (outcome.code, outcome.err) == (0, "")
    first, log, *commands = outcome.out.splitlines()
    assert "app.py: ready, run 1, pid " in first
    assert "http://127.0.0.1:" in first
    (path,) = place.logs()
    assert str(path) in log
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.split()[:2] for one in commands] == [
        ["autorun", "logs"],
        ["autorun", "wait"],
        ["autorun", "stop"],
    ]
    pid = int(log.split("pid ")[1].partition(",")[0])
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"

    place.app.replace("app.py", "serving", "serving again")
    assert place.autorun("wait").out.startswith("ready, run 2")
    assert "\nserving again\n" in place.autorun("logs").out
    assert place.autorun("logs", "--run", "1").out.count("serving") == 1
    assert place.autorun("logs", "--path").out == f"{path}\n"

    assert place.autorun("stop").code == 0
    place.app.assert_nothing_left()
    ended = place.autorun("logs", "-n", "1")
    assert (ended.code, ended.out) == (0, "[autorun] stopped\n")


def test_who_waits_for_its_output_is_not_kept_waiting(place: Place) -> None:
    """A shell's $(…) returns when nobody has the pipe open any more."""
    place.app.write("app.py", SERVER)
    done = subprocess.run(
        ["sh", "-c", f'said=$({" ".join(AUTORUN)} --background app.py 2>&1); echo "$? $said"'],
        cwd=place.app.project,
        env=clean_environment(place.env),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("0 app.py: ready")


def test_a_program_that_fails_is_told_and_goes_on(place: Place) -> None:
    place.app.write("app.py", "print('so far')\n1 / 0\n")
    outcome = place.autorun("--background", "app.py")
    assert outcome.code == 1
    assert "app.py:2:1: ZeroDivisionError: division by zero\n      1 / 0\n" in outcome.out
    place.app.edit("app.py", SERVER)
    assert place.autorun("wait").code == 0


def test_a_program_that_is_done_is_told(place: Place) -> None:
    place.app.write("app.py", "print('done')\n")
    outcome = place.autorun("--background", "app.py")
    assert outcome.code == 0
    assert outcome.out.startswith("app.py: finished, run 1, exit code 0\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.py",), "autorun: no file 'nothing.py'"),
        (("nothing_here:main",), "autorun: no module named 'nothing_here'"),
        (("--log-file", "no/such", "app.py"), "autorun: --log-file "),
        (("--events", "fd:900", "app.py"), "autorun: --events fd:900: it is not open"),
        (("--socket", "256.0.0.1:80", "app.py"), "autorun: "),
        (("--", "no-such-program"), "autorun: "),
    ],
)
def test_a_line_that_cannot_be_run_is_told_at_once(
    place: Place, words: tuple[str, ...], said: str
) -> None:
    place.app.write("app.py", SERVER)
    outcome = place.autorun("--background", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(said)
    assert outcome.err.count("\n") == 1
    place.app.assert_nothing_left()


def test_a_second_start_says_that_it_runs(place: Place) -> None:
    place.app.write("app.py", SERVER)
    assert place.autorun("--background", "app.py").code == 0
    (path,) = place.logs()
    before = path.read_text()
    again = place.autorun("--background", "app.py")
    assert again.code == 0
    assert "app.py runs already: pid " in again.out
    assert path.read_text() == before
    as_json = place.autorun("--background", "--json", "app.py")
    assert json.loads(as_json.out)["state"] == "ready"
    other = place.autorun("--background", "--name", "other", "app.py")
    assert other.code == 0
    assert "autorun stop --name other" in other.out


def test_for_programs_it_is_one_object(place: Place) -> None:
    place.app.write("app.py", SERVER)
    outcome = place.autorun("--background", "--json", "app.py")
    found = json.loads(outcome.out)
    assert found["state"] == "ready"
    assert found["instance"]["log"] == str(place.logs()[0])
    assert place.autorun("logs").out.count("[autorun] app.py started") == 1


def test_an_end_with_the_program_is_told(place: Place) -> None:
    place.app.write("app.py", "raise SystemExit(7)\n")
    outcome = place.autorun("--background", "--exit", "app.py")
    assert outcome.code == 7
    assert "autorun has ended" in outcome.out
    place.app.assert_nothing_left()


def test_a_named_log_is_appended_to(place: Place) -> None:
    log = place.app.write("x.log", "from before")
    place.app.write("app.py", SERVER)
    assert place.autorun("--background", "--log-file", "x.log", "app.py").code == 0
    assert log.read_text().startswith("from before\n--- autorun app.py, ")
    assert place.logs() == []
    assert place.autorun("logs", "--path").out == f"{log}\n"


def test_a_full_disk_is_told_and_the_program_goes_on(place: Place) -> None:
    place.app.write("app.py", SERVER)
    outcome = place.autorun("--background", "--log-file", "/dev/full", "app.py")
    assert outcome.code == 0
    assert outcome.err.startswith("autorun: --log-file /dev/full cannot be written (No space")
    assert place.autorun("logs").code == 2


def test_a_log_is_followed_until_the_end(place: Place) -> None:
    place.app.write("app.py", SERVER)
    assert place.autorun("--background", "app.py").code == 0
    with (place.app.folder / "followed").open("wb") as file:
        following = subprocess.Popen(
            [*AUTORUN, "logs", "-f"],
            cwd=place.app.project,
            env=clean_environment(place.env),
            stdout=file,
        )

    def followed() -> str:
        return (place.app.folder / "followed").read_text()

    until(lambda: "serving\n" in followed(), followed)
    place.app.replace("app.py", "serving", "again")
    until(lambda: "again\n" in followed(), followed)
    assert place.autorun("stop").code == 0
    assert following.wait(30) == 0
    assert followed().endswith("[autorun] stopped\n")
    assert followed().count("serving\n") == 1


def test_there_is_no_log(place: Place) -> None:
    nobody = place.autorun("logs")
    assert (nobody.code, nobody.out) == (3, "")
    place.app.write("app.py", SERVER)
    place.app.start("app.py", env=place.env)
    place.app.wait_for("ready in")
    none = place.autorun("logs")
    assert (none.code, none.out) == (2, "")
    assert "keeps no log" in none.err


def test_an_interrupt_while_it_starts_ends_it(place: Place) -> None:
    """What is known to serve, and does not listen, is not up."""
    place.app.write(
        "manage.py", "import time\nopen('begun', 'w').close()\nwhile True: time.sleep(1)\n"
    )
    starting = subprocess.Popen(
        [*AUTORUN, "--background", "manage.py", "runserver"],
        cwd=place.app.project,
        env=clean_environment(place.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until((place.app.project / "begun").exists, lambda: "it has not begun")
    assert starting.poll() is None
    starting.send_signal(signal.SIGINT)
    assert starting.communicate(timeout=30) == (b"", b"")
    assert starting.returncode == 130
    place.app.assert_nothing_left()
