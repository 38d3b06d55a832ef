"""Who is told what the app writes: bounds, gaps and marks, where nobody reads or nothing fits."""

import json
import os
import re
from pathlib import Path

from autoreload.core import wording_records as words
from autoreload.outer.journal import Journal
from autoreload.outer.takers import MOST_LATE, MOST_WAITING, Feed, Log, Telling, Through
from autoreload.system.outlet import Outlet
from tests.children import output


def at_file(path: Path) -> Outlet:
    return Outlet(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "the log")


def test_output_is_numbered_and_not_kept() -> None:
    journal = Journal()
    all_of_it: list[str] = []
    events: list[str] = []
    journal.listen(lambda entry: all_of_it.append(f"{entry.seq} {entry.event}"))
    journal.follow(lambda entry: events.append(f"{entry.seq} {entry.event}"))
    journal.add("start")
    journal.output("stdout", "x\n")
    journal.add("stopping")
    assert all_of_it == ["1 start", "2 output", "3 stopping"]
    assert events == ["1 start", "3 stopping"]
    assert [entry.seq for entry in journal.entries()] == [1, 3]


def test_whoever_stands_for_the_stream_is_waited_for() -> None:
    reading, writing = os.pipe()
    through = Through(outlet := Outlet(writing, "stdout"), "stdout")
    through.take("stderr", b"not its own")
    assert not through.is_full
    through.take("stdout", bytes(MOST_WAITING + (1 << 20)))
    assert through.is_full
    os.close(reading)
    outlet.flush()
    assert not through.is_full, "who is gone takes anything"
    outlet.close()


def test_events_that_nobody_reads_are_lost_beyond_a_bound() -> None:
    reading, writing = os.pipe()
    feed = Feed(outlet := Outlet(writing, "x"), alone=False)
    journal = Journal()
    journal.listen(feed.hear)
    while not outlet.trouble:
        journal.add("warning", text="x" * 10_000)
    assert outlet.trouble == words.NOT_READ
    assert MOST_LATE < len(outlet.left) < MOST_LATE + 20_000
    assert not feed.is_full, "the app is not held up"
    data = b""
    while outlet.left:
        data += os.read(reading, 1 << 20)
        outlet.flush()
    journal.add("stopping")
    outlet.close(1)
    os.set_blocking(reading, False)
    while part := os.read(reading, 1 << 20):
        data += part
    numbers = [json.loads(line)["seq"] for line in data.splitlines()]
    assert numbers[:3] == [1, 2, 3]
    assert numbers[-1] == numbers[-2] + 2, "the number tells that one is missing"
    os.close(reading)


def test_a_gap_in_a_log_is_marked(tmp_path: Path) -> None:
    """By a limit of the size of files, which can be raised."""
    path = tmp_path / "log"
    output(
        """
        import os, resource, sys
        from autoreload.outer.takers import Log
        from autoreload.system.outlet import Outlet
        log = Log(Outlet(os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), "x"), "app")
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (8, most))
        log.take("stdout", b"12345\\n")
        log.take("stdout", b"abcdef\\n")
        log.take("stdout", b"ghi\\n")
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        log.take("stdout", b"after\\n")
        log.say(b"ours\\n")
        """,
        str(path),
    )
    gap = "--- 9 bytes are missing here: File too large ---"
    assert path.read_text() == f"12345\nab\n{gap}\nafter\nours\n"


def test_a_log_of_ours_is_shortened(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = Log(outlet := at_file(path), "app.py", keep=100)
    for number in range(200):
        log.take("stdout", b"line %03d\n" % number)
    text = path.read_text()
    assert len(text) <= 900
    first = r"--- what stood here before is gone: the log had 8\d\d bytes ---\nline \d+\n"
    assert re.match(first, text)
    assert text.endswith("line 198\nline 199\n")
    outlet.close()


def test_our_lines_begin_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = Log(outlet := at_file(path), "app.py")
    log.take("stdout", b"half")
    log.say(b"ours\n")
    log.take("stdout", b"whole\n")
    log.say(b"ours\n")
    assert path.read_text() == "half\nours\nwhole\nours\n"
    outlet.close()


def test_half_a_line_is_told_in_time() -> None:
    journal = Journal()
    texts: list[object] = []
    journal.listen(lambda entry: texts.append(entry.fields["text"]))
    telling = Telling(journal)
    assert telling.timeouts(0) == []
    telling.take("stdout", b"one\ntwo")
    assert texts == ["one\n"]
    (due,) = telling.timeouts(0)
    telling.look(due - 0.001)
    assert texts == ["one\n"]
    telling.look(due)
    assert (texts, telling.timeouts(0)) == (["one\n", "two"], [])
    telling.take("stderr", b"three")
    telling.finish()
    assert texts == ["one\n", "two", "three"]


def test_a_line_without_end_is_told_in_parts() -> None:
    journal = Journal()
    texts: list[str] = []
    journal.listen(lambda entry: texts.append(str(entry.fields["text"])))
    telling = Telling(journal)
    for _ in range(10):
        telling.take("stdout", b"x" * (MOST_WAITING // 2))
    assert len(texts) >= 3
    telling.finish()
    assert sum(map(len, texts)) == 5 * MOST_WAITING
