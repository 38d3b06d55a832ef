"""What keeps a process from being forked, each with its reason."""

import pytest

from autoreload.core.forking import Descriptor, Facts, native_refusal, refusal

READ, WRITE, APPEND = 0, 1, 0o2001


def test_nothing_speaks_against_a_quiet_process() -> None:
    assert refusal(Facts()) == ""


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(is_main_thread=False), "it was not the main thread that imported"),
        (Facts(threads=1), "1 thread runs beside it"),
        (Facts(threads=2), "2 threads run beside it"),
        (Facts(patched="gevent"), "gevent has replaced the threads"),
        (Facts(tracer="coverage"), "coverage looks on"),
        (Facts(has_loop=True), "an event loop runs"),
        (Facts(has_timer=True), "a timer is set"),
        (Facts(children=[7]), "its child 7 lives"),
        (Facts(maps=["/dev/shm/x"]), "/dev/shm/x is mapped shared"),
        (Facts(maps=[""]), "memory is mapped shared"),
        (Facts(resident=3 << 30), "it is too large for copies (3072 MB)"),
        (Facts(resident=100 << 20, available=150 << 20), "it is too large for copies (100 MB)"),
    ],
)
def test_each_rule_has_its_reason(facts: Facts, reason: str) -> None:
    assert refusal(facts) == reason


@pytest.mark.parametrize(
    ("descriptor", "reason"),
    [
        (Descriptor(9, "socket:[11]"), "a socket is open (descriptor 9)"),
        (Descriptor(9, "anon_inode:[eventpoll]"), "an epoll set is open (descriptor 9)"),
        (Descriptor(9, "anon_inode:inotify"), "an inotify instance is open (descriptor 9)"),
        (Descriptor(9, "anon_inode:[io_uring]"), "an io_uring is open (descriptor 9)"),
        (Descriptor(9, "pipe:[5]"), "a pipe is open (descriptor 9)"),
        (Descriptor(9, "/dev/nvidia0"), "/dev/nvidia0 is open"),
        (Descriptor(9, "/a.db", flags=2, is_file=True), "/a.db is open for writing"),
        (
            Descriptor(9, "/a.log", flags=APPEND, is_file=True),
            "/a.log is open for writing",
        ),
        (Descriptor(9, "/a.pid", is_file=True, is_locked=True), "/a.pid is locked"),
        (
            Descriptor(9, "/a.csv", flags=READ, position=4, is_file=True),
            "/a.csv is open and has been read from",
        ),
    ],
)
def test_what_two_processes_would_share(descriptor: Descriptor, reason: str) -> None:
    assert refusal(Facts(descriptors=[descriptor])) == reason


@pytest.mark.parametrize(
    "descriptor",
    [
        Descriptor(9, "/dev/null", flags=WRITE),
        Descriptor(9, "/dev/urandom"),
        Descriptor(9, "/a.zip", is_file=True),
        Descriptor(9, "/a.log", flags=APPEND, position=80, is_file=True, is_flushed=True),
        Descriptor(9, "/home/me"),
    ],
)
def test_what_they_may_share(descriptor: Descriptor) -> None:
    assert refusal(Facts(descriptors=[descriptor])) == ""


def test_a_refusal_says_what_would_make_it_warm() -> None:
    found = refusal(Facts(threads=1))
    assert found.kind == "thread"
    assert found.cure.startswith("start it when the program starts its work")
    assert refusal(Facts()).cure == ""


def test_native_threads_that_outlive_a_trial_forbid_it() -> None:
    assert native_refusal([]) == ""
    assert native_refusal(["jemalloc_bg_thd"]) == ""
    assert native_refusal(["jemalloc_bg_thd", "omp"]) == "a native thread runs beside it (omp)"
    assert native_refusal(["a", "b"]) == "2 native threads run beside it (a)"
