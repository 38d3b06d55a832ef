"""A warm restart keeps every promise of a cold one, in each generation."""

import os
import signal
import sys
import threading
import urllib.error
import urllib.request

import pytest

from autoreload.system import processes
from tests import saving
from tests.controlling import command
from tests.driver import App, free_port, state_of, until
from tests.slow import PAUSE
from tests.slow import SLOW as SLOW_MODULE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

SLOW = f"{SLOW_MODULE}VALUE = 1\n"

SERVER = """\
import slow
import quick
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        descriptors = len(os.listdir("/proc/self/fd"))
        body = f"{slow.BORN} {slow.VALUE} {quick.VALUE} {os.getpid()} {descriptors} {here()}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        pass

def here():
    return "main1"

try:
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
finally:
    print("finally", flush=True)
"""

WARE = """\
import lib, time
print(lib.VALUE, {}, "up", flush=True)
time.sleep(1000)
"""

TALKER = """\
import atexit, os, sys
print("says it once", end="")
import slow
atexit.register(lambda: print("atexit", flush=True))
import quick
print("", quick.VALUE, flush=True)
"""


def serve(app: App, *options: str) -> int:
    """Start the server; its port."""
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", SERVER)
    port = free_port()
    app.start("--warm", "--verbose", *options, "main.py", str(port))
    app.wait_answer(port, "main1")
    app.wait_for("ready in")
    return port


def born(app: App, port: int, wanted: str) -> str:
    """When the slow module was imported, in the run whose answer holds this."""
    return app.wait_answer(port, wanted).split()[0]


def run_script(app: App, text: str, *options: str) -> None:
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", text)
    app.start("--warm", "--verbose", *options, "main.py")


def test_what_lies_before_the_edit_is_not_run_again(app: App) -> None:
    port = serve(app)
    first = born(app, port, " 1 1 ")
    for value in (2, 3, 4):
        app.edit("quick.py", f"VALUE = {value}\n")
        assert born(app, port, f" 1 {value} ") == first
    app.replace("slow.py", "VALUE = 1", "VALUE = 2")
    assert born(app, port, " 2 4 ") != first
    assert app.count(r"\(cold: ") == 0, app.said()


def test_the_target_goes_on_in_its_middle(app: App) -> None:
    port = serve(app)
    first = born(app, port, "main1")
    for number in (2, 3, 4):
        app.replace("main.py", f"main{number - 1}", f"main{number}")
        assert born(app, port, f"main{number}") == first
    app.replace("main.py", "import slow\n", "import slow  # first\n")
    app.wait_for("ready in", times=5)
    assert born(app, port, "main4") != first


def test_a_restart_that_is_asked_for_is_warm_unless_it_is_to_be_cold(app: App) -> None:
    port = serve(app)
    app.edit("quick.py", "VALUE = 2\n")
    first = born(app, port, " 1 2 ")
    app.wait_for("ready in", times=2)
    assert command(app, "restart", "--wait").code == 0
    assert born(app, port, " 1 2 ") == first
    assert command(app, "restart", "--cold", "--wait").code == 0
    second = born(app, port, " 1 2 ")
    assert second != first
    # Also of a program that has failed, and for which a run waits that would be warm.
    app.edit("quick.py", "VALUE = 1 / 0\n")
    app.wait_for("waiting for a change")
    (app.project / "free").touch()
    app.edit("quick.py", "import os\nVALUE = 3 if os.path.exists('free') else 1 / 0\n")
    assert born(app, port, " 1 3 ") == second
    (app.project / "free").unlink()
    assert command(app, "restart", "--wait").code == 1
    (app.project / "free").touch()
    assert command(app, "restart", "--wait").code == 0
    assert born(app, port, " 1 3 ") == second
    (app.project / "free").unlink()
    assert command(app, "restart", "--wait").code == 1
    (app.project / "free").touch()
    assert command(app, "restart", "--cold", "--wait").code == 0
    assert born(app, port, " 1 3 ") != second
    assert app.stop_leaves_nothing(port) == 0


@pytest.mark.parametrize("option", ["--warm", "--no-warm"])
def test_what_is_edited_among_the_installed_runs_after_the_next_restart(
    app: App, option: str
) -> None:
    """Nothing restarts for it; but neither a checkpoint nor who stands by keeps the old one."""
    app.write("site-packages/lib.py", "VALUE = 1\n")
    app.write("site-packages/tool.py", "import lib, ware\n")
    app.write("ware.py", WARE.format(1))
    environment = {"PYTHONPATH": str(app.project / "site-packages")}
    app.start(option, "-m", "tool", env=environment)
    app.wait_for("1 1 up")
    app.wait_for("ready in")
    until(lambda: len(app.below()) == (3 if option == "--warm" else 2), app.said)
    app.edit("site-packages/lib.py", "VALUE = 2\n")
    app.edit("ware.py", WARE.format(2))
    app.wait_for("2 2 up")
    assert app.count("1 2 up") == 0
    app.wait_for("ready in", times=2)
    assert app.stop_leaves_nothing() == 0


