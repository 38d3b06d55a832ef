"""Hints of watchdog for real saves, and words for what the kernel refuses."""

import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoreload.watch.backends import WatchdogBackend, limit_reached
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


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "inotify limit reached (max_user_watches is "),
        (errno.EMFILE, "inotify limit reached (max_user_instances is "),
        (errno.EACCES, "no file events (Permission denied)"),
    ],
)
def test_a_limit_is_named(number: int, words: str) -> None:
    assert limit_reached(OSError(number, os.strerror(number))).startswith(words)


def test_an_error_without_a_number_is_named_too() -> None:
    assert limit_reached(OSError("something odd")) == "no file events (something odd)"
