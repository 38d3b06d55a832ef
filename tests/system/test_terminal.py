"""Colour, the voice on real pipes, and the modes of a real terminal."""

import os
import socket
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core.wording import Line
from autoreload.system.terminal import MOST_LATE, Voice, wants_colour
from tests.children import on_terminal, run
from tests.waiting import readable


@pytest.mark.parametrize(
    ("choice", "environment", "is_terminal", "expected"),
    [
        ("always", {}, False, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "0"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "3"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("auto", {"FORCE_COLOR": "false"}, True, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
        ("auto", {"FORCE_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ("auto", {"PYTHON_COLORS": "0", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"PYTHON_COLORS": "1", "NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"PYTHON_COLORS": "", "NO_COLOR": "1"}, True, False),
        ("never", {"PYTHON_COLORS": "1"}, True, False),
        ("auto", {"CI": "true"}, True, True),
        ("auto", {"CI": "true"}, False, False),
        ("auto", {"TERM": "xterm"}, True, True),
        ("auto", {"TERM": "xterm"}, False, False),
    ],
)
def test_colour(
    choice: str, environment: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert wants_colour(choice, environment, is_terminal=is_terminal) == expected


@pytest.fixture
def packets() -> Iterator[tuple[int, socket.socket]]:
    """A descriptor to write to, and a socket that gives one write at a time."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setblocking(False)
        yield theirs.fileno(), ours


def test_lines_are_said_by_one_write(packets: tuple[int, socket.socket]) -> None:
    fd, heard = packets
    Voice(colour=False, fd=fd).say(Line("a.py changed"), Line("second", "bad"))
    assert heard.recv(4096) == b"[autorun] a.py changed\n[autorun] second\n"
    with pytest.raises(BlockingIOError):
        heard.recv(1)


@pytest.mark.parametrize(
    ("tone", "text"),
    [
        ("plain", "hello"),
        ("good", "\x1b[32mhello\x1b[0m"),
        ("held", "\x1b[33mhello\x1b[0m"),
        ("bad", "\x1b[31mhello\x1b[0m"),
        ("dim", "\x1b[2mhello\x1b[0m"),
    ],
)
def test_tones_are_colours(packets: tuple[int, socket.socket], tone: str, text: str) -> None:
    fd, heard = packets
    Voice(colour=True, fd=fd).say(Line("hello", tone))
    assert heard.recv(4096).decode() == f"\x1b[2;36m[autorun]\x1b[0m {text}\n"


def test_a_name_that_is_no_text_is_shown(packets: tuple[int, socket.socket]) -> None:
    fd, heard = packets
    Voice(colour=False, fd=fd).say(Line("\udcff/é.py"))
    assert heard.recv(4096).decode() == "[autorun] \\udcff/é.py\n"


def test_only_a_terminal_is_cleared(packets: tuple[int, socket.socket]) -> None:
    fd, heard = packets
    Voice(colour=True, fd=fd).clear()
    with pytest.raises(BlockingIOError):
        heard.recv(1)
    ours, theirs = os.openpty()
    try:
        Voice(colour=False, fd=theirs).clear()
        assert os.read(ours, 100) == b"\x1b[H\x1b[2J"
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture
def full() -> Iterator[tuple[int, int, int]]:
    """A pipe that takes nothing more: the end to read, the end to write, and how much is in it."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    size = 0
    try:
        while True:
            size += os.write(write, b"." * 4096)
    except BlockingIOError:
        pass
    yield read, write, size
    os.close(write)
    os.close(read)


def test_a_full_pipe_gets_the_whole_text_as_soon_as_somebody_reads(
    full: tuple[int, int, int],
) -> None:
    read, write, size = full
    text = "".join(f"line {number}\n" for number in range(20_000))
    speaker = threading.Thread(target=Voice(colour=False, fd=write).write, args=(text,))
    speaker.start()
    taken = b""
    while len(taken) < size + len(text):
        assert readable(read), f"only {len(taken)} bytes came"
        taken += os.read(read, 1 << 16)
    speaker.join()
    assert taken[size:].decode() == text


@pytest.mark.parametrize("waits", [True, False])
def test_a_pipe_that_nobody_reads_does_not_keep_us(full: tuple[int, int, int], waits: bool) -> None:
    """Whether the app, which shares it, writes to it with waiting or without."""
    read, write, size = full
    os.set_blocking(write, waits)
    voice = Voice(colour=False, fd=write)
    for number in range(20):
        voice.say(Line(f"line {number}"))
    assert voice.is_late
    assert os.get_blocking(write) == waits
    taken = 0
    while taken < size:
        taken += len(os.read(read, size - taken))
    voice.flush()
    assert not voice.is_late
    expected = "".join(f"[autorun] line {number}\n" for number in range(20))
    assert os.read(read, 1 << 16).decode() == expected, "late, and all of it"
    voice.close()


def test_for_a_reader_that_never_reads_not_everything_is_kept(full: tuple[int, int, int]) -> None:
    _, write, _ = full
    voice = Voice(colour=False, fd=write)
    text = "." * (MOST_LATE // 4) + "\n"
    for _ in range(100):
        voice.write(text)
    assert len(voice._late) < 2 * MOST_LATE
    voice.close()
    voice.say(Line("after the end"))
    assert not voice.is_late


def test_a_socket_that_nobody_reads_does_not_keep_us() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        voice = Voice(colour=False, fd=theirs.fileno())
        voice.write("." * (1 << 24))
        assert voice.is_late
        assert theirs.getblocking()
        voice.close()


def test_a_terminal_that_was_stopped_does_not_keep_us() -> None:
    """Ctrl-S: nothing is shown until Ctrl-Q, and then all of it."""
    ours, theirs = os.openpty()
    try:
        termios.tcflow(theirs, termios.TCOOFF)
        voice = Voice(colour=False, fd=theirs)
        voice.say(Line("one"))
        voice.say(Line("two"))
        assert voice.is_late
        assert not readable(ours, timeout_s=0)
        termios.tcflow(theirs, termios.TCOON)
        voice.flush()
        assert not voice.is_late
        assert os.read(ours, 100) == b"[autorun] one\r\n[autorun] two\r\n"
        voice.close()
    finally:
        os.close(ours)
        os.close(theirs)


def test_without_stderr_nothing_is_written_to_what_has_its_number() -> None:
    """Python opens nothing in the place of a closed stderr; the next file gets its number."""
    code = """
        import os, sys
        sys.path.insert(0, os.environ["PYTHONPATH"])
        if sys.argv[1:] == ["closed"]:
            read, write = os.pipe()
            os.set_blocking(read, False)
            assert 2 in (read, write), (read, write)
            from autoreload.core.wording import Line
            from autoreload.system.terminal import Voice, say_plainly
            voice = Voice(colour=False)
            voice.say(Line("lost"))
            say_plainly("lost")
            voice.close()
            try:
                print("wrote", os.read(read, 100))
            except BlockingIOError:
                print("silent")
        else:
            os.close(2)
            os.execv(sys.executable, [*sys.orig_argv, "closed"])
    """
    done = run(code)
    assert (done.code, done.out) == (0, "silent\n")


def test_a_regular_file_is_written_where_the_app_writes(tmp_path: Path) -> None:
    """Opened once more it would be written from its beginning."""
    with (tmp_path / "log").open("wb") as log:
        voice = Voice(colour=False, fd=log.fileno())
        os.write(log.fileno(), b"app\n")
        voice.say(Line("ours"))
        os.write(log.fileno(), b"app\n")
        voice.close()
    assert (tmp_path / "log").read_text() == "app\n[autorun] ours\napp\n"


def test_a_pipe_that_is_closed_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    Voice(colour=False, fd=write).say(Line("lost"))
    os.close(write)
    Voice(colour=False, fd=write).say(Line("lost"))


def test_what_was_typed_wrongly_is_said_on_stderr() -> None:
    code = """
        from autoreload.system.terminal import say_plainly, show
        say_plainly("no module named 'a'")
        show("  as it stands")
    """
    assert run(code) == (0, "", "autorun: no module named 'a'\n  as it stands\n")


MODES = """
    import os, signal, sys, termios, tty
    from autoreload.system.terminal import Modes
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    modes = Modes()
    before = termios.tcgetattr(0)
    {break_it}
    assert {is_broken}
    print("broken")
    modes.restore()
    assert termios.tcgetattr(0) == before
    assert [os.get_blocking(fd) for fd in (0, 1, 2)] == [True] * 3
    print("restored")
"""


def script(break_it: str, is_broken: str) -> str:
    return MODES.format(break_it=break_it, is_broken=is_broken)


@pytest.mark.parametrize(
    ("break_it", "is_broken"),
    [
        ("tty.setraw(0)", "termios.tcgetattr(0) != before"),
        ("os.set_blocking(0, False)", "not os.get_blocking(2)"),
        ("tty.setcbreak(0); os.set_blocking(1, False)", "not os.get_blocking(0)"),
        ("pass", "True"),
    ],
)
def test_the_modes_come_back(break_it: str, is_broken: str) -> None:
    with on_terminal(script(break_it, is_broken)) as (child, _):
        assert child.line() == "broken"
        assert child.line() == "restored"
        assert child.wait() == 0


def test_an_app_that_died_in_raw_mode_leaves_a_terminal_that_works() -> None:
    dying = (
        "pid = os.fork()\n"
        "    if not pid:\n"
        "        tty.setraw(0); os.set_blocking(0, False); os.kill(os.getpid(), 9)\n"
        "    os.waitpid(pid, 0)"
    )
    with on_terminal(script(dying, "termios.tcgetattr(0) != before")) as (child, terminal):
        assert child.line() == "broken"
        assert child.line() == "restored"
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
        assert child.wait() == 0


def test_the_background_may_give_the_modes_back() -> None:
    """Without SIGTTOU blocked the whole group would be stopped."""
    away = (
        "r, w = os.pipe()\n"
        "    if not (pid := os.fork()):\n"
        "        os.setpgid(0, 0); os.write(w, b'!'); signal.pause()\n"
        "    os.read(r, 1); tty.setraw(0); os.tcsetpgrp(0, pid)"
    )
    with on_terminal(script(away, "os.tcgetpgrp(0) != os.getpgrp()")) as (child, _):
        assert child.line() == "broken"
        assert child.line() == "restored"


@pytest.mark.skipif(sys.platform != "linux", reason="closes by number")
@pytest.mark.parametrize("closed", ["()", "(0,)", "(0, 1)"])
def test_without_a_terminal_nothing_is_touched(closed: str) -> None:
    code = f"""
        import os
        from autoreload.system.terminal import Modes
        for fd in {closed}:
            os.close(fd)
        modes = Modes()
        os.set_blocking(2, False)
        modes.restore()
        assert os.get_blocking(2)
    """
    done = run(code)
    assert (done.code, done.err) == (0, "")
