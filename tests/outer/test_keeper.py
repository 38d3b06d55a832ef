"""The outer's keeper: real listeners go in and come out, and nothing stays open."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core import protocol
from autoreload.core.keeping import NEVER_TAKEN_S, UNWANTED_S, Address, Wanted
from autoreload.core.protocol import Message
from autoreload.outer.keeper import Keeper
from autoreload.system import sockets
from autoreload.system.channel import Channel, drop_passed, pair
from tests.waiting import TIMEOUT_S, readable


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    found = Keeper()
    yield found
    found.close()


def opened(place: "tuple[str, int] | str" = ("127.0.0.1", 0)) -> tuple[int, Address]:
    """A listener as it arrives: a descriptor and its address."""
    family = socket.AF_INET if isinstance(place, tuple) else socket.AF_UNIX
    server = socket.create_server(place, family=family, backlog=5)
    name = server.getsockname()
    address = Address(family, *name) if isinstance(name, tuple) else Address(family, name)
    return server.detach(), address


def is_refused(address: Address) -> bool:
    with socket.socket() as client:
        return client.connect_ex((address.host, address.port)) != 0


def descriptors() -> set[str]:
    """What is open, without the descriptor that the look itself takes."""
    return {one for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")}


def test_a_listener_is_kept_wide_until_the_program_listens(keeper: Keeper) -> None:
    fd, address = opened()
    keeper.add(fd, address)
    (inode,) = keeper.inodes()
    assert keeper.is_wide(sockets.listening()[inode].backlog)
    held = keeper.take(Wanted(address))
    assert held is not None
    held.socket.listen(5)
    assert not keeper.is_wide(sockets.listening()[inode].backlog)
    assert keeper.addresses() == [address.entry()]


def test_one_that_comes_again_is_kept_once_and_counts_as_fresh(keeper: Keeper) -> None:
    """A run ended before its listener had been let go of."""
    fd, address = opened()
    again = os.dup(fd)
    keeper.add(fd, address)
    keeper.begin()
    held = keeper.take(Wanted(address))
    assert held is not None
    before = descriptors()
    keeper.add(again, address)
    assert len(keeper.kept) == 1
    assert keeper.kept[0].taken_at is None
    assert descriptors() == before - {str(again)}


def test_what_is_no_socket_is_closed(keeper: Keeper) -> None:
    read, write = os.pipe()
    os.close(write)
    keeper.add(read, Address(2, "127.0.0.1", 1))
    assert keeper.kept == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read)


def test_nothing_is_let_go_between_two_runs(keeper: Keeper) -> None:
    fd, address = opened()
    keeper.begin()
    keeper.add(fd, address)
    keeper.pause()
    assert keeper.timeouts(0) == []
    keeper.look(1e9)
    assert len(keeper.kept) == 1
    keeper.begin()
    assert keeper.timeouts(0)
    keeper.look(1e9)
    assert keeper.kept == []
    assert keeper.timeouts(0) == []
    assert is_refused(address)


def test_what_the_new_code_does_not_open_is_let_go_after_the_first(keeper: Keeper) -> None:
    (one, first), (two, second) = opened(), opened()
    keeper.add(one, first)
    keeper.add(two, second)
    keeper.begin()
    held = keeper.take(Wanted(first))
    assert held is not None
    assert held.taken_at is not None
    keeper.look(held.taken_at + UNWANTED_S - 0.1)
    assert len(keeper.kept) == 2
    keeper.replaced()  # something of it is wanted
    assert len(keeper.kept) == 2
    keeper.look(held.taken_at + NEVER_TAKEN_S)
    assert keeper.kept == []


def test_a_run_that_listens_elsewhere_wants_none(keeper: Keeper) -> None:
    keeper.add(*opened())
    keeper.begin()
    keeper.replaced()
    assert keeper.kept == []


def test_the_path_of_a_socket_has_a_second_name_only_as_long_as_it_is_kept(
    keeper: Keeper, tmp_path: Path
) -> None:
    path = tmp_path / "s.sock"
    keeper.add(*opened(str(path)))
    assert len(list(tmp_path.iterdir())) == 2
    path.unlink()
    keeper.restore()
    assert path.is_socket()
    keeper.restore()
    held = keeper.take(Wanted(Address(socket.AF_UNIX, str(path))))
    assert held is not None
    path.unlink()
    keeper.restore()
    assert not path.exists()
    keeper.close()
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_somebody_else_has_by_now_is_left_alone(keeper: Keeper, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    keeper.add(*opened(str(path)))
    path.unlink()
    path.write_text("another one's")
    keeper.close()
    assert [one.name for one in tmp_path.iterdir()] == ["s.sock"]
    assert path.read_text() == "another one's"


def test_leftovers_of_a_killed_outer_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    for name in (".s.sock.autorun", ".s.sock.autorun2"):
        (tmp_path / name).touch()
    keeper = Keeper()
    keeper.add(*opened(str(path)))
    path.unlink()
    keeper.restore()
    assert path.is_socket()
    keeper.close()
    assert list(tmp_path.iterdir()) == []


def heard(keeper: Keeper, word: str, passed: list[int], **fields: object) -> tuple[Message, int]:
    """Let the keeper hear a message, as the outer does; the answer and the descriptors in it."""
    before = descriptors()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    message = Message(word, 1, fields)
    message.passed = [theirs.detach(), *(os.dup(fd) for fd in passed)]
    keeper.hear(message)
    drop_passed(message)
    with ours:
        assert readable(ours.fileno(), timeout_s=TIMEOUT_S)
        data, fds, _, _ = socket.recv_fds(ours, 65_536, 10)
    for fd in fds:
        os.close(fd)
    if word in ("take", "asks"):
        assert descriptors() == before
    return protocol.decode(data), len(fds)


def test_messages_are_answered(keeper: Keeper) -> None:
    fd, address = opened()
    found = {"address": address.entry(), "options": (0, 0), "turn": 0}
    try:
        assert heard(keeper, "take", [], **found)[1] == 0
        entries = [(address.entry(), 0)]
        assert heard(keeper, "give", [fd], listeners=entries)[0].flag("yes")
        assert heard(keeper, "asks", [], **found)[0].flag("yes")
        assert heard(keeper, "take", [], **found)[1] == 1
        assert not heard(keeper, "asks", [], **found)[0].flag("yes")
        assert heard(keeper, "free", [], **found)[0].flag("yes")
        assert not heard(keeper, "free", [], **found)[0].flag("yes")
    finally:
        os.close(fd)
    assert keeper.kept == []
    assert is_refused(address)


@pytest.mark.parametrize("listeners", [None, 5, [], [((2, "127.0.0.1", 1, 0), 0)] * 3])
def test_a_message_that_does_not_match_its_descriptors_leaks_none(
    keeper: Keeper, listeners: object
) -> None:
    before = descriptors()
    fd, _ = opened()
    heard(keeper, "give", [fd], listeners=listeners)
    os.close(fd)
    keeper.close()
    assert descriptors() == before


def test_a_program_that_is_gone_before_the_answer_does_no_harm(keeper: Keeper) -> None:
    outer, theirs = pair()
    inner = Channel(theirs)
    fd, address = opened()
    keeper.add(fd, address)
    ours, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close()
    message = Message("take", 1, {"address": address.entry()})
    message.passed = [end.detach()]
    keeper.hear(message)
    inner.close()
    outer.close()
    assert message.passed == []
