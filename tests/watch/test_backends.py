"""Hints for real saves, by every backend, and what watchdog does not say by itself."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autoreload.watch import queue
from autoreload.watch.backends import opened
from autoreload.watch.observer import WatchdogBackend
from autoreload.watch.queue import InotifyBackend
from tests.children import output
from tests.waiting import readable, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autoreload.watch.backends import Backend, Kind

KINDS: list[Kind] = ["inotify", "watchdog"] if sys.platform == "linux" else ["watchdog"]


@contextmanager
def running(kind: Kind, is_wanted: Callable[[str], bool]) -> Iterator[Backend]:
    backend = opened(kind, is_wanted)
    try:
        yield backend
    finally:
        backend.stop()
        if isinstance(backend, WatchdogBackend):
            # It lives as long as the outer, which does not wait for its threads.
            backend._observer.join()
            os.close(backend._read)
            os.close(backend._write)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def backend(kind: Kind) -> Iterator[Backend]:
    with running(kind, lambda path: path.endswith(".py")) as made:
        yield made


@pytest.fixture
def watchdog() -> Iterator[WatchdogBackend]:
    with running("watchdog", lambda path: path.endswith(".py")) as made:
        assert isinstance(made, WatchdogBackend)
        yield made


@pytest.fixture
def inotify() -> Iterator[InotifyBackend]:
    if sys.platform != "linux":
        pytest.skip("Linux's own")
    with running("inotify", lambda path: path.endswith(".py")) as made:
        assert isinstance(made, InotifyBackend)
        yield made


def wait_for(backend: Backend, path: Path) -> set[str]:
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
    backend: Backend, tmp_path: Path, save: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    backend.watch(str(tmp_path))
    save(path)
    assert wait_for(backend, path) == {str(path)}


def test_a_file_that_comes_is_a_hint(backend: Backend, tmp_path: Path) -> None:
    backend.watch(str(tmp_path))
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    wait_for(backend, path)


def test_a_file_that_is_moved_in_is_a_hint(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    (tmp_path / "a.py").write_text("x = 1\n")
    backend.watch(str(tmp_path / "watched"))
    path = (tmp_path / "a.py").rename(tmp_path / "watched" / "a.py")
    wait_for(backend, path)


def test_what_is_unwanted_is_no_hint(kind: Kind, tmp_path: Path) -> None:
    asked: list[str] = []

    def is_wanted(path: str) -> bool:
        asked.append(path)
        return path.endswith(".py")

    with running(kind, is_wanted) as backend:
        backend.watch(str(tmp_path))
        unwanted = str(tmp_path / "b.log")
        write(Path(unwanted))
        found: set[str] = set()

        def is_asked() -> bool:
            found.update(backend.hints())
            return unwanted in asked

        until(is_asked, describe=lambda: asked)
        assert found == backend.hints() == set()
        assert not readable(backend.fileno(), timeout_s=0)
        write(tmp_path / "a.py")
        assert wait_for(backend, tmp_path / "a.py") == {str(tmp_path / "a.py")}


def test_a_directory_is_watched_alone(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    backend.watch(str(tmp_path))
    write(tmp_path / "below" / "a.py")
    write(tmp_path / "b.py")
    assert wait_for(backend, tmp_path / "b.py") == {str(tmp_path / "b.py")}
    # What is below can be watched for itself.
    backend.watch(str(tmp_path / "below"))
    write(tmp_path / "below" / "a.py")
    wait_for(backend, tmp_path / "below" / "a.py")


def test_a_directory_that_is_given_up_is_silent(backend: Backend, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        backend.watch(str(tmp_path / name))
    backend.unwatch(str(tmp_path / "one"))
    backend.unwatch("/never/watched")
    write(tmp_path / "one" / "a.py")
    write(tmp_path / "two" / "a.py")
    assert wait_for(backend, tmp_path / "two" / "a.py") == {str(tmp_path / "two" / "a.py")}


def test_a_directory_that_is_deleted_can_be_watched_again(backend: Backend, tmp_path: Path) -> None:
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


def test_a_directory_that_is_not_there_is_refused(backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        backend.watch(str(tmp_path / "nowhere"))
    # The next one is not hindered.
    backend.watch(str(tmp_path))
    write(tmp_path / "a.py")
    wait_for(backend, tmp_path / "a.py")


def test_reading_a_file_is_no_hint(backend: Backend, tmp_path: Path) -> None:
    """A watcher that reads what changed would otherwise wake itself for ever."""
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    backend.watch(str(tmp_path))
    path.read_text()
    os.listdir(tmp_path)
    write(tmp_path / "b.py")
    assert wait_for(backend, tmp_path / "b.py") == {str(tmp_path / "b.py")}


def test_no_hint_is_there_before_anything_happened(backend: Backend) -> None:
    assert backend.hints() == set()
    assert not readable(backend.fileno(), timeout_s=0)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_its_queue_is_not_inherited(backend: Backend, tmp_path: Path) -> None:
    """watchdog opens one without close-on-exec: every run but the first had it."""
    backend.watch(str(tmp_path))
    queues = [fd for fd in map(int, os.listdir("/proc/self/fd")) if is_queue(fd)]
    assert queues
    assert [fd for fd in queues if os.get_inheritable(fd)] == []


def is_queue(fd: int) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:inotify"
    except OSError:
        return False  # that of the listing itself


def test_it_has_a_name_for_the_user(backend: Backend) -> None:
    assert backend.name in ("inotify", "fsevents", "kqueue", "file events")


def test_it_does_not_talk(watchdog: WatchdogBackend, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("watchdog.observers").error("something odd")
    assert capfd.readouterr() == ("", "")


def test_a_link_to_a_directory_is_watched_where_it_leads(backend: Backend, tmp_path: Path) -> None:
    """Version 7 of watchdog otherwise watches the link, and nothing ever comes."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    backend.watch(str(tmp_path / "link"))
    write(tmp_path / "real" / "a.py")
    wait_for(backend, tmp_path / "link" / "a.py")


