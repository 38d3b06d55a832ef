"""Every way of saving is served, wherever the file was read and whatever the program does then."""

import os
import py_compile
import time
from pathlib import Path

import pytest

from tests.driver import App, until
from tests.saving import SLOWLY, STYLES, Save, in_place, rename_over, same_second

WORKER = """
import time
from ware import VERSION
print("version", VERSION, "here", flush=True)
time.sleep(100)
"""


def watched(app: App) -> set[int]:
    """The inodes for which autorun has asked the kernel for events (proc(5), fdinfo)."""
    found = set()
    for entry in Path(f"/proc/{app.pid}/fdinfo").iterdir():
        try:
            lines = entry.read_text().splitlines()
        except FileNotFoundError:  # closed since it was listed
            continue
        for line in lines:
            if line.startswith("inotify"):
                found.add(int(line.partition("ino:")[2].split()[0], 16))
    return found


def wait_until_watched(app: App, directory: Path) -> None:
    until(
        lambda: directory.stat().st_ino in watched(app),
        lambda: f"{directory} is not watched\n{app.said()}",
    )


def end(app: App) -> None:
    assert app.stop() == 0, app.said()
    app.assert_nothing_left()


@pytest.mark.parametrize("turned", ["to a file", "to another place"])
@pytest.mark.parametrize("linked", ["ware.py", "folder"])
def test_what_a_link_no_longer_leads_to_holds_nothing(app: App, linked: str, turned: str) -> None:
    """It was compiled all the same: while it did not, no save was served any more."""
    app.write(
        "app.py", WORKER.replace("import time", "import sys, time; sys.path[:0] = ['folder']")
    )
    old = app.write("old/ware.py", "VERSION = 1\n")
    new = app.write("new/ware.py", "VERSION = 2\n")
    link = app.project / linked
    link.symlink_to(old if linked == "ware.py" else old.parent)
    app.start("app.py")
    app.wait_for("version 1 here")
    app.edit("old/ware.py", "VERSION = (\n")
    app.wait_for("Held, the previous code keeps running")
    link.unlink()
    if turned == "to another place":
        link.symlink_to(new if linked == "ware.py" else new.parent)
    elif linked == "ware.py":
        link.write_text("VERSION = 2\n")
    else:
        link.mkdir()
        (link / "ware.py").write_text("VERSION = 2\n")
    app.wait_for("version 2 here")
    end(app)


@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
@pytest.mark.parametrize("save", STYLES, ids=lambda save: save.__name__)
def test_each_way_of_saving_is_served(app: App, save: Save, options: tuple[str, ...]) -> None:
    app.write("app.py", WORKER)
    ware = app.write("ware.py", "VERSION = 1\n")
    app.start(*options, "app.py")
    app.wait_for("version 1 here")
    if not options:
        wait_until_watched(app, app.project)
    # Twice: the second meets bytecode, inodes and subscriptions that the first has left.
    for number in (2, 3):
        app.wait_for("ready in", times=number - 1)
        save(ware, f"VERSION = {number}\n")
        app.wait_for(f"version {number} here")
    if save not in SLOWLY:
        app.assert_restarts(2)
    end(app)


BETWEEN = """
import atexit, os, time
import other
from ware import VERSION
print("version", VERSION, "here", flush=True)

@atexit.register
def linger():
    print("lingering", flush=True)
    while not os.path.exists("go"):
        time.sleep(0.01)

time.sleep(100)
"""


def test_a_save_between_two_runs_is_served_whatever_its_time(app: App) -> None:
    """The time of the text before and equal size: its bytecode was found, and stayed for good."""
    app.write("app.py", BETWEEN)
    app.write("other.py", "")
    ware = app.write("ware.py", "VERSION = 1\n")
    py_compile.compile(str(ware))
    app.start("app.py")
    app.wait_for("version 1 here")
    app.wait_for("ready in")
    app.edit("other.py", "x = 1\n")
    app.wait_for("lingering")
    same_second(ware, "VERSION = 2\n")
    app.edit("go", "")
    app.wait_for("version 2 here")
    end(app)


