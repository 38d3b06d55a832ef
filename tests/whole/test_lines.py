"""The lines that autorun says, where they come out: terminals, pipes, files, and nowhere."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.driver import App, free_port
from tests.runs import AUTORUN
from tests.terminals import Terminal

STAYS = """
import sys, time
from ware import VERSION
print("version", VERSION, flush=True)
while True:
    time.sleep(0.05)
"""


def stays(app: App) -> None:
    app.write("app.py", STAYS)
    app.write("ware.py", "VERSION = 1\n")


def restart_breaks_and_is_mended(app: App) -> None:
    """A start, a restart, a save that is held, a crash and its repair, seen by the app alone."""
    app.wait_for("version 1\n", stream="out")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2\n", stream="out")
    app.edit("ware.py", "VERSION = (\n")
    app.edit("ware.py", "VERSION = nope\n")
    app.edit("ware.py", "VERSION = 3\n")
    app.wait_for("version 3\n", stream="out")


# --- how it looks ---------------------------------------------------------------------------------

LOOKS: dict[str, tuple[dict[str, str], bool]] = {
    "terminal": ({}, True),
    "NO_COLOR": ({"NO_COLOR": "1"}, False),
    "NO_COLOR wins": ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    "empty NO_COLOR": ({"NO_COLOR": ""}, True),
    "PYTHON_COLORS": ({"PYTHON_COLORS": "0"}, False),
    "dumb": ({"TERM": "dumb"}, False),
    "CI": ({"CI": "true"}, True),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_terminal_gets_colours_or_not_and_nothing_else(
    app: App, terminal: Terminal, look: str
) -> None:
    """The same words in any case; nothing is asked, cleared, moved or written over."""
    environment, is_coloured = LOOKS[look]
    app.write("app.py", "nope\n")
    terminal.start("app.py", env=environment)
    terminal.wait_for("waiting for a change")
    app.edit("app.py", "print('mended', flush=True)\n")
    terminal.wait_for("finished in ")
    terminal.type("\x03")
    assert terminal.wait() == 0, terminal.said()
    ours = [line for line in terminal.shown().splitlines() if "[autorun]" in line]
    text = "\n".join(ours).replace("^C", "")  # the echo of the key
    assert set(re.findall(r"\x1b\[([\d;]*)m", text)) == (
        {"2;36", "0", "31", "32", "2"} if is_coloured else set()
    )
    plain = re.sub(r"\x1b\[[\d;]*m", "", text).replace("  h + enter for help", "")
    assert "\x1b" not in plain, terminal.said()
    assert [re.sub(r"\d+( ms|\.\d s)?", "N", line) for line in plain.splitlines()] == [
        "[autorun] app.py started, watching what it loads (file events)",
        (
            "[autorun] app.py:N:N: NameError: name 'nope' is not defined. "
            "Crashed (exit code N), waiting for a change"
        ),
        "[autorun] app.py changed, restarting",
        "[autorun] finished in N, exit code N, waiting for a change",
        "[autorun] stopped",
    ]


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({}, False),
        ({"CI": "true"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"PYTHON_COLORS": "1"}, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_a_pipe_gets_colours_only_by_force(
    app: App, environment: dict[str, str], is_coloured: bool
) -> None:
    app.write("app.py", "raise SystemExit(3)\n")
    words = [*AUTORUN, "--exit", "app.py"]
    done = subprocess.run(
        words, cwd=app.project, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.stdout == ""
    assert done.returncode == 3
    assert ("\x1b" in done.stderr) == is_coloured, done.stderr


def test_a_second_interrupt_ends_what_does_not_end(app: App, terminal: Terminal) -> None:
    app.write(
        "app.py",
        "import signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: print('deaf', flush=True))\n"
        "print('here', flush=True)\nwhile True: time.sleep(0.05)\n",
    )
    terminal.start("--stop-timeout=30", "app.py")
    terminal.wait_for("here\n")
    terminal.wait_for("ready in")
    terminal.type("\x03")
    terminal.wait_for("deaf")
    terminal.wait_for("waiting for the app to stop")
    terminal.type("\x03")
    assert terminal.wait() == 0, terminal.said()
    assert re.sub(r"\x1b\[[\d;]*m", "", terminal.shown()).endswith("[autorun] killed\n")
    app.assert_nothing_left()


# --- nobody listens -------------------------------------------------------------------------------


def test_without_stderr_the_app_runs_and_restarts_as_ever(app: App) -> None:
    stays(app)
    app.start(command=["sh", "-c", 'exec "$0" "$@" 2>&-', *AUTORUN, "app.py"])
    restart_breaks_and_is_mended(app)
    assert app.stop() == 0
    app.assert_nothing_left()


def test_a_reader_that_has_gone_is_no_harm(app: App) -> None:
    stays(app)
    read, write = os.pipe()
    try:
        app.start("app.py", stderr=write)
        os.close(read)
        restart_breaks_and_is_mended(app)
    finally:
        os.close(write)
    assert app.stop() == 0
    app.assert_nothing_left()


def test_a_reader_that_does_not_read_keeps_nobody(app: App) -> None:
    """A full pipe: what the app itself says there would wait as by hand, so it says nothing."""
    stays(app)
    read, write = os.pipe()
    os.set_blocking(write, False)
    filled = 0
    try:
        while True:
            filled += os.write(write, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    try:
        app.start("app.py", stderr=write)
        app.wait_for("version 1\n", stream="out")
        for version in (2, 3):
            app.edit("ware.py", f"VERSION = {version}\n")
            app.wait_for(f"version {version}\n", stream="out")
        taken = b""
        while taken.count(b"ware.py changed") < 2:  # late, and all of it
            taken += os.read(read, 65536)
        assert taken.startswith(b"." * filled + b"[autorun] app.py started, ")
        assert app.stop() == 0
        app.assert_nothing_left()
    finally:
        os.close(read)
        os.close(write)


def test_autorun_ends_although_nobody_reads(app: App) -> None:
    stays(app)
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    try:
        app.start("app.py", stderr=write)
        app.wait_for("version 1\n", stream="out")
        assert app.stop(signal.SIGTERM) == -signal.SIGTERM
        app.assert_nothing_left()
    finally:
        os.close(read)
        os.close(write)


# --- what does not end ----------------------------------------------------------------------------


def test_a_killed_app_is_said_with_what_was_still_alive(app: App) -> None:
    app.write(
        "app.py",
        "import signal, subprocess, threading, time\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        "threading.Thread(target=lambda: time.sleep(1000), name='worker').start()\n"
        "print('child', child.pid, flush=True)\n"
        "while True: time.sleep(0.05)\n",
    )
    app.start("--stop-timeout=0.3", "app.py")
    pid = app.wait_for(r"child (\d+)").group(1)
    app.wait_for("ready in")
    app.edit("app.py", "print('quiet now', flush=True)\n")
    app.wait_for(
        r"the app had not stopped after 300 ms, killed; still alive: "
        rf"threads MainThread \(app\.py:6\), worker \(app\.py:4\) and child {pid} \(sleep\)\n"
    )
    app.wait_for("quiet now")
    app.stop()


# --- loops ----------------------------------------------------------------------------------------

WRITES = {
    "itself": 'open("made.py", "w").write(text)',
    "by a child": "import os\nos.system(f\"echo '{text}' > made.py\")",
}


@pytest.mark.parametrize(("writer", "restarts"), [("itself", 5), ("by a child", 10)])
def test_a_program_that_restarts_itself_is_stopped_from_it(
    app: App, writer: str, restarts: int
) -> None:
    """It went on for ever, ten times a second."""
    app.write("made.py", "MADE = 0\n")
    app.write(
        "app.py",
        f"import time, made\ntext = f'MADE = {{time.time_ns()}}\\n'\n{WRITES[writer]}\n"
        "print('up', flush=True)\nwhile True: time.sleep(0.05)\n",
    )
    app.start("app.py")
    app.wait_for(
        rf"made\.py changed, restarting\n\[autorun\] {restarts} restarts in .*, each for made\.py, "
        r"which the app writes itself: ignored from now on \(--ignore made\.py says so\)\n"
        r"(.|\n)*ready in "
    )
    seen = app.count("made.py changed, (restarting|ready)")
    assert seen >= restarts, app.said()
    # Whatever else is saved is served as ever, and those runs write the file once more.
    app.replace("app.py", "print('up'", "print('second'), print('up'")
    app.wait_for("second\n")
    app.wait_for(r"app\.py changed, (restarting\n\[autorun\] )?ready in ")
    app.replace("app.py", "'second'", "'third'")
    app.wait_for("third\n")
    app.wait_for("app.py changed, (restarting|ready)", times=2)
    app.assert_restarts(seen, "made.py")
    assert app.stop() == 0
    app.assert_nothing_left()


def test_a_command_that_restarts_itself_is_stopped_from_it(app: App) -> None:
    app.write("run.sh", "sleep 0.03\ndate +%N > made.txt\necho up\nsleep 1000\n")
    app.start("--", "sh", "run.sh")
    app.wait_for(
        r"10 restarts in .*, each for made.txt, which the app writes itself: ignored(.|\n)*ready in"
    )
    seen = app.count(r"made\.txt changed, (restarting|ready)")
    assert seen >= 10, app.said()
    app.edit("run.sh", "echo mended\nsleep 1000\n")
    app.wait_for("mended\n")
    app.assert_restarts(seen, r"made\.txt")
    app.stop()


def test_a_person_who_saves_fast_is_served_every_time(app: App) -> None:
    """Also while a program with children starts, and more often than a loop may."""
    app.write("ware.py", "VERSION = 0\n")
    app.write(
        "app.py",
        "import subprocess, time\nfrom ware import VERSION\nsubprocess.run(['true'])\n"
        "print('version', VERSION, flush=True)\nwhile True: time.sleep(0.05)\n",
    )
    app.start("app.py")
    for version in range(1, 9):
        app.wait_for(f"version {version - 1}\n")
        app.edit("ware.py", f"VERSION = {version}\n")
    app.wait_for("version 8\n")
    assert app.count("restarts in") == 0, app.said()
    app.stop()


# --- what is missing ------------------------------------------------------------------------------


def test_a_port_in_use_is_said_with_the_crash_in_one_breath(app: App) -> None:
    port = free_port()
    app.write(
        "app.py",
        f"import socket\ns = socket.socket()\ns.bind(('127.0.0.1', {port}))\ns.listen()\n",
    )
    other = app.write(
        "other.py", (app.project / "app.py").read_text() + "print('up', flush=True)\ninput()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(other)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=app.folder
    ) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == b"up\n"
            app.start("app.py")
            app.wait_for(
                r"app\.py:3:1: OSError: \[Errno 98\] Address already in use\. "
                r"Crashed \(exit code 1\), waiting for a change\n"
                rf"\[autorun\] port {port} is in use by pid {holder.pid} "
            )
        finally:
            holder.kill()
    app.stop()