def test_it_is_remembered_when_an_event_came_wanted_or_not(
    backend: Backend, tmp_path: Path
) -> None:
    backend.watch(str(tmp_path))
    before = time.monotonic()
    write(tmp_path / "b.log")
    until(lambda: not backend.hints() and backend.heard_at(str(tmp_path / "b.log")) >= before)
    assert backend.heard_at(str(tmp_path / "a.py")) == 0


def test_a_thread_that_fails_is_known_and_shows_no_traceback(
    watchdog: WatchdogBackend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        watchdog.watch(str(tmp_path / name))
    assert watchdog.dead() == set()
    (emitter,) = (one for one in watchdog._observer.emitters if one.watch.path.endswith("one"))
    setattr(emitter, "queue_event", _torn)  # noqa: B010  # a fault inside watchdog
    write(tmp_path / "one" / "a.py")
    until(lambda: watchdog.dead() == {str(tmp_path / "one")}, describe=watchdog.dead)
    assert watchdog.failure(str(tmp_path / "one")) == "ValueError: torn"
    assert watchdog.failure(str(tmp_path / "two")) == watchdog.failure() == ""
    assert readable(watchdog.fileno())
    assert capfd.readouterr() == ("", "")
    # Given up and subscribed again, it works again.
    watchdog.unwatch(str(tmp_path / "one"))
    watchdog.watch(str(tmp_path / "one"))
    assert watchdog.dead() == set()
    watchdog.hints()
    write(tmp_path / "one" / "a.py")
    wait_for(watchdog, tmp_path / "one" / "a.py")


def _torn(*_: object) -> None:
    raise ValueError("torn")


def test_a_deleted_directory_counts_as_dead(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    backend.watch(str(tmp_path / "one"))
    assert backend.dead() == set()
    (tmp_path / "one").rmdir()
    is_dead = lambda: not backend.hints() and backend.dead() == {str(tmp_path / "one")}  # noqa: E731
    until(is_dead, describe=backend.dead)
    assert backend.failure(str(tmp_path / "one")) == ""


def test_failures_of_other_threads_are_not_ours(
    watchdog: WatchdogBackend, capfd: pytest.CaptureFixture[str]
) -> None:
    other = threading.Thread(target=_torn)
    # What pytest makes of it is not the point: that hook is asked as if we were not there.
    asked: list[object] = []
    watchdog._excepthook = asked.append
    other.start()
    other.join()
    assert len(asked) == 1
    assert watchdog.failure() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="inotify's queue")
def test_an_overflow_is_known_by_watchdog(tmp_path: Path) -> None:
    """The reader stands still, as on a busy machine, until the kernel has dropped events."""
    from watchdog.observers import inotify_c

    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 200_000:
        pytest.skip(f"max_queued_events is {limit}")
    owner: Any = getattr(inotify_c, "InotifyFD", None) or getattr(inotify_c, "Inotify", None)
    with running("watchdog", lambda path: path.endswith("last.py")) as backend:
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
from autoreload.watch.observer import WatchdogBackend

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


# --- the kernel's own queue ----------------------------------------------------------------------


def test_a_full_queue_is_known(inotify: InotifyBackend, tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 200_000:
        pytest.skip(f"max_queued_events is {limit}")
    inotify.watch(str(tmp_path))
    paths = [tmp_path / "a.log", tmp_path / "b.log"]
    for path in paths:
        path.touch()
    assert not inotify.has_lost()
    for number in range(limit + 1_000):
        os.utime(paths[number % 2])
    assert inotify.hints() == set()
    assert inotify.has_lost()
    assert not inotify.has_lost()
    write(tmp_path / "a.py")
    wait_for(inotify, tmp_path / "a.py")


def test_a_directory_of_two_names_tells_of_both(inotify: InotifyBackend, tmp_path: Path) -> None:
    """The kernel has one watch for it, and gives the same number a second time."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for name in ("real", "link"):
        inotify.watch(str(tmp_path / name))
    write(tmp_path / "real" / "a.py")
    both = {str(tmp_path / name / "a.py") for name in ("real", "link")}
    assert inotify.hints() == both
    inotify.unwatch(str(tmp_path / "real"))
    append(tmp_path / "real" / "a.py")
    assert inotify.hints() == {str(tmp_path / "link" / "a.py")}
    inotify.unwatch(str(tmp_path / "link"))
    append(tmp_path / "real" / "a.py")
    assert inotify.hints() == set()


def test_a_directory_that_is_moved_counts_as_dead(inotify: InotifyBackend, tmp_path: Path) -> None:
    """Its events would be told under a name that is another one's, or nobody's."""
    (tmp_path / "one").mkdir()
    inotify.watch(str(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "two")
    assert inotify.hints() == set()
    assert inotify.dead() == {str(tmp_path / "one")}
    inotify.unwatch(str(tmp_path / "one"))
    assert inotify.dead() == set()


def test_a_writer_that_has_begun_is_waited_for(
    inotify: InotifyBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise half a file would be looked at: nothing is between its events and us."""
    inotify.watch(str(tmp_path))
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    assert inotify.hints() == {str(path)}
    waits: list[float] = []
    with path.open("w") as file:

        def closes(_: object, timeout_s: float) -> None:
            waits.append(timeout_s)
            file.close()

        monkeypatch.setattr(queue, "wait", closes)
        assert inotify.hints() == {str(path)}
    assert len(waits) == 1
    assert inotify.hints() == set()
    # What is whole is not waited for.
    path.write_text("x = 2\n")
    os.utime(path, (1, 1))
    assert inotify.hints() == {str(path)}
    assert len(waits) == 1


def test_a_writer_that_does_not_close_is_not_waited_for_any_longer(
    inotify: InotifyBackend, tmp_path: Path
) -> None:
    inotify.watch(str(tmp_path))
    path = tmp_path / "a.py"
    with path.open("w") as file:
        file.write("x = 1\n")
        file.flush()
        assert inotify.hints() == {str(path)}
    assert inotify.hints() == {str(path)}


def test_it_has_no_thread_and_needs_no_watchdog() -> None:
    said = output(
        "import sys, threading\n"
        "from autoreload.watch.backends import opened\n"
        "backend = opened('auto', lambda path: True)\n"
        "print(backend.name, threading.active_count(), 'watchdog' in sys.modules)"
    )
    assert said == ("inotify 1 False\n" if sys.platform == "linux" else said)
