"""What a program tells autorun by `import autoreload`, and is told."""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import autoreload
from tests.driver import ROOT, App, free_port
from tests.runs import AUTORUN, autorun, environment, run

if TYPE_CHECKING:
    from collections.abc import Callable

ASKING = """\
import json, os, sys
try:
    import autoreload
    told = [autoreload.is_active(), autoreload.changes()]
except ImportError:
    told = None
names = ("AUTORUN", "AUTORUN_RUN", "AUTORUN_CHANGES")
print(json.dumps([told, [os.environ.get(name) for name in names]]), flush=True)
"""


def told(app: App, number: int) -> list[object]:
    """What a run has printed of itself."""
    line = app.wait_for(r"^\[.*\]$".replace("^", "(?m)^"), times=number, stream="out").group()
    return list(json.loads(line))


@pytest.mark.parametrize("options", [(), ("--warm",)])
def test_each_run_knows_its_number_and_why_it_is(app: App, options: tuple[str, ...]) -> None:
    """Also where its interpreter went ahead, or its beginning is that of another run."""
    app.write("slow.py", "import click, time\ntime.sleep(0.1)\n")
    app.write("quick.py", "VALUE = 1\n")
    app.write("app.py", f"import slow\nimport quick\n{ASKING}\nimport time\ntime.sleep(100)\n")
    app.start(*options, "app.py")
    assert told(app, 1) == [[True, []], ["1", "1", "[]"]]
    for number in (2, 3):
        app.wait_for("ready in", times=number - 1)
        app.edit("quick.py", f"VALUE = {number}\n")
        path = str(app.project / "quick.py")
        assert told(app, number) == [[True, [path]], ["1", str(number), '["quick.py"]']]
    app.wait_for("ready in", times=3)
    app.edit("app.py", f"import slow\n{ASKING}\nprint('done')\n")
    assert told(app, 4)[1] == ["1", "4", '["app.py"]']
    app.wait_for("finished in")
    app.stop_leaves_nothing()


def test_a_command_knows_as_well(app: App) -> None:
    app.write("app.py", ASKING)
    app.write("words.txt", "one")
    app.start("--", sys.executable, "app.py", env={"AUTORUN_RUN": "7"})
    assert told(app, 1)[1] == ["1", "1", "[]"]
    app.wait_for("waiting for a change")
    app.edit("words.txt", "two")
    assert told(app, 2)[1] == ["1", "2", '["words.txt"]']
    app.stop_leaves_nothing()


BELOW = f"""\
import multiprocessing, os, subprocess, sys

def tell():
    import autoreload
    print(autoreload.is_active(), autoreload.changes(), flush=True)

if __name__ == "__main__":
    tell()
    for method in ("fork", "spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=tell)
        process.start()
        process.join()
    code = "import app; app.tell()"
    subprocess.run([sys.executable, "-c", code])
    subprocess.run([{", ".join(map(repr, AUTORUN))}, "--exit", "asking.py"])
    subprocess.run([{", ".join(map(repr, AUTORUN))}, "--noreload", "asking.py"])
"""


def test_who_only_inherits_the_environment_is_not_active(tmp_path: Path) -> None:
    """Workers are the program; what it starts is not, and a nested autorun has its own."""
    (tmp_path / "app.py").write_text(BELOW)
    (tmp_path / "asking.py").write_text(ASKING)
    done = autorun(tmp_path, "--exit", "app.py")
    assert done.code == 0, done
    assert done.out.splitlines() == [
        *(["True ()"] * 4),
        "False ()",
        '[[true, []], ["1", "1", "[]"]]',
        "[[false, []], [null, null, null]]",
    ]


