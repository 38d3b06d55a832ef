"""The pair of sockets: real ends, real forks, and an end that goes away."""

import os
import select
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from autoreload.core import protocol
from autoreload.system import channel
from autoreload.system.channel import HIGH, Channel, ChannelClosed, pair, settle_high
from tests.children import output
from tests.waiting import until

linux = pytest.mark.skipif(sys.platform != "linux", reason="SOCK_SEQPACKET tells of the end")


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    ours, theirs = pair()
    inner = Channel(theirs)
    yield ours, inner
    ours.close()
    inner.close()


def taken(channel: Channel) -> list[protocol.Message]:
    """What can be received now."""
    found = []
    while (message := channel.receive()) is not None:
        found.append(message)
    return found


def taken_until_the_end(channel: Channel) -> list[protocol.Message]:
    found: list[protocol.Message] = []
    try:
        while message := channel.receive():
            found.append(message)
    except ChannelClosed:
        return found
    pytest.fail(f"no end after {found}")


Ends = tuple[Channel, Channel]


def test_a_message_arrives_with_its_sender(ends: Ends) -> None:
    outer, inner = ends
    assert outer.send("stop", restart=True)
    assert inner.wait(5)
    assert inner.receive() == protocol.Message("stop", os.getpid(), {"restart": True})
    assert inner.receive() is None
    assert not inner.wait(0)


def test_messages_stay_whole_and_in_order_in_both_directions(ends: Ends) -> None:
    outer, inner = ends
    for number in range(50):
        assert outer.send("look", number=number)
        assert inner.send("here", number=number, text="x" * number * 100)
    for end, word in ((inner, "look"), (outer, "here")):
        assert [(one.word, one.number("number")) for one in taken(end)] == [
            (word, number) for number in range(50)
        ]


def test_the_largest_packet_passes(ends: Ends) -> None:
    outer, inner = ends
    text = "x" * (protocol.LARGEST - 100)
    assert inner.send("usage", text=text)
    (message,) = taken(outer)
    assert message.text("text") == text


def test_what_a_full_socket_does_not_take_is_kept_and_flushed_in_order(ends: Ends) -> None:
    outer, inner = ends
    sent = 0
    while inner.send("loaded", number=sent, text="x" * 10_000):
        sent += 1
    kept = 25
    for number in range(sent + 1, sent + kept):
        assert not inner.send("loaded", number=number, text="x" * 10_000)
    assert not inner.flush()
    heard: list[float] = []
    while len(heard) < sent + kept:
        found = taken(outer)
        assert found, f"only {heard} came"
        heard += [message.number("number") for message in found]
        inner.flush()
    assert heard == list(range(sent + kept))
    assert inner.flush()
    assert inner.send("here")


@linux
def test_the_end_is_seen_after_the_last_message(ends: Ends) -> None:
    outer, inner = ends
    inner.send("called")
    inner.close()
    assert outer.wait(5)
    assert [message.word for message in taken_until_the_end(outer)] == ["called"]


@linux
def test_the_last_words_of_an_end_that_read_nothing_arrive(ends: Ends) -> None:
    """`restart` was lost when the inner ended before it had read a hint: the app stayed down."""
    outer, inner = ends
    outer.send("look")
    inner.send("restart", paths=["a.py"])
    inner.send("here")
    inner.close()
    assert [message.word for message in taken_until_the_end(outer)] == ["restart", "here"]


@linux
def test_nobody_to_send_to_is_told(ends: Ends) -> None:
    outer, inner = ends
    outer.close()
    with pytest.raises(ChannelClosed):
        inner.send("here")
    with pytest.raises(ChannelClosed):
        inner.flush()


def test_a_closed_descriptor_is_not_written_to(ends: Ends) -> None:
    _, inner = ends
    os.close(inner.fileno())
    assert not inner.is_ours()
    for use in (lambda: inner.send("here"), inner.receive):
        with pytest.raises(ChannelClosed):
            use()
    inner.close()


def test_a_replaced_descriptor_is_left_alone(ends: Ends) -> None:
    """Daemons close everything, and the file that they open next has our number."""
    _, inner = ends
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.dup2(write, inner.fileno())
    assert not inner.is_ours()
    for use in (lambda: inner.send("here"), inner.receive):
        with pytest.raises(ChannelClosed):
            use()
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    inner.close()
    os.write(inner.fileno(), b"still open")
    for fd in (read, write, inner.fileno()):
        os.close(fd)


def test_garbage_in_the_socket_is_no_message(ends: Ends) -> None:
    outer, inner = ends
    os.write(inner.fileno(), b"hello, world\n")
    inner.send("here")
    with pytest.raises(protocol.ProtocolError):
        outer.receive()
    assert [message.word for message in taken(outer)] == ["here"]


