"""Hints of watchdog for real saves, and what it does not say by itself."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autoreload.watch.backends import WatchdogBackend
from tests.children import output
from tests.waiting import readable, until


@contextmanager
def running(is_wanted: Callable[[str], bool]) -> Iterator[WatchdogBackend]:
    backend = WatchdogBackend(is_wanted)
    try:
        yield backend
    finally:
        backend.stop()
        # It lives as long as the outer, which does not wait for its threads.
        backend._observer.join()
        os.close(backend._read)
        os.close(backend._write)


@pytest.fixture
def backend() -> Iterator[WatchdogBackend]:
    with running(lambda path: path.endswith(".py")) as made:
        yield made


def wait_for(backend: WatchdogBackend, path: Path) -> set[str]:
    """All hints until one names the path."""
    found: set[str] = set()

    def fact() -> bool:
        if readable(backend.fileno(), timeout_s=1):
            found.update(backend.hints())
        return str(path) in found

    until(fact, describe=lambda: f"no {path} in {found}")
    return found


def write(path: Path) -> None:
    path.write_text("x = 2\n")


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("y = 2\n")


def rename_over(path: Path) -> None:
    fresh = path.with_name("fresh.tmp")
    fresh.write_text("x = 2\n")
    os.replace(fresh, path)


def delete(path: Path) -> None:
    path.unlink()


def rename_away(path: Path) -> None:
    path.rename(path.with_name("a.bak"))


def touch(path: Path) -> None:
    os.utime(path, (1, 1))


def write_before_the_close(path: Path) -> None:
    """A writer that keeps the file open."""
    fd = os.open(path, os.O_WRONLY)
    os.write(fd, b"x = 2\n")
    os.set_inheritable(fd, False)
    os.close(fd)


@pytest.mark.parametrize(
    "save", [write, append, rename_over, delete, rename_away, write_before_the_close]
)
def test_every_way_of_saving_is_a_hint(
    backend: WatchdogBackend, tmp_path: Path, save: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    backend.watch(str(tmp_path))
    save(path)
    assert wait_for(backend, path) == {str(path)}


def test_a_file_that_comes_is_a_hint(backend: WatchdogBackend, tmp_path: Path) -> None:
    backend.watch(str(tmp_path))
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    wait_for(backend, path)


def test_a_file_that_is_moved_in_is_a_hint(backend: WatchdogBackend, tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    (tmp_path / "a.py").write_text("x = 1\n")
    backend.watch(str(tmp_path / "watched"))
    path = (tmp_path / "a.py").rename(tmp_path / "watched" / "a.py")
    wait_for(backend, path)


def test_what_is_unwanted_wakes_nobody(tmp_path: Path) -> None:
    asked: list[str] = []

    def is_wanted(path: str) -> bool:
        asked.append(path)
        return path.endswith(".py")

    with running(is_wanted) as backend:
        backend.watch(str(tmp_path))
        unwanted = str(tmp_path / "b.log")
        write(Path(unwanted))
        until(lambda: unwanted in asked, describe=lambda: asked)
        assert not readable(backend.fileno(), timeout_s=0)
        assert backend.hints() == set()
        write(tmp_path / "a.py")
        assert wait_for(backend, tmp_path / "a.py") == {str(tmp_path / "a.py")}


def test_a_directory_is_watched_alone(backend: WatchdogBackend, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    backend.watch(str(tmp_path))
    write(tmp_path / "below" / "a.py")
    write(tmp_path / "b.py")
    assert wait_for(backend, tmp_path / "b.py") == {str(tmp_path / "b.py")}
    # What is below can be watched for itself.
    backend.watch(str(tmp_path / "below"))
    write(tmp_path / "below" / "a.py")
    wait_for(backend, tmp_path / "below" / "a.py")


def test_a_directory_that_is_given_up_is_silent(backend: WatchdogBackend, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        backend.watch(str(tmp_path / name))
    backend.unwatch(str(tmp_path / "one"))
    backend.unwatch("/never/watched")
    write(tmp_path / "one" / "a.py")
    write(tmp_path / "two" / "a.py")
    assert wait_for(backend, tmp_path / "two" / "a.py") == {str(tmp_path / "two" / "a.py")}


def test_a_directory_that_is_deleted_can_be_watched_again(
    backend: WatchdogBackend, tmp_path: Path
) -> None:
    """A branch switch takes folders away and brings them back."""
    folder = tmp_path / "package"
    folder.mkdir()
    path = folder / "a.py"
    backend.watch(str(folder))
    write(path)
    wait_for(backend, path)
    path.unlink()
    folder.rmdir()
    backend.unwatch(str(folder))
    folder.mkdir()
    backend.watch(str(folder))
    backend.hints()
    write(path)
    wait_for(backend, path)


def test_a_directory_that_is_not_there_is_refused(backend: WatchdogBackend, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        backend.watch(str(tmp_path / "nowhere"))
    # The next one is not hindered.
    backend.watch(str(tmp_path))
    write(tmp_path / "a.py")
    wait_for(backend, tmp_path / "a.py")


def test_reading_a_file_is_no_hint(backend: WatchdogBackend, tmp_path: Path) -> None:
    """A watcher that reads what changed would otherwise wake itself for ever."""
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    backend.watch(str(tmp_path))
    path.read_text()
    os.listdir(tmp_path)
    write(tmp_path / "b.py")
    assert wait_for(backend, tmp_path / "b.py") == {str(tmp_path / "b.py")}


def test_no_hint_is_there_before_anything_happened(backend: WatchdogBackend) -> None:
    assert backend.hints() == set()
    assert not readable(backend.fileno(), timeout_s=0)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_its_queue_is_not_inherited(backend: WatchdogBackend, tmp_path: Path) -> None:
    """watchdog opens it without close-on-exec: every run but the first had it."""
    backend.watch(str(tmp_path))
    queues = [fd for fd in map(int, os.listdir("/proc/self/fd")) if is_queue(fd)]
    assert queues
    assert [fd for fd in queues if os.get_inheritable(fd)] == []


def is_queue(fd: int) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:inotify"
    except OSError:
        return False  # that of the listing itself


def test_it_has_a_name_for_the_user(backend: WatchdogBackend) -> None:
    assert backend.name in ("inotify", "fsevents", "kqueue", "file events")


def test_it_does_not_talk(backend: WatchdogBackend, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("watchdog.observers").error("something odd")
    assert capfd.readouterr() == ("", "")


def test_a_link_to_a_directory_is_watched_where_it_leads(
    backend: WatchdogBackend, tmp_path: Path
) -> None:
    """Version 7 of watchdog otherwise watches the link, and nothing ever comes."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    backend.watch(str(tmp_path / "link"))
    write(tmp_path / "real" / "a.py")
    wait_for(backend, tmp_path / "link" / "a.py")


