"""When a connection delays the end of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.draining import CLOSE_WAIT, ESTABLISHED, RECENT_MS, Traffic, is_busy

LONG = 1000
FIN_WAIT, TIME_WAIT, LAST_ACK = 4, 6, 9


def traffic(
    received_ms: int,
    sent_ms: int,
    *,
    state: int = ESTABLISHED,
    unread: int = 0,
    asked: bool = True,
    answered: bool = True,
) -> Traffic:
    return Traffic(
        state=state,
        unread=unread,
        sent_ms=sent_ms,
        received_ms=received_ms,
        asked=asked,
        answered=answered,
    )


BUSY = {
    "a request that nobody has read": traffic(LONG, LONG, unread=1),
    "the same after the client has closed its side": traffic(LONG, LONG, unread=1, state=LAST_ACK),
    "asked, not answered": traffic(LONG, LONG, answered=False),
    "asked, not answered, half closed": traffic(LONG, LONG, answered=False, state=CLOSE_WAIT),
    "asked again": traffic(LONG, LONG + 1),
    "an answer that has just begun": traffic(LONG, 0),
    "a question that has just come": traffic(0, LONG),
    "a moment less than recent": traffic(LONG, RECENT_MS - 1),
}
IDLE = {
    "nothing was ever asked": traffic(LONG, LONG, asked=False, answered=False),
    "answered": traffic(LONG, LONG - 1),
    "answered within one tick": traffic(LONG, LONG),
    "events, now and then": traffic(60 * LONG, RECENT_MS),
    "ended by the server": traffic(LONG, LONG, state=FIN_WAIT, answered=False),
    "over": traffic(0, 0, state=TIME_WAIT),
}


@pytest.mark.parametrize("case", BUSY)
def test_it_is_waited_for(case: str) -> None:
    assert is_busy(BUSY[case])


@pytest.mark.parametrize("case", IDLE)
def test_it_delays_nothing(case: str) -> None:
    assert not is_busy(IDLE[case])


times = st.integers(0, 100_000)


@given(times, times, st.booleans(), st.booleans(), st.integers(0, 20))
def test_nobody_is_waited_for_when_nothing_moves(
    received: int, sent: int, asked: bool, answered: bool, state: int
) -> None:
    """An answer after the last question, and then quiet: whatever else is known."""
    found = traffic(
        received + sent + RECENT_MS, sent + RECENT_MS, state=state, asked=asked, answered=True
    )
    assert not is_busy(found)
    assert is_busy(traffic(received, sent, state=state, asked=asked, answered=answered, unread=1))
