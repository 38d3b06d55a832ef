"""Whether a connection is in the middle of something when its server is about to be stopped.

Nothing is known of what is spoken on it: the kernel's account of the bytes has to do (TCP_INFO, see
tcp(7)). A connection that waits for its client, kept alive or streaming events, delays nothing.
"""

ESTABLISHED, CLOSE_WAIT = 1, 8
RECENT_MS = 20
"""Bytes that moved this recently are probably followed by others: a header by its body."""


class Traffic:
    """What the kernel says of one accepted connection."""

    __slots__ = ("answered", "asked", "received_ms", "sent_ms", "state", "unread")

    def __init__(
        self,
        *,
        state: int,
        unread: int,
        sent_ms: int,
        received_ms: int,
        asked: bool,
        answered: bool,
    ) -> None:
        self.state = state
        self.unread = unread
        """Bytes that the server has not read yet."""
        self.sent_ms = sent_ms
        """Milliseconds since data was last sent to the client."""
        self.received_ms = received_ms
        """Milliseconds since data last came from the client."""
        self.asked = asked
        """Whether the client has ever sent anything."""
        self.answered = answered
        """Whether the server has ever sent anything."""


def is_busy(traffic: Traffic) -> bool:
    """Whether to wait for it: something was asked and is not answered, or bytes just moved.

    The kernel counts in ticks of some milliseconds; equal times count as answered.
    """
    if traffic.unread:
        return True
    if traffic.state not in (ESTABLISHED, CLOSE_WAIT):
        return False
    if traffic.asked and not traffic.answered:
        return True
    if traffic.received_ms < traffic.sent_ms:
        return True
    return min(traffic.received_ms, traffic.sent_ms) < RECENT_MS
