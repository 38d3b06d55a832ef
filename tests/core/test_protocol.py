"""Messages to bytes and back, and bytes that are no message."""

import marshal
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoreload.core.protocol import (
    LARGEST,
    TO_INNER,
    TO_OUTER,
    WORDS,
    Message,
    ProtocolError,
    batches,
    decode,
    encode,
    shortened,
)

texts = st.text(st.characters(codec=None))  # surrogates too: names of files that are not UTF-8
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=20)
)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=4), max_leaves=10)
fields = st.dictionaries(texts, values, max_size=5)


@given(st.sampled_from(sorted(WORDS)), st.integers(1, 1 << 22), fields)
@example("loaded", 7, {"files": [("/\udcff/a.py", (1, 2, 3), None)]})
@example("restart", 1, {"paths": ["\ud800"], "count": 1 << 70})
def test_a_message_comes_through_as_it_was(word: str, pid: int, content: dict[str, object]) -> None:
    assert decode(encode(word, pid, content)) == Message(word, pid, content)


def test_a_word_goes_one_way() -> None:
    assert WORDS == TO_INNER | TO_OUTER
    assert not TO_INNER & TO_OUTER


@pytest.mark.parametrize("word", ["", "Restart", "reboot", "restart "])
def test_an_unknown_word_is_neither_sent_nor_taken(word: str) -> None:
    with pytest.raises(ProtocolError, match="unknown word"):
        encode(word, 1, {})
    with pytest.raises(ProtocolError, match="not a message"):
        decode(marshal.dumps((word, 1, {}), 2))


@pytest.mark.parametrize(
    "value",
    [
        None,
        (),
        ("restart", 1),
        ("restart", 1, {}, None),
        ["restart", 1, {}],
        ("restart", "1", {}),
        ("restart", 1, []),
        (b"restart", 1, {}),
        ({}, 1, {}),
        (1 << 20_000, 1, {}),  # its digits cannot even be shown: sys.set_int_max_str_digits
    ],
)
def test_another_shape_is_no_message(value: object) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        decode(marshal.dumps(value, 2))  # type: ignore[arg-type]  # any value


@given(st.binary(max_size=200))
@example(b"")
@example(b"GET / HTTP/1.1\r\n")
@example(b"(some text")  # marshal would make room for as many values as "some" is as a number
@example(b"[some text")
@example(b"(\x03\0\0\0")
@example(b"(\x03\0\0\0uuuu")
@example(b"(\x03\0\0\0u\x04\0\0\0\xff\xff\xff\xff")
def test_garbage_is_no_message(packet: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        decode(packet)


@given(st.integers(0, 400))
def test_half_a_message_is_none(length: int) -> None:
    packet = encode("restart", 1, {"paths": ["/a/b.py"], "count": 1, "noticed": 1.5})
    if length < len(packet):
        with pytest.raises(ProtocolError, match="not a message"):
            decode(packet[:length])


def test_fields_are_read_with_a_kind_and_a_default() -> None:
    message = Message(
        "restart", 1, {"text": "a", "count": 3, "texts": ["a", 1], "yes": True, "tuple": ("b",)}
    )
    assert [message.text(name) for name in ("text", "count", "none")] == ["a", "3", ""]
    assert [message.number(name) for name in ("count", "text", "none")] == [3, 0, 0]
    assert [message.texts(name) for name in ("texts", "tuple", "text", "none")] == [
        ["a", "1"],
        ["b"],
        [],
        [],
    ]
    assert [message.flag(name) for name in ("yes", "none")] == [True, False]
    assert "restart" in repr(message)
    assert message != "restart"
    with pytest.raises(TypeError):
        hash(message)


entries = st.lists(st.tuples(texts, st.integers(), st.none() | st.integers()), max_size=60)


def packed(entry: object) -> int:
    return len(marshal.dumps(entry, 2))  # type: ignore[arg-type]  # any value


@given(entries, st.integers(1, 400))
def test_batches_lose_nothing_and_fit(found: list[tuple[object, ...]], largest: int) -> None:
    parts = batches(found, largest=largest)
    assert [entry for part in parts for entry in part] == found
    for part in parts:
        size = sum(map(packed, part))
        assert size <= largest or len(part) == 1
    for part, following in pairwise(parts):
        size = sum(map(packed, (*part, following[0])))
        assert size > largest, "a packet more than needed"


def test_a_big_program_is_told_in_packets_that_can_be_sent() -> None:
    found: list[tuple[object, ...]] = [
        (f"/home/\udcff/{'x' * 200}/{number}.py", (number, number, number), 1 << 63)
        for number in range(5000)
    ]
    parts = batches(found)
    assert [entry for part in parts for entry in part] == found
    for part in parts:
        assert len(encode("loaded", 1 << 22, {"files": part})) <= LARGEST


@given(st.lists(texts, max_size=60))
def test_a_short_list_begins_like_the_long_one(names: list[str]) -> None:
    kept = shortened(names)
    assert kept == names[: len(kept)]
    assert len(kept) == min(len(names), 50)


@pytest.mark.parametrize("letter", ["a", "é", "\U0001f600", "\udcff"])
def test_a_list_of_names_fits_whatever_happens(letter: str) -> None:
    """Fifty long names made a packet above the bound."""
    kept = shortened([letter * 10_000] * 100)
    assert kept
    assert len(encode("restart", 1 << 22, {"paths": kept, "count": 100})) <= LARGEST


def test_every_interpreter_reads_the_same_bytes() -> None:
    """Both ends need not be of one version."""
    script = f"import marshal; print(marshal.loads({encode('look', 5, {'a': 'é'})!r}))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "('look', 5, {'a': 'é'})"
