"""`--verify-warm`: a cold start beside the warm one tells whether it is the same."""

import sys

import pytest

from tests.driver import App, free_port
from tests.slow import PAUSE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

SLOW = f"import time\nBORN = time.time()\n{PAUSE}\nLIST = [1, {{'a': (2, None)}}]\n"
MAIN = """\
import http.server, os, sys
import slow
import quick
print("booted", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])),
                       http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def start(app: App, slow: str, *, main: str = MAIN) -> None:
    app.write("slow.py", slow)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", main)
    app.start("--warm", "--verify-warm", "main.py", str(free_port()))
    app.wait_for("ready in")
    app.edit("quick.py", "VALUE = 2\n")


def test_a_right_one_is_said_to_be_and_a_time_is_no_fault(app: App) -> None:
    """The clock differs in each cold start as well."""
    start(app, SLOW)
    app.wait_for(r"as after a cold start, in \d+ values compared")
    app.edit("quick.py", "VALUE = 3\n")
    app.wait_for(r"as after a cold start, in \d+ values compared", times=2)
    assert app.count("booted") == 3, "the twin says nothing"
    assert app.stop_leaves_nothing() == 0


def test_a_program_that_serves_nothing_is_compared_when_it_is_up(app: App) -> None:
    main = "import slow, quick, time\nprint(quick.VALUE, flush=True)\ntime.sleep(1000)\n"
    start(app, SLOW, main=main)
    app.wait_for(r"as after a cold start, in \d+ values compared")


def test_a_wrong_one_is_named_and_all_is_cold_from_there(app: App) -> None:
    """A child has read the file, and nobody can see that."""
    slow = f"import subprocess, time\n{PAUSE}\n"
    slow += "SEEN = subprocess.run(['cat', 'hidden'], capture_output=True, text=True).stdout\n"
    app.write("hidden", "1")
    app.write("slow.py", slow)
    app.write("quick.py", "VALUE = 1\n")
    app.write("main.py", MAIN)
    app.start("--warm", "--verify-warm", "--verbose", "main.py", str(free_port()))
    app.wait_for("ready in")
    app.edit("hidden", "2")
    app.edit("quick.py", "VALUE = 2\n")
    app.wait_for("slow.SEEN is not as after a cold start: warm restarts are off, restarting")
    app.wait_for("ready in", times=3)
    app.edit("quick.py", "VALUE = 3\n")
    app.wait_for("ready in", times=4)
    app.wait_running(1)
    assert app.count("as after a cold start: warm") == 1