def test_it_is_remembered_when_an_event_came_wanted_or_not(
    backend: WatchdogBackend, tmp_path: Path
) -> None:
    backend.watch(str(tmp_path))
    before = time.monotonic()
    write(tmp_path / "b.log")
    until(lambda: backend.heard_at(str(tmp_path / "b.log")) >= before)
    assert backend.heard_at(str(tmp_path / "a.py")) == 0


def test_a_thread_that_fails_is_known_and_shows_no_traceback(
    backend: WatchdogBackend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        backend.watch(str(tmp_path / name))
    assert backend.dead() == set()
    (emitter,) = (one for one in backend._observer.emitters if one.watch.path.endswith("one"))
    setattr(emitter, "queue_event", _torn)  # noqa: B010  # a fault inside watchdog
    write(tmp_path / "one" / "a.py")
    until(lambda: backend.dead() == {str(tmp_path / "one")}, describe=backend.dead)
    assert backend.failure(str(tmp_path / "one")) == "ValueError: torn"
    assert backend.failure(str(tmp_path / "two")) == backend.failure() == ""
    assert readable(backend.fileno())
    assert capfd.readouterr() == ("", "")
    # Given up and subscribed again, it works again.
    backend.unwatch(str(tmp_path / "one"))
    backend.watch(str(tmp_path / "one"))
    assert backend.dead() == set()
    backend.hints()
    write(tmp_path / "one" / "a.py")
    wait_for(backend, tmp_path / "one" / "a.py")


def _torn(*_: object) -> None:
    raise ValueError("torn")


def test_the_thread_of_a_deleted_directory_counts_as_dead(
    backend: WatchdogBackend, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    backend.watch(str(tmp_path / "one"))
    (tmp_path / "one").rmdir()
    until(lambda: backend.dead() == {str(tmp_path / "one")}, describe=backend.dead)
    assert backend.failure(str(tmp_path / "one")) == ""


def test_failures_of_other_threads_are_not_ours(
    backend: WatchdogBackend, capfd: pytest.CaptureFixture[str]
) -> None:
    other = threading.Thread(target=_torn)
    # What pytest makes of it is not the point: that hook is asked as if we were not there.
    asked: list[object] = []
    backend._excepthook = asked.append
    other.start()
    other.join()
    assert len(asked) == 1
    assert backend.failure() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="inotify's queue")
def test_an_overflow_is_known(tmp_path: Path) -> None:
    """The reader stands still, as on a busy machine, until the kernel has dropped events."""
    from watchdog.observers import inotify_c

    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 200_000:
        pytest.skip(f"max_queued_events is {limit}")
    owner: Any = getattr(inotify_c, "InotifyFD", None) or getattr(inotify_c, "Inotify", None)
    with running(lambda path: path.endswith("last.py")) as backend:
        backend.watch(str(tmp_path))
        paths = [tmp_path / "a.log", tmp_path / "b.log"]
        for path in paths:
            path.touch()
        assert not backend.has_lost()
        go_on = threading.Event()
        parse = owner._parse_event_buffer

        def waits(buffer: bytes) -> object:
            assert go_on.wait(60)
            return parse(buffer)

        owner._parse_event_buffer = staticmethod(waits)
        try:
            for number in range(limit + 10_000):  # one buffer holds some 2,600
                os.utime(paths[number % 2])
        finally:
            owner._parse_event_buffer = staticmethod(parse)
            go_on.set()
        until(backend.has_lost)
        assert not backend.has_lost()


NO_THREAD = """
import os, resource, sys, threading
from autoreload.watch.backends import WatchdogBackend

backend = WatchdogBackend(lambda path: True)
backend.watch(sys.argv[1])
threading.stack_size(1 << 30)
used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 29), -1))
try:
    backend.watch(sys.argv[2])
except OSError as error:
    print(error.strerror, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the size is read as Linux tells it")
def test_a_thread_that_cannot_be_had_is_a_limit_too(tmp_path: Path) -> None:
    """watchdog takes one for each directory; of very many folders autorun ended by a traceback."""
    (tmp_path / "other").mkdir()
    said = output(NO_THREAD, str(tmp_path), str(tmp_path / "other"))
    assert said == "can't start new thread\n"