DESCRIPTORS = """
import os
import time
from ware import VERSION
open_now = [fd for fd in range(3, 100) if os.path.exists(f"/proc/self/fd/{fd}")]
print("version", VERSION, "has", open_now, flush=True)
time.sleep(100)
"""


def test_the_next_run_does_not_inherit_the_event_queue(app: App) -> None:
    """The first run has started before there is one; a daemon of the next would keep it alive."""
    app.write("app.py", DESCRIPTORS)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    first = app.wait_for(r"version 1 has (\[.*\])")[1]
    wait_until_watched(app, app.project)
    app.edit("ware.py", "VERSION = 2\n")
    assert app.wait_for(r"version 2 has (\[.*\])")[1] == first
    end(app)


def test_first_seconds_are_served_by_looking(app: App) -> None:
    """Before file events arrive, which is later than the first line of the program."""
    app.write("app.py", WORKER)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    end(app)


def test_events_arrive_although_they_were_opened_late(app: App) -> None:
    """Without them the inner looks once in a second, the first time right before `ready`."""
    app.write("app.py", WORKER)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    wait_until_watched(app, app.project)
    waits = []
    for number in (2, 3, 4, 5):
        app.wait_for("ready in", times=number - 1)
        saved = time.monotonic()
        app.edit("ware.py", f"VERSION = {number}\n")
        app.wait_for("ware.py changed, (restarting|ready)", times=number - 1)
        waits.append(time.monotonic() - saved)
    assert min(waits) < 0.6, waits
    end(app)


def test_directory_beside_the_code_is_not_watched(app: App) -> None:
    app.write("app.py", WORKER)
    app.write("ware.py", "VERSION = 1\n")
    one = app.write("data/deep/one.txt", "")
    for number in range(5000):
        os.link(one, app.project / "data" / f"{number}.txt")  # much cheaper than a file each
    app.start("app.py")
    wait_until_watched(app, app.project)
    app.wait_for("ready in")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    app.wait_for("ready in", times=2)
    assert watched(app) == {app.project.stat().st_ino}
    end(app)


def test_save_without_news_restarts_nothing(app: App) -> None:
    """A touch, the same bytes once more, and a file that nobody has asked for."""
    app.write("app.py", WORKER)
    ware = app.write("ware.py", "VERSION = 1\n")
    app.start("--verbose", "app.py")
    wait_until_watched(app, app.project)
    ware.touch()
    app.wait_for("ware.py written with the same content")
    app.edit("ware.py", "VERSION = 1\n")
    app.wait_for("ware.py written with the same content", times=2)
    app.edit("other.py", "print('nobody asked')\n")
    app.edit("notes.txt", "nobody asked\n")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    end(app)
    app.assert_restarts(1)
    assert app.count("version 1 here") == 1, app.said()


SLOW = """
import select, sys, time
from pathlib import Path
VERSION = 1
print("importing", VERSION, flush=True)
until = time.monotonic() + 20
while not Path("go").exists() and time.monotonic() < until:
    select.select([], [], [], 0.01)
"""


def test_edit_while_booting_is_not_lost(app: App) -> None:
    """In the first boot and in that of a restart, of a file that was read and is still running."""
    app.write("app.py", WORKER.replace("ware", "slow"))
    app.write("slow.py", SLOW)
    app.start("app.py")
    for number in (2, 3, 4):
        app.wait_for(f"importing {number - 1}")
        app.edit("slow.py", SLOW.replace("VERSION = 1", f"VERSION = {number}"))
    app.wait_for("importing 4")
    assert app.count("here") == 0, app.said()
    (app.project / "go").touch()
    app.wait_for("version 4 here")
    end(app)