def test_threads_that_send_at_once_lose_and_change_nothing(ends: Ends) -> None:
    """Two threads that import at once met an empty list between two lines of `flush`."""
    outer, inner = ends
    threads, each = 8, 400

    def send(thread: int) -> None:
        for number in range(each):
            inner.send("loaded", thread=thread, number=number)

    heard: list[tuple[float, float]] = []

    def listen() -> bool:
        heard.extend((one.number("thread"), one.number("number")) for one in taken(outer))
        inner.flush()
        return len(heard) >= threads * each

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            sent = [pool.submit(send, thread) for thread in range(threads)]
            until(listen, describe=lambda: f"{len(heard)} messages came")
            for one in sent:
                one.result()
    finally:
        sys.setswitchinterval(interval)
    assert taken(outer) == []
    for thread in range(threads):
        assert [number for one, number in heard if one == thread] == list(range(each))


FORKS = """
    import os
    from autoreload.system.channel import Channel, pair
    outer, theirs = pair()
    inner = Channel(theirs)
    children = []
    for _ in range(3):
        if pid := os.fork():
            children.append(pid)
            continue
        for number in range(100):
            inner.send("loaded", number=number)
        os._exit(0)
    for number in range(100):
        inner.send("loaded", number=number)
    for pid in children:
        os.waitpid(pid, 0)
    heard = {}
    while message := outer.receive():
        heard.setdefault(message.pid, []).append(message.fields["number"])
    assert set(heard) == {os.getpid(), *children}
    assert all(numbers == list(range(100)) for numbers in heard.values()), heard
    print("well")
"""


def test_forks_share_an_end() -> None:
    assert output(FORKS) == "well\n"


BACKLOG = """
    import os
    from autoreload.system.channel import Channel, pair
    outer, theirs = pair()
    inner = Channel(theirs)
    sent = 1
    while inner.send("loaded", by="parent", text="x" * 10_000):
        sent += 1
    heard = []
    def listen():
        while message := outer.receive():
            heard.append((message.pid, message.fields["by"]))
    listen()
    if not (pid := os.fork()):
        assert inner.flush()
        assert inner.send("loaded", by="child")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert inner.flush()
    listen()
    assert heard == [(os.getpid(), "parent")] * (sent - 1) + [
        (pid, "child"), (os.getpid(), "parent")
    ], heard
    print("well")
"""


def test_what_was_kept_before_a_fork_is_sent_by_the_parent_alone() -> None:
    assert output(BACKLOG) == "well\n"


SENDING = """
    import os, threading
    from autoreload.system.channel import Channel, pair
    outer, theirs = pair()
    inner = Channel(theirs)
    inner._flushing.acquire()  # as a thread that is sending does at this moment
    assert not inner.send("loaded", by="parent")
    if not (pid := os.fork()):
        assert inner.send("loaded", by="child")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert outer.receive().fields["by"] == "child"
    print("well")
"""


def test_a_fork_during_a_send_can_send() -> None:
    assert output(SENDING) == "well\n"


def test_the_inner_end_moves_up_and_is_not_inherited(ends: Ends) -> None:
    outer, theirs = pair()
    os.set_inheritable(theirs, True)
    high = settle_high(theirs)
    try:
        assert high >= HIGH
        assert not os.get_inheritable(high)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(theirs)
        Channel(high).send("here")
        assert [message.word for message in taken(outer)] == ["here"]
    finally:
        os.close(high)
        outer.close()


FEW = """
    import os, resource
    from autoreload.system.channel import Channel, pair, settle_high
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    outer, theirs = pair()
    os.set_inheritable(theirs, True)
    assert settle_high(theirs) == theirs
    assert not os.get_inheritable(theirs)
    Channel(theirs).send("here")
    print(outer.receive().word)
"""


def test_where_few_descriptors_are_allowed_it_stays() -> None:
    assert output(FEW) == "here\n"


def test_an_end_can_be_waited_for_with_others(ends: Ends) -> None:
    outer, inner = ends
    inner.send("here")
    assert select.select([outer], [], [], 5)[0] == [outer]


# --- descriptors and answers ----------------------------------------------------------------------