def test_a_warm_restart_is_one_line(app: App) -> None:
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", SERVER)
    port = free_port()
    app.start("--warm", "main.py", str(port))
    app.wait_for(r"ready in \S+ m?s, pid \d+  http://127\.0\.0\.1:\d+\n")
    for value in range(2, 12):  # on a busy machine one may take longer, and is two lines
        app.edit("quick.py", f"VALUE = {value}\n")
        app.wait_for("ready in", times=value)
        if app.count(r"\[autorun\] quick\.py changed, ready in \d+ ms \(warm\)\n"):
            break
    else:
        raise AssertionError(app.said())
    assert app.count("quick.py changed") == value - 1, app.said()


def test_a_warm_restart_that_takes_long_is_said_when_it_begins(app: App) -> None:
    port = serve(app)
    app.edit("quick.py", "import time\ntime.sleep(0.8)\nVALUE = 2\n")
    app.wait_for(
        r"quick\.py changed, restarting\n(.*\n)*\[autorun\] ready in .*s \(warm\)  http://"
    )
    app.wait_answer(port, " 1 2 ")


def test_two_files_that_are_edited_in_turn_have_a_checkpoint_each(app: App) -> None:
    """Behind the newest edit none is left, but before another file that was edited lately."""
    app.write("early.py", "EARLY = 1\n")
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", f"import early\n{SERVER}".replace("{here()}", "{early.EARLY} early"))
    port = free_port()
    app.start("--warm", "--verbose", "main.py", str(port))
    first = born(app, port, " 1 early")
    app.edit("quick.py", "VALUE = 2\n")
    assert born(app, port, " 1 2 ") == first
    app.edit("early.py", "EARLY = 2\n")
    second = born(app, port, " 2 early")
    assert second != first
    app.edit("quick.py", "VALUE = 3\n")
    assert born(app, port, " 1 3 ") == second
    assert app.count(r"\(cold") == 0, app.said()
    assert app.stop_leaves_nothing(port) == 0


@pytest.mark.parametrize("save", saving.STYLES)
def test_every_way_to_save_is_served_warm(app: App, save: saving.Save) -> None:
    port = serve(app)
    first = born(app, port, " 1 1 ")
    save(app.project / "quick.py", "VALUE = 2\n")
    # Half of a save may have been run, and have failed.
    assert born(app, port, " 1 2 ") == first or save in saving.SLOWLY


def test_nobody_is_refused_meanwhile(app: App) -> None:
    port = serve(app)
    refused = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
            except urllib.error.URLError as error:
                if isinstance(error.reason, ConnectionRefusedError):
                    refused.append(error)
            except OSError:
                pass

    client = threading.Thread(target=ask)
    client.start()
    try:
        for value in (2, 3, 4, 5):
            app.edit("quick.py", f"VALUE = {value}\n")
            app.wait_answer(port, f" 1 {value} ")
    finally:
        over.set()
        client.join()
    assert not refused