def test_without_autorun_every_call_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import autoreload, os\n"
        "@autoreload.on_reload\n"
        "def bye(): raise AssertionError\n"
        "assert bye.__name__ == 'bye'\n"
        "autoreload.ready(), autoreload.watch('a'), autoreload.ignore('b'), autoreload.restart()\n"
        "autoreload.leave(os.getpid())\n"
        "print(autoreload.is_active(), autoreload.changes(), 'AUTORUN' in os.environ)\n"
    )
    for words in ([sys.executable, "app.py"], [*AUTORUN, "--noreload", "app.py"]):
        assert run(words, tmp_path)[:2] == (0, "False () False\n")


def test_it_is_there_in_an_environment_that_lacks_us(tmp_path: Path) -> None:
    """autorun is lent to it; its programs cannot import the package otherwise."""
    bare = environment(tmp_path / "bare")
    (tmp_path / "app.py").write_text(
        f"{ASKING}import click\nautoreload.on_reload(print), autoreload.ignore('*.txt')\n"
    )
    python = str(bare / "bin" / "python")
    door = str(ROOT / "autoreload" / "__main__.py")
    words = [sys.executable, door, "--exit", f"--python={python}", "app.py"]
    done = run(words, tmp_path, env={"PYTHONPATH": ""})
    assert done.out == '[[true, []], ["1", "1", "[]"]]\n', done
    assert "No module named 'click'" in done.err


PARTING = """\
import atexit, sys, threading, time
import autoreload

def say(*words):
    print(*words, threading.current_thread() is threading.main_thread(), flush=True)

@autoreload.on_reload
def first():
    say("first")

@autoreload.on_reload
def fails():
    raise RuntimeError("of the program")

time.sleep(0.05)
import ware
print("version", ware.VERSION, flush=True)
atexit.register(say, "atexit")
try:
    time.sleep(100)
finally:
    say("finally")
"""


@pytest.mark.parametrize("options", [(), ("--warm", "--verbose")])
def test_its_own_functions_come_before_the_stop(app: App, options: tuple[str, ...]) -> None:
    """Once in each run, also where they were given in an earlier one that a later one goes on."""
    app.write("ware.py", "VERSION = 1\n")
    app.write("app.py", PARTING)
    app.start(*options, "app.py")
    for number in (1, 2, 3):
        app.wait_for(f"version {number}\n")
        app.wait_for("ready in", times=number)
        if number < 3:
            app.edit("ware.py", f"VERSION = {number + 1}\n")
    code = app.stop_leaves_nothing()
    each = ["first True", "finally True", "atexit True"]
    wanted = [line for number in (1, 2) for line in (f"version {number}", *each)]
    # When autorun itself ends nothing is reloaded.
    assert app.out().splitlines() == [*wanted, "version 3", *each[1:]], app.said()
    assert code == 0
    assert app.err().count("RuntimeError: of the program") == 2
    assert app.err().count(f'File "{app.project}/app.py", line 13, in fails') == 2
    assert "farewell" not in app.err()
    assert "cold" not in app.err()


def test_a_function_that_does_not_return_has_the_time_of_the_stop(app: App) -> None:
    app.write("ware.py", "VERSION = 1\n")
    app.write(
        "app.py",
        "import time, autoreload, ware\n"
        "autoreload.on_reload(lambda: time.sleep(100))\n"
        "print('version', ware.VERSION, flush=True)\ntime.sleep(100)\n",
    )
    app.start("--stop-timeout=0.5", "app.py")
    app.wait_for("ready in")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("the app had not stopped after 500 ms, killed")
    app.wait_for("version 2")
    app.stop_leaves_nothing()


SAYING = """\
import os, sys, threading, time, http.server
import ware
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"%d" % ware.VERSION)
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
import autoreload
while not os.path.exists(f"go{ware.VERSION}"):
    time.sleep(0.01)
print("up", time.monotonic(), flush=True)
autoreload.ready()
time.sleep(100)
"""


