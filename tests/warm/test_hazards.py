"""What forks are known to break: a warm restart is right, or there is none."""

import re
import sys

import pytest

from tests.driver import App, free_port
from tests.slow import PAUSE, SLOW

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

WAITS = "import time\nwhile True: time.sleep(1000)\n"


def start(app: App, before: str, shown: str, *options: str, last: str = WAITS) -> None:
    """Run what comes before a checkpoint; what lies behind says `saw SHOWN of VALUE BORN`."""
    # What comes before may take long on a busy machine, and moves checkpoints apart.
    app.write("slow.py", SLOW.replace(PAUSE, f"{PAUSE}; {PAUSE}"))
    app.write("quick.py", "VALUE = 1\n")
    says = f"print('saw', {shown}, 'of', quick.VALUE, slow.BORN, flush=True)\n"
    app.write("main.py", f"{before}\nimport slow\nimport quick\n{says}{last}")
    app.start("--warm", "--verbose", *options, "main.py")
    saw(app, 1)


def saw(app: App, value: int) -> str:
    """What was shown by the run with this value."""
    found = app.wait_for(rf"(?m)^saw (.*) of {value} \w+$").group(1)
    app.wait_for("ready in", times=value)
    return str(found)


def edit(app: App, value: int) -> str:
    """Save the next value; what is shown then."""
    app.edit("quick.py", f"VALUE = {value}\n")
    return saw(app, value)


def is_warm(app: App) -> bool:
    """Whether all runs go back to one import of the slow module."""
    return len(set(re.findall(r"(?m)^saw .* of \d+ (\w+)$", app.out()))) == 1


def test_numbers_that_were_seeded_are_those_of_a_fresh_start(app: App) -> None:
    start(app, "import random\nrandom.seed(42)\nrandom.random()", "random.random()")
    first = saw(app, 1)
    assert [edit(app, 2), edit(app, 3)] == [first, first]
    assert is_warm(app)


DRAWN = {
    "random": "random.random()",
    "uuid": "uuid.uuid4()",
    "secrets": "secrets.token_hex()",
    "ssl": "ssl.RAND_bytes(8).hex()",
    "tempfile": "next(tempfile._get_candidate_names())",
}
DRAWS = """\
import random, secrets, ssl, tempfile, uuid
random.seed(7); random.seed()
uuid.uuid1(); uuid.uuid4()
secrets.token_hex()
CONTEXT = ssl.create_default_context(); ssl.RAND_bytes(8)
tempfile.gettempdir(); next(tempfile._get_candidate_names())
"""


def test_what_is_drawn_is_another_in_each_run(app: App) -> None:
    start(app, DRAWS, ", ".join(DRAWN.values()))
    runs = [saw(app, 1).split(), edit(app, 2).split(), edit(app, 3).split()]
    for name, drawn in zip(DRAWN, zip(*runs, strict=True), strict=True):
        assert len(set(drawn)) == 3, name
    assert is_warm(app)


def test_numbers_that_were_not_seeded_are_drawn_anew(app: App) -> None:
    start(app, "import random\nrandom.random()", "random.random()")
    assert len({saw(app, 1), edit(app, 2), edit(app, 3)}) == 3


