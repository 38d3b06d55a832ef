"""When a typed line is autorun's: a table, and what never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import keys


@pytest.mark.parametrize(
    ("pending", "is_canonical", "has_reader", "waited_s", "is_ours"),
    [
        (2, True, True, 0.2, True),  # the app has left it
        (2, True, True, 0.1, False),  # it may still come
        (2, False, True, 9.0, False),  # every byte is the app's
        (2, False, False, 9.0, False),
        (1, True, True, 9.0, False),  # an empty line
        (1, True, False, 0.0, True),
        (2, True, False, 0.0, True),
        (3, True, True, 9.0, False),
        (3, True, False, 9.0, False),
        (0, True, False, 9.0, False),
    ],
)
def test_a_line_is_taken(
    pending: int, is_canonical: bool, has_reader: bool, waited_s: float, is_ours: bool
) -> None:
    found = keys.is_ours(
        pending, is_canonical=is_canonical, has_reader=has_reader, waited_s=waited_s
    )
    assert found is is_ours


@given(st.binary(max_size=4), st.booleans())
def test_a_line_is_a_key_or_nothing(line: bytes, has_reader: bool) -> None:
    key = keys.key_of(line, has_reader=has_reader)
    assert key in keys.KEYS or not key
    if key and line.strip():
        assert line.rstrip(b"\r\n") == key.encode()


@given(st.floats(min_value=0, max_value=1e6))
def test_what_nobody_reads_is_looked_at_ever_more_rarely(waited_s: float) -> None:
    assert keys.PATIENCE_S <= keys.next_look(waited_s) <= keys.LONGEST_S