def test_a_program_that_says_so_is_ready_then_and_not_before(app: App) -> None:
    port = free_port()
    app.write("ware.py", "VERSION = 1\n")
    app.write("app.py", SAYING)
    (app.project / "go1").touch()
    app.start("app.py", str(port))
    app.wait_for(f"ready in .*  http://127.0.0.1:{port}")
    app.edit("ware.py", "VERSION = 2\n")
    saved = time.monotonic()
    app.wait_answer(port, "2")  # it listens, and is not ready
    waited = time.monotonic() - saved
    (app.project / "go2").touch()
    line = app.wait_for(r"ready in (\S+) (m?s)", times=2)
    assert float(line.group(1)) / (1000 if line.group(2) == "ms" else 1) > waited - 0.1, app.said()
    # Who no longer says so is not waited for.
    app.replace("app.py", "autoreload.ready()", "pass")
    app.wait_for("ready in", times=3)
    app.stop_leaves_nothing(port)


NAMING = """\
import os, pathlib, time
import autoreload
from ware import VERSION
{calls}
print("version", VERSION, autoreload.changes(), flush=True)
time.sleep(100)
"""


def restarts_for(app: App, name: str) -> None:
    """A change of this file is served."""
    times = app.count("version 1") + 1
    app.wait_for("ready in", times=times - 1)
    app.edit(name, f"{times}")
    app.wait_for(re.escape(f"version 1 ('{app.project}/{name}',)"), stream="out")
    assert app.count("version 1") == times, app.said()


@pytest.mark.parametrize("options", [(), ("--warm",)])
def test_files_folders_and_globs_are_watched_that_it_names(
    app: App, options: tuple[str, ...]
) -> None:
    app.write("ware.py", "import time; time.sleep(0.05)\nVERSION = 1\n")
    for name in ("one.bin", "texts/a.txt", "odd[1]/a.txt", "deep/in/it.html", "not.txt"):
        app.write(name, "old")
    calls = (
        "autoreload.watch(pathlib.Path('one.bin')); autoreload.watch('missing.bin')\n"
        "autoreload.watch('texts'); autoreload.watch('odd[1]'); autoreload.watch('**/*.html')\n"
        "import ware"
    )
    app.write("app.py", NAMING.format(calls=calls))
    app.start(*options, "app.py")
    app.wait_for("version 1")
    app.wait_for("ready in")
    app.edit("not.txt", "new")
    for name in ("one.bin", "missing.bin", "texts/new.txt", "odd[1]/a.txt", "deep/in/it.html"):
        restarts_for(app, name)
    app.wait_for("ready in", times=6)
    # In the next run that counts no more.
    app.write("app.py", NAMING.format(calls=""))
    app.wait_for("version 1", times=7)
    app.wait_for("ready in", times=7)
    app.edit("texts/a.txt", "new")
    app.edit("one.bin", "new")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for(re.escape(f"version 2 ('{app.project}/ware.py',)"), stream="out")
    app.stop_leaves_nothing()


def test_what_it_names_to_be_ignored_restarts_nothing(app: App) -> None:
    app.write("ware.py", "VERSION = 1\n")
    app.write("odd[ ]!.py", "")
    app.write("data.json", "1")
    app.write("texts/a.txt", "old")
    calls = (
        "import importlib; importlib.import_module('odd[ ]!'); open('data.json').read()\n"
        "autoreload.ignore('odd[ ]!.py'); autoreload.ignore('*.json'); autoreload.ignore('texts')"
    )
    app.write("app.py", NAMING.format(calls=calls))
    app.start("--watch=texts", "app.py")
    app.wait_for("ready in")
    app.edit("texts/a.txt", "new")
    app.edit("odd[ ]!.py", "new = 1")
    app.edit("data.json", "2")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for(re.escape(f"version 2 ('{app.project}/ware.py',)"), stream="out")
    app.wait_for("ready in", times=2)
    app.write("app.py", NAMING.format(calls=calls.partition("autoreload")[0]))
    app.wait_for("version 2", times=2)
    app.wait_for("ready in", times=3)
    app.edit("texts/a.txt", "newer")
    app.wait_for(re.escape(f"version 2 ('{app.project}/texts/a.txt',)"), stream="out")
    app.stop_leaves_nothing()