@pytest.mark.parametrize(("seeds", "count"), [("", 3), ("numpy.random.seed(5)", 1)])
def test_numbers_of_numpy_are_drawn_anew_unless_they_were_seeded(
    app: App, seeds: str, count: int
) -> None:
    """A stand-in with the same names: a state that is made when it is imported."""
    app.write("numpy/__init__.py", "")
    text = "import os\nSTATE = os.urandom(4)\ndef seed(value=None):\n    global STATE\n"
    app.write("numpy/random.py", f"{text}    STATE = os.urandom(4) if value is None else value\n")
    start(app, f"import numpy.random\n{seeds}", "numpy.random.STATE")
    assert len({saw(app, 1), edit(app, 2), edit(app, 3)}) == count
    assert is_warm(app)


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("import os\nPID = os.getpid()", "PID == os.getpid()"),
        ("from os import getpid\nNAME = f'log.{getpid()}'", "NAME == f'log.{getpid()}'"),
        ("import threading\nthreading.main_thread()", "threading.main_thread().native_id > 0"),
        # What is undone by the end of a run is done again in the next.
        (
            "import os, tempfile\nFOLDER = tempfile.TemporaryDirectory()",
            "os.path.isdir(FOLDER.name)",
        ),
        (
            "import atexit, os\nopen('lock', 'x').close()\natexit.register(os.unlink, 'lock')",
            "os.path.exists('lock')",
        ),
        (
            "import contextlib, os\nwith contextlib.suppress(OSError): os.unlink('made')",
            "not os.path.exists('made') and open('made', 'w').close() is None",
        ),
        (
            "import pathlib\nif pathlib.Path('made').is_file(): pathlib.Path('made').unlink()",
            "not pathlib.Path('made').exists() and pathlib.Path('made').touch() is None",
        ),
        (
            "import os\nwith open('count', 'w') as file: file.write('0')",
            "open('count').read() == '0' and open('count', 'w').write('more') == 4",
        ),
        # Two processes have one position in a file.
        ("WORDS = open('words.txt')", "WORDS.read() == 'one two'"),
        ("WORDS = open('words.txt', 'rb', 0)", "WORDS.read(3) == b'one'"),
        # What a broken fork leaves: a lock that nobody holds, a pool whose threads are gone.
        (
            (
                "from concurrent.futures import ThreadPoolExecutor\nPOOL = ThreadPoolExecutor(1)\n"
                "POOL.submit(int).result()"
            ),
            "POOL.submit(int).result() == 0",
        ),
        (
            (
                "import threading, time\nLOCK = threading.Lock()\ndef hold():\n    with LOCK:\n"
                "        time.sleep(0.2)\nthreading.Thread(target=hold).start()"
            ),
            "LOCK.acquire(timeout=5)",
        ),
        ("import asyncio\nLOOP = asyncio.new_event_loop()", "LOOP.time() > 0"),
        (
            "import asyncio\nasync def once(): return 1\nasyncio.run(once())",
            "asyncio.run(once()) == 1",
        ),
        ("import subprocess\nsubprocess.run(['true'])", "subprocess.run(['true']).returncode == 0"),
        (
            "import sqlite3\nDB = sqlite3.connect(':memory:')\nDB.execute('create table a (b)')",
            "DB.execute('select count(*) from a').fetchone() == (0,)",
        ),
        (
            (
                "import sqlite3\nDB = sqlite3.connect('a.db', isolation_level=None)\n"
                "DB.execute('drop table if exists a')\nDB.execute('create table a (b)')"
            ),
            (
                "DB.execute('insert into a values (1)').rowcount == 1 and "
                "DB.execute('select count(*) from a').fetchone() == (1,)"
            ),
        ),
        (
            "import multiprocessing\nLOCK = multiprocessing.Lock()",
            "LOCK.acquire(timeout=5)",
        ),
        (
            "import multiprocessing\nCOUNT = multiprocessing.Value('i', 0)",
            "(setattr(COUNT, 'value', COUNT.value + 1), COUNT.value) == (None, 1)",
        ),
        (
            "import mmap\nMAP = mmap.mmap(-1, 8)",
            "(MAP[0], MAP.write(b'x')) == (0, 1)",
        ),
        (
            "import socket\nONE, OTHER = socket.socketpair()\nONE.send(b'a')",
            "OTHER.recv(9) == b'a'",
        ),
        (
            (
                "import logging.handlers\nLOG = logging.handlers.MemoryHandler(100)\n"
                "LOG.emit(logging.makeLogRecord({'msg': 'a', 'levelno': 20}))"
            ),
            "len(LOG.buffer) == 1",
        ),
        (
            "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.alarm(1000)",
            "signal.alarm(0) > 0",
        ),
        ("import contextvars\nC = contextvars.ContextVar('c')\nC.set(5)", "C.get() == 5"),
    ],
)
def test_it_is_as_in_a_fresh_start(app: App, before: str, shown: str) -> None:
    app.write("words.txt", "one two")
    start(app, before, shown)
    assert [saw(app, 1), edit(app, 2)] == ["True"] * 2


NATIVE = """\
import ctypes, mmap
libc = ctypes.CDLL(None)
semaphore = ctypes.create_string_buffer(64)
thread = ctypes.c_ulong()
libc.sem_init(semaphore, 0, 0)
libc.pthread_create(ctypes.byref(thread), None, libc.sem_wait, semaphore)
"""
KNOWS_FORKS = """\
@ctypes.CFUNCTYPE(None)
def before():
    libc.sem_post(semaphore)
    libc.pthread_join(thread, None)
libc["__register_atfork"](before, None, None, None)  # what pthread_atfork(3) calls
"""


def test_a_native_thread_keeps_a_checkpoint_from_being_left(app: App) -> None:
    """As OpenMP's do once they were used."""
    start(app, NATIVE, "1")
    edit(app, 2)
    assert not is_warm(app)


def test_native_threads_that_end_themselves_before_a_fork_do_not(app: App) -> None:
    """As OpenBLAS's do, which numpy starts when it is imported."""
    start(app, NATIVE + KNOWS_FORKS, "1")
    edit(app, 2)
    edit(app, 3)
    assert is_warm(app)


def test_a_log_line_is_written_once(app: App) -> None:
    before = "import logging\nlogging.basicConfig(filename='app.log', level='INFO')\n"
    before += "logging.info('before')"
    start(app, before, "logging.info('behind')")
    edit(app, 2)
    edit(app, 3)
    lines = (app.project / "app.log").read_text().split()
    assert lines == ["INFO:root:before", *["INFO:root:behind"] * 3]
    assert is_warm(app)


