"""What this process has open and alive; each in an interpreter of its own."""

import sys
from pathlib import Path

import pytest

from tests.runs import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


def told(folder: Path, statements: str) -> str:
    path = str(Path(__file__).parents[2])
    text = "import os, sys\nfrom autoreload.system import census, processes\n" + statements
    outcome = run([sys.executable, "-c", text], folder, env={"PYTHONPATH": path})
    assert outcome.code == 0, outcome.err
    return outcome.out.strip()


def test_a_quiet_process_has_nothing(tmp_path: Path) -> None:
    text = "known = census.open_targets()\n"
    text += "print(census.tasks(), census.descriptors(known))"
    assert told(tmp_path, text) == "[] []"


def test_threads_are_tasks(tmp_path: Path) -> None:
    text = "import threading, time\n"
    text += "threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
    text += "print(len(census.tasks()))\nsys.stdout.flush()\nos._exit(0)"
    assert told(tmp_path, text) == "1"


def test_children_are_told_until_they_are_waited_for(tmp_path: Path) -> None:
    text = "pid = os.spawnvp(os.P_NOWAIT, 'sleep', ['sleep', '0'])\n"
    text += "found = lambda: processes.child_pids(os.getpid())\n"
    text += "print(found() == [pid])\nos.waitpid(pid, 0)\nprint(found())"
    assert told(tmp_path, text).split() == ["True", "[]"]


def test_descriptors_say_how_they_were_opened(tmp_path: Path) -> None:
    text = "known = census.open_targets()\nopen('a', 'w').write('xyz')\n"
    text += "file = open('a'); file.read(1)\nlog = open('b', 'a')\n"
    text += "for one in census.descriptors(known, {log.fileno()}):\n"
    text += "    name = os.path.basename(one.target)\n"
    text += "    print(name, one.flags & 3, one.position, one.is_file, one.is_flushed)"
    assert sorted(told(tmp_path, text).splitlines()) == [
        "a 0 3 True False",
        "b 1 0 True True",
    ]


def test_shared_memory_is_named(tmp_path: Path) -> None:
    text = "before = len(census.shared_maps())\nimport mmap\nkeep = mmap.mmap(-1, 4096)\n"
    text += "print(len(census.shared_maps()) - before)"
    assert told(tmp_path, text) == "1"


def test_a_lock_is_seen(tmp_path: Path) -> None:
    text = "import fcntl\nknown = census.open_targets()\nfile = open('a', 'w')\n"
    text += "print([one.is_locked for one in census.descriptors(known)])\n"
    text += "fcntl.flock(file, fcntl.LOCK_EX)\n"
    text += "print([one.is_locked for one in census.descriptors(known)])"
    assert told(tmp_path, text).splitlines() == ["[False]", "[True]"]


def test_memory_is_counted(tmp_path: Path) -> None:
    text = "before = census.resident()\nkeep = bytearray(50_000_000)\n"
    text += "print((census.resident() - before) // 10**7, census.available() > 10**6)"
    assert told(tmp_path, text) == "5 True"