WISHING = """\
import os, signal, time
import autoreload
time.sleep(0.05)
from ware import VERSION
import other
os.getpid()
print("version", VERSION, os.environ["AUTORUN_RUN"], autoreload.changes(), flush=True)

def wish(*_):
    if {in_a_fork}:
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            return
        autoreload.restart()
        os._exit(0)
    autoreload.restart()

signal.signal(signal.SIGUSR1, wish)
print("hears", flush=True)
while True:
    time.sleep(100)
"""


@pytest.mark.parametrize(
    ("options", "in_a_fork"), [((), False), ((), True), (("--warm", "--verbose"), False)]
)
def test_a_program_may_ask_for_a_restart(
    app: App, options: tuple[str, ...], in_a_fork: bool
) -> None:
    """It begins anew, and like a save's it waits while a file does not compile."""
    app.write("ware.py", "VERSION = 1\n")
    app.write("other.py", "")
    app.write("app.py", WISHING.format(in_a_fork=in_a_fork))
    app.start(*options, "app.py")
    app.wait_for("hears")
    app.wait_for("ready in")
    os.kill(app.inner_pid(), signal.SIGUSR1)
    app.wait_for("the program asks for it, restarting")
    app.wait_for(r"version 1 2 \(\)", stream="out")
    app.wait_for("hears", times=2)
    app.wait_for("ready in", times=2)
    if options:
        assert re.search(r"ready in \d+ ms \(cold: the program has asked for it\)\n", app.err())
    else:
        (inner,) = app.running()
        app.edit("ware.py", "VERSION = (\n")
        app.wait_for("Held")
        os.kill(inner, signal.SIGUSR1)
        app.edit("other.py", "text = (\n")
        app.wait_for("Held", times=2)
        app.edit("other.py", "")
        app.edit("ware.py", "VERSION = 1\n")
        app.wait_for(r"version 1 3 \(\)", stream="out")
    app.stop_leaves_nothing()


def test_the_calls_keep_the_types_of_what_they_are_given() -> None:
    """Read by mypy; and a function has the name of a folder of ours, which is in its place."""

    @autoreload.on_reload
    def bye(word: str = "bye") -> int:
        return len(word)

    number: int = bye("now")
    nothing: Callable[[str | os.PathLike[str]], None] = autoreload.watch
    paths: tuple[str, ...] = autoreload.changes()
    assert (number, nothing.__name__, paths) == (3, "watch", ())
    from autoreload.watch.watcher import Watcher

    assert Watcher.__module__ == "autoreload.watch.watcher"
    assert autoreload.watch is nothing


@pytest.mark.parametrize("options", [(), ("--warm",), ("--poll=0.1",)])
def test_a_file_that_it_names_by_a_link_is_watched_with_the_link(
    app: App, options: tuple[str, ...]
) -> None:
    for name in ("one", "two"):
        app.write(f"{name}/deep.bin", "old")
    os.symlink("one", app.project / "now")
    app.write(
        "app.py",
        "import autoreload, time\nautoreload.watch('now/deep.bin')\n"
        "print('v', *autoreload.changes(), flush=True)\ntime.sleep(100)\n",
    )
    app.start(*options, "app.py")
    app.wait_for("ready in")
    app.edit("one/deep.bin", "new")
    app.wait_for(rf"v {re.escape(str(app.project))}/one/deep\.bin\n")
    app.wait_for("ready in", times=2)
    os.symlink("two", app.project / "next")
    os.replace(app.project / "next", app.project / "now")
    app.wait_for(rf"v {re.escape(str(app.project))}/now\n")
    app.wait_for("ready in", times=3)
    app.edit("two/deep.bin", "new")
    app.wait_for(rf"v {re.escape(str(app.project))}/two/deep\.bin\n")
