"""Machines read along: events in the place of our lines or beside them, and a log of everything."""

import json
import os
import re
import select
import signal
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autoreload.core.events import ERROR, EVENTS
from tests.driver import App, clean_environment, state_of, until
from tests.runs import AUTORUN, autorun
from tests.terminals import Terminal

SPEAKS = """\
import os, sys
print("out", os.environ.get("PYTHONUNBUFFERED"))
print("err", file=sys.stderr)
sys.stdout.write("half")
sys.stdout.flush()
os.write(1, b" a line \\xff\\n")
"""


def events(text: str) -> list[dict[str, Any]]:
    """The events in NDJSON, each as the table has it."""
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        fields = {*one} - {"v", "seq", "time", "event"}
        assert fields == {*EVENTS[one["event"]][1]}, one
        if isinstance(one.get("error"), dict):
            assert {*one["error"]} == {*ERROR}
    assert [one["seq"] for one in found] == sorted({one["seq"] for one in found})
    return found


def named(found: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [one for one in found if one["event"] in names]


def written(found: list[dict[str, Any]], stream: str) -> str:
    """What the app has written to a stream."""
    return "".join(one["text"] for one in named(found, "output") if one["stream"] == stream)


@contextmanager
def piped(
    app: App, *words: str, pass_fds: tuple[int, ...] = (), **env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """An autorun whose stdout and stderr are pipes that the test reads, or does not."""
    process = subprocess.Popen(
        [*AUTORUN, *words],
        cwd=app.project,
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=pass_fds,
        bufsize=0,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


# --- --json ---------------------------------------------------------------------------------------


def test_everything_comes_as_events(app: App) -> None:
    app.write("speaks.py", SPEAKS)
    outcome = autorun(app.project, "--json", "--exit", "speaks.py")
    found = events(outcome.err)
    assert (outcome.code, outcome.out) == (0, "")
    assert written(found, "stdout") == "out 1\nhalf a line �\n"
    assert written(found, "stderr") == "err\n"
    order = [one["event"] for one in found if one["event"] not in ("ready", "output")]
    assert order == ["start", "started", "finished", "stopped"]
    assert [one["event"] for one in found[-2:]] == ["finished", "stopped"]


def test_a_crash_is_told_after_what_was_written_of_it(app: App) -> None:
    app.write("fails.py", "print('before')\nraise ValueError('no good')\n")
    outcome = autorun(app.project, "--json", "--exit", "fails.py")
    found = events(outcome.err)
    (crashed,) = named(found, "crashed")
    assert outcome.code == 1
    assert crashed["error"]["message"] == "no good"
    assert (crashed["error"]["file"], crashed["error"]["line"]) == ("fails.py", 2)
    assert written(found[: found.index(crashed)], "stderr").endswith("ValueError: no good\n")


def test_a_target_that_is_none_is_told_as_well(app: App) -> None:
    outcome = autorun(app.project, "--json", "nothing_here:main")
    found = events(outcome.err)
    assert outcome.code == 2
    assert "no module named 'nothing_here'" in named(found, "crashed")[0]["error"]["message"]
    assert named(found, "stopped")[0]["exit_code"] == 2


def test_edits_are_told(app: App) -> None:
    app.write("app.py", "import time\nprint('one')\nwhile True: time.sleep(1)\n")
    app.start("--json", "app.py")
    app.wait_for('"event":"ready"')
    app.edit("app.py", "import time\nprint('two')\nwhile True: time.sleep(1)\n")
    app.wait_for('"text":"two')
    app.edit("app.py", "print('three'\n")
    app.wait_for('"event":"held"')
    assert app.stop() == 0
    found = events(app.err())
    assert app.out() == ""
    assert written(found, "stdout") == "one\ntwo\n"
    assert named(found, "changed")[0]["files"] == ["app.py"]
    assert named(found, "held")[0]["error"]["type"] == "SyntaxError"


def test_a_prompt_without_an_end_is_told(app: App) -> None:
    app.write("asks.py", "import sys, time\nprint('name? ', end='', flush=True)\ntime.sleep(100)\n")
    app.start("--json", "asks.py")
    app.wait_for('"text":"name\\? "')
    assert app.stop() == 0


def test_an_app_that_floods_waits_for_the_reader(app: App) -> None:
    """Neither the memory of autorun grows, nor is anything lost, nor is autorun held up."""
    lines = 40_000
    app.write("floods.py", f"for number in range({lines}): print('x' * 60, number)\n")
    with piped(app, "--json", "--exit", "floods.py") as process:
        assert process.stderr is not None
        child = until(lambda: children_of(process.pid), lambda: "no child")
        until(lambda: all(state_of(pid) == "S" for pid in child), lambda: "it does not wait")
        before = processor_s(child[0])
        assert autorun(app.project, "status").code in (0, 4)
        assert processor_s(child[0]) - before < 0.5, "the app is not held up"
        assert memory_mb(process.pid) < 60
        data = b""
        while part := process.stderr.read(1 << 20):
            data += part
        assert process.wait(30) == 0
    found = events(data.decode())
    numbers = [line.split()[1] for line in written(found, "stdout").splitlines()]
    assert numbers == [str(number) for number in range(lines)]


def test_nobody_has_to_read_for_an_end(app: App) -> None:
    app.write("floods.py", "while True: print('x' * 1000)\n")
    with piped(app, "--json", "floods.py") as process:
        until(lambda: children_of(process.pid), lambda: "no child")
        assert process.stderr is not None
        assert select.select([process.stderr], [], [], 30)[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
    app.assert_nothing_left()


def test_a_closed_stderr_hurts_nobody(app: App) -> None:
    app.write("app.py", "open('done', 'w').write('x')\n")
    line = " ".join([*AUTORUN, "--json", "--exit", "app.py"])
    done = subprocess.run(
        ["sh", "-c", f"exec {line} 2>&-"], cwd=app.project, env=clean_environment(), timeout=60
    )
    assert done.returncode == 0
    assert (app.project / "done").read_text() == "x"


def children_of(pid: int) -> list[int]:
    """The interpreters below autorun."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found if b"floods" in Path(f"/proc/{one}/cmdline").read_bytes()]


def memory_mb(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match.group(1)) / 1024


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- --events -------------------------------------------------------------------------------------


def test_events_beside_an_app_that_is_left_alone(app: App) -> None:
    app.write(
        "app.py",
        "import os\nis_set = 'PYTHONUNBUFFERED' in os.environ\n"
        "print(os.fstat(1).st_ino, os.fstat(2).st_ino, is_set)\n",
    )
    app.start("--exit", "--events", "events.json", "app.py")
    assert app.wait() == 0
    stdout, stderr = ((app.folder / name).stat().st_ino for name in ("stdout.txt", "stderr.txt"))
    assert app.out() == f"{stdout} {stderr} False\n"
    assert "[autorun] finished in" in app.err()
    found = events((app.project / "events.json").read_text())
    assert [one["event"] for one in found if one["event"] != "ready"] == [
        "start",
        "started",
        "finished",
        "stopped",
    ]


def test_events_are_appended(app: App) -> None:
    app.write("app.py", "")
    for _ in range(2):
        assert autorun(app.project, "--exit", "--events", "events.json", "app.py").code == 0
    lines = (app.project / "events.json").read_text().splitlines()
    assert [json.loads(one)["event"] for one in lines].count("start") == 2


def test_events_at_a_descriptor_that_the_app_does_not_get(app: App) -> None:
    app.write(
        "app.py",
        "import os\n"
        "def inode(fd):\n"
        "    try: return os.fstat(fd).st_ino\n"
        "    except OSError: return 0\n"
        "print({inode(fd) for fd in range(1000)} & {int(os.environ['INODE'])})\n",
    )
    reading, writing = os.pipe()
    os.dup2(writing, 77)
    try:
        words = ("--exit", "--events", "fd:77", "app.py")
        inode = str(os.fstat(77).st_ino)
        with piped(app, *words, pass_fds=(77,), INODE=inode) as process:
            assert process.stdout is not None
            assert process.stdout.read() == b"set()\n"
            assert process.wait(30) == 0
    finally:
        os.close(77)
        os.close(writing)
    with open(reading, encoding="utf-8") as file:
        found = events(file.read())
    assert found[-1]["event"] == "stopped"


def test_a_reader_of_events_that_is_gone_is_said_once(app: App) -> None:
    app.write("app.py", "print('done')\n")
    reading, writing = os.pipe()
    os.close(reading)
    words = ("--exit", "--events", f"fd:{writing}", "app.py")
    with piped(app, *words, pass_fds=(writing,)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b"done\n"
        said = process.stderr.read().decode()
        assert process.wait(30) == 0
    os.close(writing)
    assert said.count(f"--events fd:{writing} cannot be written (Broken pipe)") == 1


def test_a_reader_of_events_that_never_reads_holds_nothing_up(app: App) -> None:
    app.write("app.py", "print('done')\n")
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    while select.select([], [writing], [], 0)[1]:
        os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    words = ("--exit", "--events", f"fd:{writing}", "app.py")
    with piped(app, *words, pass_fds=(writing,)) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"done\n"
        assert process.wait(30) == 0
    os.close(reading)
    os.close(writing)


# --- --log-file -----------------------------------------------------------------------------------


def test_the_log_has_all_and_marks_the_runs(app: App) -> None:
    app.write("app.py", "import time\nprint('one')\nwhile True: time.sleep(1)\n")
    app.start("--log-file", "x.log", "--color", "always", "app.py")
    app.wait_for("ready in")
    app.edit("app.py", "import time\nprint('two')\nwhile True: time.sleep(1)\n")
    app.wait_for("ready in", times=2)
    assert app.stop() == 0
    assert app.out() == "one\ntwo\n"
    assert "\x1b[" in app.err()
    log = (app.project / "x.log").read_text()
    assert "\x1b" not in log
    first, second = re.split(r"^--- run \d+ ---\n", log, flags=re.MULTILINE)[1:]
    assert re.match(r"--- autorun app.py, [\d-]+ [\d:]+ ---\n--- run 1 ---\n", log)
    assert "one\n" in first
    assert re.search(r"^\[autorun\] app\.py changed, (restarting|ready)", log, re.MULTILINE)
    assert second.startswith("two\n")
    assert second.endswith("[autorun] stopped\n")


def test_a_full_disk_is_said_and_hurts_nobody(app: App) -> None:
    app.write("app.py", "for number in range(1000): print(number)\n")
    outcome = autorun(app.project, "--exit", "--log-file", "/dev/full", "app.py")
    assert outcome.code == 0
    assert outcome.out.split() == [str(number) for number in range(1000)]
    complaint = "[autorun] --log-file /dev/full cannot be written (No space left on device)"
    assert outcome.err.count(complaint) == 1


def test_a_log_in_the_folder_of_a_command_restarts_nothing(app: App) -> None:
    app.write("data.txt", "1")
    words = ("sh", "-c", "echo one; exec sleep 100")
    app.start("--log-file", "x.log", "--events", "events.json", "--", *words)
    app.wait_for("ready in")
    app.edit("data.txt", "2")
    app.wait_for("restarting")
    app.wait_for("one", times=2, stream="out")
    assert app.stop() == 0
    changed = named(events((app.project / "events.json").read_text()), "changed")
    assert [one["files"] for one in changed] == [["data.txt"]]


def test_who_read_stdout_is_gone_and_the_log_goes_on(app: App) -> None:
    app.write("app.py", "print('early')\ninput()\nprint('late')\n")
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [*AUTORUN, "--exit", "--log-file", "x.log", "app.py"],
        cwd=app.project,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, said = process.communicate(b"\n", timeout=30)
    assert process.returncode == 0
    assert said.decode().count("[autorun] stdout cannot be written (Broken pipe)") == 1
    assert "late\n" in (app.project / "x.log").read_text()


def test_what_an_app_writes_at_its_very_end_is_not_lost(app: App) -> None:
    app.write("app.py", "import os\nos.write(1, b'y' * 60_000)\nos.kill(os.getpid(), 9)\n")
    outcome = autorun(app.project, "--exit", "--log-file", "x.log", "app.py")
    assert outcome.code == -signal.SIGKILL
    assert outcome.out == "y" * 60_000
    assert "y" * 60_000 in (app.project / "x.log").read_text()


def resize(terminal: Terminal, rows: int, columns: int) -> None:
    termios.tcsetwinsize(terminal.other_side, (rows, columns))


def test_an_app_on_a_terminal_still_has_one(app: App, terminal: Terminal) -> None:
    app.write(
        "app.py",
        "import os, signal, sys, time\n"
        "def show(*_):\n"
        "    size = os.get_terminal_size(1)\n"
        "    are = [os.isatty(n) for n in (0, 1, 2)]\n"
        "    os.write(1, f'{are} {size.lines} {size.columns}\\n'.encode())\n"
        "signal.signal(signal.SIGWINCH, show)\n"
        "show()\n"
        "print('to stderr', file=sys.stderr)\n"
        "while True: time.sleep(1)\n",
    )
    resize(terminal, 30, 100)
    terminal.start("--log-file", "x.log", "app.py")
    terminal.wait_for(r"\[True, True, True\] 30 100\n")
    terminal.wait_for("ready in")
    resize(terminal, 40, 120)
    # The kernel tells the app of the real one, maybe before its own has followed.
    terminal.wait_for(r"\[True, True, True\] 40 120\n")
    os.kill(terminal.pid, signal.SIGINT)
    terminal.wait()
    log = (app.project / "x.log").read_text()
    assert "[True, True, True] 30 100\n" in log
    assert "to stderr\n" in log
    assert "\r" not in terminal.shown()


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--events", "fd:1"), "--events fd:1: the streams belong to the program"),
        (("--events", "fd:x"), "--events fd:x: no number of a descriptor"),
        (("--events", "fd:900"), "--events fd:900: it is not open"),
        (("--events", "no/such"), "--events no/such cannot be written: No such file or directory"),
        (("--events", "pipe"), "--events pipe cannot be written: nobody reads it"),
        (("--log-file", "no/such"), "--log-file no/such cannot be written: No such file"),
        (("--log-file", "."), "--log-file . cannot be written: Is a directory"),
        (("--json", "--explain"), "--explain speaks to people"),
        (("--background", "--no-reload"), "--background needs the reloader"),
    ],
)
def test_what_cannot_be_is_said_first(app: App, words: tuple[str, ...], said: str) -> None:
    app.write("app.py", "open('has_run', 'w')\n")
    os.mkfifo(app.project / "pipe")
    outcome = autorun(app.project, *words, "app.py")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"autorun: {said}")
    assert outcome.err.count("\n") == 1
    assert not (app.project / "has_run").exists()


def test_a_descriptor_for_reading_is_none(app: App) -> None:
    reading, writing = os.pipe()
    with piped(app, "--events", f"fd:{reading}", "app.py", pass_fds=(reading,)) as process:
        app.write("app.py", "")
        assert process.wait(30) == 2
    os.close(reading)
    os.close(writing)


def test_one_plain_process_says_that_nothing_is_recorded(app: App) -> None:
    app.write("app.py", "print('plain')\n")
    outcome = autorun(app.project, "--no-reload", "--log-file", "x.log", "app.py")
    assert outcome.out == "plain\n"
    assert outcome.err.count("\n") == 1
    assert "no log, no events" in outcome.err
    assert not (app.project / "x.log").exists()