@pytest.mark.parametrize("is_moved", [True, False])
def test_a_log_that_was_moved_is_opened_anew(app: App, is_moved: bool) -> None:
    before = "import logging\nlogging.basicConfig(filename='app.log', level='INFO')"
    start(app, before, "logging.info(str(quick.VALUE))")
    log = app.project / "app.log"
    if is_moved:
        log.rename(app.project / "app.log.1")
    else:
        log.unlink()
    edit(app, 2)
    assert log.read_text() == "INFO:root:2\n"


def test_what_stands_in_a_buffer_of_the_programs_own_is_written_once(app: App) -> None:
    start(app, "OUT = open(1, 'w', closefd=False)\nOUT.write('its own\\n')", "1")
    edit(app, 2)
    edit(app, 3)
    app.stop()
    assert app.out().count("its own") == 1, app.said()


@pytest.mark.parametrize("tool", ["sys.settrace(lambda *_: None)", "sys.modules['pydevd'] = sys"])
def test_under_a_debugger_all_is_run_again(app: App, tool: str) -> None:
    start(app, f"import sys\n{tool}", "1")
    edit(app, 2)
    assert not is_warm(app)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring")
def test_under_coverage_that_monitors_all_is_run_again(app: App) -> None:
    start(app, "import sys\nsys.monitoring.use_tool_id(1, 'coverage')", "1")
    edit(app, 2)
    assert not is_warm(app)


@pytest.mark.parametrize(
    "statement",
    [
        "os.path.exists('fifo') or os.mkfifo('fifo'); keep = os.open('fifo', os.O_RDWR)",
        "keep = os.memfd_create('a')",
        "keep = os.pidfd_open(os.getppid())",
        "keep = multiprocessing.Queue()",
        "keep = multiprocessing.Pool(1)",
        "keep = tempfile.TemporaryFile()",
        "keep = threading.Timer(1000, int); keep.start()",
        "keep = os.openpty()",
        "keep = open('lock', 'w'); fcntl.lockf(keep, fcntl.LOCK_EX)",
        "ctypes.CDLL(None).inotify_init()",
        "ctypes.CDLL(None).timerfd_create(1, 0)",
        "ctypes.CDLL(None).timer_create(1, None, ctypes.byref(ctypes.c_void_p()))",
        "ctypes.CDLL(None).signalfd(-1, (ctypes.c_ulong * 16)(), 0)",
    ],
)
def test_where_a_fork_would_do_harm_there_is_no_checkpoint(app: App, statement: str) -> None:
    modules = "ctypes, fcntl, multiprocessing, os, tempfile, threading"
    start(app, f"import {modules}\nkeep = None\n{statement}", "1")
    edit(app, 2)
    assert not is_warm(app)


def test_who_asks_a_program_that_failed_is_told_why_after_a_warm_restart_too(app: App) -> None:
    """A fork is another process, and was taken for one that does not count."""
    text = "import http.server, os\nimport slow\nimport quick\n"
    text += "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])),"
    text += " http.server.SimpleHTTPRequestHandler).serve_forever()\n"
    port = free_port()
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", text)
    app.start("--warm", "main.py", env={"PORT": str(port)})
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("ready in", times=2)
    app.edit("quick.py", "VALUE = undefined\n")
    app.wait_answer(port, "name 'undefined' is not defined", Accept="application/json")


def test_it_is_said_what_keeps_later_checkpoints_from_being_left_and_where(app: App) -> None:
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    opens = f"import threading, time\nimport slow\n{{}}\n{PAUSE}\nimport quick\n"
    text = opens.format("threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()")
    app.write("main.py", f"{text}print('v', quick.VALUE, flush=True)\n{WAITS}")
    app.start("--warm", "--verbose", "main.py")
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("v 2")
    app.wait_for(
        r"what comes later is run again: main.py:3: 1 thread runs beside it; "
        "start it when the program starts its work"
    )
    app.wait_for("ready in", times=2)
    text = opens.format("import os; os.getpid()")
    app.edit("main.py", f"{text}print('pid', flush=True)\n{WAITS}")
    app.wait_for("ready in", times=3)
    app.edit("quick.py", "VALUE = 3\n")
    app.wait_for(r"main.py:3: the process id was asked for, and may be kept; ask for it where")


def test_what_is_written_to_a_file_that_was_open_at_the_fork_is_not_lost(app: App) -> None:
    """Frozen objects are hidden from a look at all of them."""
    before = "OUT = open(1, 'w', closefd=False)"
    start(app, before, "OUT.write(f'kept back {quick.VALUE}\\n')")
    edit(app, 2)
    edit(app, 3)
    app.stop()
    for value in (1, 2, 3):
        assert app.out().count(f"kept back {value}") == 1, app.said()