def test_edit_between_reading_and_running_is_not_lost(app: App) -> None:
    """Of a file that was imported before the slow one: the first snapshot is not taken late."""
    app.write("app.py", "import ware, slow\nprint('version', ware.VERSION, 'here', flush=True)\n")
    app.write("ware.py", "VERSION = 1\n")
    app.write("slow.py", SLOW)
    app.start("app.py")
    app.wait_for("importing 1")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("ware.py changed, (restarting|ready)")
    app.wait_for("importing 1", times=2)
    (app.project / "go").touch()
    app.wait_for("version 2 here")
    end(app)


LATE = """
import os, sys, time
print("up", flush=True)
line = sys.stdin.readline()
while line:
    module = __import__(line.strip())
    print(line.strip(), module.VERSION, "here", flush=True)
    line = sys.stdin.readline()
time.sleep(100)
"""


def test_module_that_is_imported_late_is_served(app: App) -> None:
    """A lazy one, in a folder of its own that nobody watched before, and the folder's __init__."""
    app.write("app.py", "import sys\nsys.path.append('lib')\n" + LATE)
    app.write("lib/lazy.py", "VERSION = 1\n")
    app.write("package/__init__.py", "VERSION = 1\n")
    told, tell = os.pipe()
    with os.fdopen(tell, "w") as app_hears:
        # A warm run goes on from the import, and does not say again that it is up.
        app.start("--no-warm", "app.py", stdin=told)
        os.close(told)
        wait_until_watched(app, app.project)
        for number, (name, file) in enumerate(
            {"lazy": "lib/lazy.py", "package": "package/__init__.py"}.items(), start=1
        ):
            app.wait_for("up", times=number)
            print(name, file=app_hears, flush=True)
            app.wait_for(f"{name} 1 here")
            wait_until_watched(app, (app.project / file).parent)
            app.edit(file, "VERSION = 2\n")
            app.wait_for(f"{file} changed, (restarting|ready)")
        app.wait_for("up", times=3)
        end(app)


FORKING = """
import os, signal, time
print("up", flush=True)
if not (child := os.fork()):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from ware import VERSION
    print("version", VERSION, "here", flush=True)
    while os.getppid() != 1:
        time.sleep(0.05)
try:
    time.sleep(100)
finally:
    os.kill(child, signal.SIGKILL)
"""


@pytest.mark.parametrize("save", [in_place, rename_over], ids=lambda save: save.__name__)
def test_module_that_a_forked_child_imports_is_served(app: App, save: Save) -> None:
    app.write("app.py", FORKING)
    ware = app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    wait_until_watched(app, app.project)
    for number in (2, 3):
        save(ware, f"VERSION = {number}\n")
        app.wait_for(f"version {number} here")
    end(app)


def test_deleted_module_fails_waits_and_runs_when_it_is_back(app: App) -> None:
    app.write("app.py", WORKER)
    ware = app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    ware.unlink()
    app.wait_for("No module named 'ware'")
    app.wait_for(r"Crashed \(exit code 1\), waiting for a change")
    app.edit("ware.py", "VERSION = 2\n")
    app.wait_for("version 2 here")
    end(app)


def test_module_that_the_running_app_does_without_is_taken_when_it_comes(app: App) -> None:
    """What was looked for in vain counts like what was read, also while the app runs."""
    app.write(
        "app.py",
        "try:\n    import faster\nexcept ImportError:\n    faster = None\n"
        "print('with' if faster else 'without', flush=True)\nimport time\ntime.sleep(100)\n",
    )
    app.start("app.py")
    app.wait_for("without")
    wait_until_watched(app, app.project)
    app.edit("faster.py", "VERSION = 1\n")
    app.wait_for("faster.py changed, (restarting|ready)")
    app.wait_for("with\n")
    end(app)


def test_target_that_is_deleted_is_waited_for(app: App) -> None:
    """The name was good once: that is no usage error any more."""
    script = app.write("app.py", WORKER)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    app.wait_for("version 1 here")
    script.unlink()
    app.wait_for("waiting for a change")
    app.edit("app.py", WORKER.replace("here", "back"))
    app.wait_for("version 1 back")
    end(app)