def descriptors() -> set[str]:
    """What is open, without the descriptor that the look itself takes."""
    return {one for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")}


@contextmanager
def answering(outer: Channel, number: int) -> Iterator[None]:
    """Answer so many questions, each with the descriptors that it brought, beside the test."""

    def serve() -> None:
        for _ in range(number):
            message = next(until_there(outer))
            channel.answer(message, passed=message.passed[1:], number=message.number("number"))
            channel.drop_passed(message)

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    thread.join(30)
    assert not thread.is_alive()


def until_there(outer: Channel) -> Iterator[protocol.Message]:
    while outer.wait(30):
        message = outer.receive()
        if message is not None:
            yield message


def test_a_question_is_answered_with_descriptors_both_ways(ends: Ends) -> None:
    outer, inner = ends
    before = descriptors()
    read, write = os.pipe()
    with answering(outer, 1):
        found = inner.ask("take", [write], number=7)
    assert found is not None
    message, (passed,) = found
    assert (message.word, message.number("number")) == ("answer", 7)
    assert not os.get_inheritable(passed)
    os.write(passed, b"through")
    assert os.read(read, 10) == b"through"
    for fd in (read, write, passed):
        os.close(fd)
    assert descriptors() == before


def test_as_many_descriptors_as_were_promised_pass(ends: Ends) -> None:
    outer, inner = ends
    before = descriptors()
    read, write = os.pipe()
    with answering(outer, 1):
        found = inner.ask("give", [write] * channel.MOST_PASSED)
    assert found is not None
    assert len(found[1]) == channel.MOST_PASSED
    for fd in (read, write, *found[1]):
        os.close(fd)
    assert descriptors() == before


def test_who_gets_no_answer_goes_on(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "ANSWER_S", 0.05)
    outer, inner = ends
    before = descriptors()
    assert inner.ask("take") is None
    message = outer.receive()
    assert message is not None
    channel.answer(message)  # comes too late, and nobody minds
    assert descriptors() == before


def test_an_answer_without_a_question_is_nothing(ends: Ends) -> None:
    outer, inner = ends
    inner.send("here")
    message = outer.receive()
    assert message is not None
    channel.answer(message, yes=True)
    assert inner.receive() is None


@pytest.mark.parametrize("gone", ["outer", "inner"])
def test_a_question_to_nobody_is_answered_at_once(ends: Ends, gone: str) -> None:
    outer, inner = ends
    (outer if gone == "outer" else inner).close()
    before = descriptors()
    assert inner.ask("take", [0]) is None
    assert descriptors() == before


def test_an_outer_that_drops_a_question_or_ends_lets_the_asker_go_on(ends: Ends) -> None:
    outer, inner = ends

    def drop() -> None:
        message = next(until_there(outer))
        channel.drop_passed(message)

    thread = threading.Thread(target=drop)
    thread.start()
    assert inner.ask("take") is None
    thread.join(30)


def test_what_comes_with_garbage_is_closed(ends: Ends) -> None:
    outer, inner = ends
    before = descriptors()
    with socket.socket(fileno=os.dup(inner.fileno())) as bare:
        socket.send_fds(bare, [b"garbage"], [0, 1])
    with pytest.raises(protocol.ProtocolError):
        outer.receive()
    assert descriptors() == before


def test_what_comes_with_a_message_that_nobody_takes_is_closed(ends: Ends) -> None:
    outer, inner = ends
    before = descriptors()
    with socket.socket(fileno=os.dup(inner.fileno())) as bare:
        packet = protocol.encode("here", 1, {})
        socket.send_fds(bare, [packet], [0, 1])
    message = outer.receive()
    assert message is not None
    assert len(message.passed) == 2
    channel.drop_passed(message)
    assert message.passed == []
    assert descriptors() == before


def test_threads_that_ask_at_once_each_get_their_own_answer(ends: Ends) -> None:
    outer, inner = ends
    before = descriptors()
    threads, each = 8, 50

    def ask(thread: int) -> list[float]:
        found = []
        for number in range(each):
            inner.send("here", number=number)
            answer = inner.ask("asks", [0], number=thread * each + number)
            assert answer is not None
            found.append(answer[0].number("number"))
            os.close(answer[1][0])
        return found

    def serve() -> None:
        left = threads * each
        for message in until_there(outer):
            if message.word == "asks":
                left -= 1
                channel.answer(message, passed=message.passed[1:], number=message.number("number"))
                channel.drop_passed(message)
            if not left:
                return

    with ThreadPoolExecutor(threads + 1) as pool:
        serving = pool.submit(serve)
        found = list(pool.map(ask, range(threads)))
        serving.result(30)
    assert found == [list(range(one * each, (one + 1) * each)) for one in range(threads)]
    assert descriptors() == before


ASKING_FORKS = """
    import os
    from autoreload.system.channel import Channel, answer, drop_passed, pair
    outer, theirs = pair()
    inner = Channel(theirs)
    children = []
    for number in range(4):
        if pid := os.fork():
            children.append(pid)
            continue
        for turn in range(50):
            found = inner.ask("asks", [0], number=number * 100 + turn)
            assert found[0].number("number") == number * 100 + turn
            os.close(found[1][0])
        os._exit(0 if len(os.listdir("/proc/self/fd")) == OPEN else 1)
    for _ in range(200):
        outer.wait(20)
        message = outer.receive()
        assert message.pid in children
        answer(message, passed=message.passed[1:], number=message.number("number"))
        drop_passed(message)
    print(*[os.waitpid(pid, 0)[1] for pid in children])
"""


def test_forks_that_ask_at_once_each_get_their_own_answer() -> None:
    # Standard streams, both ends of the channel, and the look itself.
    assert output(ASKING_FORKS.replace("OPEN", "6")) == "0 0 0 0\n"