def test_nothing_grows(app: App) -> None:
    port = serve(app)
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_answer(port, " 1 2 ")
    below, descriptors = len(app.below()), app.get(port).split()[4]
    for value in range(3, 20):
        app.edit("quick.py", f"VALUE = {value}\n")
        app.wait_answer(port, f" 1 {value} ")
    # The watcher may have a folder open at this moment.
    until(lambda: app.get(port).split()[4] == descriptors, app.said)
    # On a busy machine a file that takes long gets a checkpoint inside of it as well.
    until(lambda: len(app.below()) <= below + 2, app.said)
    assert not [pid for pid in app.left() if state_of(pid) == "Z"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_as_ever(app: App, number: int) -> None:
    port = serve(app)
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_answer(port, " 1 2 ")
    code = app.stop_leaves_nothing(port, number)
    assert code == (0 if number == signal.SIGINT else -number)
    assert app.out().count("finally") == 2, app.said()


def test_a_typed_interrupt_reaches_the_program_once(app: App) -> None:
    port = serve(app)
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_answer(port, " 1 2 ")
    os.killpg(app.pid, signal.SIGINT)
    assert app.wait() == 0
    app.assert_nothing_left()
    assert app.err().count("KeyboardInterrupt") == 1, app.said()


def test_when_autorun_is_killed_all_end(app: App) -> None:
    port = serve(app)
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_answer(port, " 1 2 ")
    app.send(signal.SIGKILL)
    app.wait()
    app.assert_nothing_left()


def test_a_killed_checkpoint_costs_one_cold_restart(app: App) -> None:
    port = serve(app)
    answer = app.wait_answer(port, " 1 1 ")
    live = int(answer.split()[3])
    above = min(pid for pid in app.below() if pid != live)
    app.signal_process(above, signal.SIGKILL)
    app.wait_running(1)  # one takes the others along
    assert app.get(port).split()[3] == str(live), "the program itself lives on"
    app.edit("quick.py", "VALUE = 2\n")
    assert born(app, port, " 1 2 ") != answer.split()[0]
    app.wait_for(
        r"quick\.py changed, restarting\n(.*\n)*"
        r"\[autorun\] ready in \S+ m?s \(cold: nothing is left to go on from\)  http://"
    )
    second = born(app, port, " 1 2 ")
    app.edit("quick.py", "VALUE = 3\n")
    assert born(app, port, " 1 3 ") == second


@pytest.mark.parametrize(
    ("end", "code"),
    [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", -9), ("os.abort()", -6), ("1 / 0", 1)],
)
def test_the_programs_end_is_its_own(app: App, end: str, code: int) -> None:
    waits = "import time\nif quick.VALUE == 1: time.sleep(1000)\n"
    run_script(app, f"import os, sys\nimport slow, quick\nprint('up')\n{waits}{end}\n", "--exit")
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    assert app.wait() == code
    app.assert_nothing_left()


def test_a_program_that_fails_is_repaired_by_the_next_save(app: App) -> None:
    run_script(app, "import slow\nimport quick\nprint('value', quick.VALUE, flush=True)\n")
    app.wait_for("finished in .* exit code 0, waiting for a change")
    app.edit("quick.py", "VALUE = undefined\n")
    app.wait_for(
        r"quick\.py changed, restarting\n(.*\n)*\[autorun\] quick\.py:1:9: "
        r"NameError: .* Crashed \(exit code 1\), waiting for a change"
    )
    assert "autoreload" not in app.err().partition("Traceback")[2].partition("NameError")[0]
    app.edit("quick.py", "VALUE = 3\n")
    app.wait_for("value 3")


BREAKING = ("1 / 0", "import os; os._exit(5)", "import os; os.kill(os.getpid(), 9)", "VALUE = (")


@pytest.mark.parametrize("broken", BREAKING)
def test_after_a_broken_save_the_repaired_one_is_served_warm(app: App, broken: str) -> None:
    port = serve(app, "--no-hold")
    first = born(app, port, " 1 1 ")
    for number in (2, 3):
        app.edit("quick.py", f"{broken}\n")
        app.wait_for("waiting for a change", times=number - 1)
        app.edit("quick.py", f"VALUE = {number}\n")
        assert born(app, port, f" 1 {number} ") == first, app.said()
    assert app.count(r"\(cold: ") == 0, app.said()
    assert app.stop_leaves_nothing(port) == 0


def test_a_program_that_is_done_is_run_again_from_its_checkpoints(app: App) -> None:
    run_script(app, "import slow, quick\nprint('v', slow.BORN, quick.VALUE, flush=True)\n")
    first = app.wait_for(r"v (\w+) 1\n").group(1)
    for value in (2, 3):
        app.wait_for("exit code 0, waiting for a change", times=value - 1)
        app.edit("quick.py", f"VALUE = {value}\n")
        app.wait_for(f"v {first} {value}\n")
    app.wait_for("exit code 0, waiting for a change", times=3)
    app.stop_leaves_nothing()


def test_checkpoints_that_are_gone_when_a_save_comes_cost_a_cold_start(app: App) -> None:
    run_script(app, "import slow, quick\nprint('v', quick.VALUE, flush=True)\n")
    app.wait_for("exit code 0, waiting for a change")
    app.signal_process(min(app.below()), signal.SIGKILL)
    until(lambda: len(app.below()) <= 1, app.said)  # the run that waits is ended by the save
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("v 2\n")
    app.wait_for("exit code 0, waiting for a change", times=2)
    app.stop_leaves_nothing()


def test_a_run_that_waits_for_a_save_does_not_outlive_autorun(app: App) -> None:
    run_script(app, "import slow, quick\nprint('v', quick.VALUE, flush=True)\n")
    app.wait_for("exit code 0, waiting for a change")
    app.send(signal.SIGKILL)
    app.wait()
    app.assert_nothing_left()


def test_a_program_that_closes_every_descriptor_has_no_checkpoints(app: App) -> None:
    """They held our end of the channel, and it was asked to stop there, where it heard nothing."""
    closes = (
        "import os, time\nos.closerange(3, os.sysconf('SC_OPEN_MAX'))\nprint('up', flush=True)\n"
    )
    waits = "try:\n    time.sleep(1000)\nfinally:\n    print('v', quick.VALUE, flush=True)\n"
    run_script(app, f"import slow, quick\n{closes}{waits}")
    app.wait_for("up")
    until(lambda: len(app.below()) == 1, app.said)
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("v 1\n")
    app.wait_for("up", times=2)
    assert app.count("killed") == 0, app.said()
    app.stop_leaves_nothing()


def test_what_is_in_buffers_is_written_once(app: App) -> None:
    waits = "import time\nwhile True: time.sleep(1000)\n"
    run_script(app, TALKER + waits)
    app.wait_for("says it once 1")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for(r"(?m)^ 2$")
    app.stop()
    assert app.out().count("says it once") == 1
    assert app.out().count("atexit") == 2, "once for each run"


def test_a_program_that_does_not_stop_is_killed_and_its_checkpoints_stay(app: App) -> None:
    text = SERVER.replace("try:\n", "import signal\nsignal.signal(2, lambda *_: None)\ntry:\n")
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", text)
    port = free_port()
    app.start("--warm", "--stop-timeout", "0.3", "main.py", str(port))
    first = born(app, port, " 1 1 ")
    app.edit("quick.py", "VALUE = 2\n")
    assert born(app, port, " 1 2 ") == first
    app.wait_for("had not stopped after 300 ms, killed")


def test_random_numbers_are_other_ones_in_each_run(app: App) -> None:
    text = "import random\nimport slow\nimport quick\nprint('drew', random.random(), flush=True)\n"
    run_script(app, text + "import time\ntime.sleep(1000)\n")
    for value in (2, 3):
        app.wait_for("ready in", times=value - 1)
        app.edit("quick.py", f"VALUE = {value}\n")
    app.wait_for("drew", times=3)
    drawn = [line for line in app.out().splitlines() if line.startswith("drew")]
    assert len(set(drawn)) == 3


HAZARDS = (
    "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "_thread.start_new_thread(time.sleep, (1000,))",
    "keep = socket.socket()",
    "keep = select.epoll()",
    "keep = open('log.txt', 'w')",
    "keep = open('main.py'); keep.readline()",
    "keep = subprocess.Popen(['sleep', '1000'])",
    "signal.setitimer(signal.ITIMER_REAL, 1000)",
    "sys.setprofile(lambda *_: None)",
    "keep = mmap.mmap(-1, 4096)",
    "keep = os.pipe()",
    "import fcntl; keep = open('slow.py'); fcntl.flock(keep, 2)",
    "keep = os.eventfd(0)",
    "import faulthandler; faulthandler.dump_traceback_later(1000)",
)


@pytest.mark.parametrize("statement", HAZARDS)
def test_where_a_fork_would_do_harm_there_is_no_checkpoint(app: App, statement: str) -> None:
    """So what comes behind it is imported anew each time, and right."""
    modules = "_thread, mmap, os, select, signal, socket, subprocess, sys, threading, time"
    shows = "print('v', quick.VALUE, slow.BORN, flush=True)\ntime.sleep(1000)\n"
    run_script(app, f"import {modules}\n{statement}\nimport slow\nimport quick\n{shows}")
    first = app.wait_for(r"v 1 (\w+)").group(1)
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    assert app.wait_for(r"v 2 (\w+)").group(1) != first


def test_where_there_is_no_checkpoint_it_says_why(app: App) -> None:
    beside = "import _thread, time\n_thread.start_new_thread(time.sleep, (1000,))\n"
    app.write("sitecustomize.py", beside)
    app.write("quick.py", "VALUE = 1\n")
    waits = "import time\nwhile 1: time.sleep(1)\n"
    app.write("main.py", f"import quick\nprint('v', quick.VALUE, flush=True)\n{waits}")
    path = f"{app.project}:{os.environ.get('PYTHONPATH', '')}"
    environment = {"PYTHONPATH": path}
    app.start("--warm", "--verbose", "main.py", env=environment)
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("v 2")
    app.wait_for(r"\(cold: 1 thread runs beside it")


def test_without_the_option_there_are_no_checkpoints(app: App) -> None:
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", SERVER)
    port = free_port()
    app.start("--no-warm", "main.py", str(port))
    app.wait_answer(port, " 1 1 ")
    assert len(app.below()) == 1


def test_a_module_that_has_failed_once_is_run_from_its_beginning(app: App) -> None:
    """It was gone on with in its second execution, and the first one had been the old text's."""
    app.write("seen.py", "SEEN = []\n")
    twice = f"import seen, time\nseen.SEEN.append(1)\n{PAUSE}\nVALUE = 1\nraise OSError\n"
    app.write("twice.py", twice)
    tries = "try:\n    import twice\nexcept OSError:\n    pass\n" * 2
    shows = "print('seen', seen.SEEN, flush=True)\nimport time\ntime.sleep(1000)\n"
    app.write("main.py", f"import seen\n{tries}{shows}")
    app.start("--warm", "main.py")
    app.wait_for(r"seen \[1, 1\]")
    for number in (2, 3):
        app.wait_for("ready in", times=number - 1)
        text = twice.replace("append(1)", f"append({number})").replace("= 1", f"= {number}")
        app.edit("twice.py", text)
        app.wait_for(rf"seen \[{number}, {number}\]")
    app.wait_for("ready in", times=3)
    app.edit("twice.py", text.replace("VALUE = 3", "VALUE = 4\nseen.SEEN.append(4)"))
    app.wait_for(r"seen \[3, 4, 3, 4\]")


def test_a_target_with_two_names_is_run_from_its_beginning(app: App) -> None:
    app.write("other.py", "import main\nVALUE = main.LAST\n")
    guard = f"if __name__ == '__main__':\n    import other\n    import time\n    {PAUSE}\n"
    text = f"LAST = 1\n{guard}    print('of', other.VALUE, flush=True)\n    time.sleep(1000)\n"
    early = f"import time\n{PAUSE}\n"
    late = "def last():\n    return 1\n"
    app.write("main.py", early + late + text)
    app.start("--warm", "main.py")
    app.wait_for("of 1")
    for number in (2, 3):
        app.wait_for("ready in", times=number - 1)
        app.edit("main.py", early + late + text.replace("LAST = 1", f"LAST = {number}"))
        app.wait_for(f"of {number}")


def test_a_target_that_reads_its_own_text_is_run_from_its_beginning(app: App) -> None:
    reads = "with open(__file__) as file: TEXT = file.read()\n"
    late = "import slow\nimport time\nprint('last line', TEXT[-4:], flush=True)\ntime.sleep(1000)\n"
    run_script(app, f"{reads}{late}# 1\n")
    app.wait_for("last line # 1")
    for number in (2, 3):
        app.wait_for("ready in", times=number - 1)
        app.edit("main.py", f"{reads}{late}# {number}\n")
        app.wait_for(f"last line # {number}")


def test_forks_of_the_program_leave_no_checkpoints(app: App) -> None:
    forks = "import os, sys, time\npid = os.fork()\nif pid == 0:\n    import slow, quick\n"
    forks += "    print('child', quick.VALUE, os.getpid(), flush=True)\n    time.sleep(1000)\n"
    run_script(app, f"{forks}time.sleep(1000)\n")
    for value in (1, 2, 3):
        child = int(app.wait_for(rf"child {value} (\d+)").group(1))
        assert not processes.children(child)
        app.wait_for("ready in", times=value)
        app.edit("quick.py", f"VALUE = {value + 1}\n")


def test_for_a_file_that_is_watched_by_name_all_is_run_again(app: App) -> None:
    """Nobody saw who reads it."""
    app.write("named.txt", "1")
    port = serve(app, "--watch", "named.txt")
    first = born(app, port, "main1")
    app.edit("named.txt", "2")
    app.wait_for("ready in", times=2)
    second = born(app, port, "main1")
    assert second != first
    app.edit("quick.py", "VALUE = 2\n")
    assert born(app, port, " 1 2 ") == second


def test_where_no_more_processes_may_be_started_the_program_goes_on(app: App) -> None:
    fails = (
        "import os\ndef fork():\n    raise BlockingIOError(11, 'no more of them')\nkept = os.fork\n"
    )
    text = (
        f"{fails}os.fork = fork\nimport slow\nimport quick\nprint('v', quick.VALUE, flush=True)\n"
    )
    run_script(app, f"{text}os.fork = kept\nimport time\ntime.sleep(1000)\n")
    app.wait_for("v 1")
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("v 2")
