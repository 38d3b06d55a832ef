"""Letters that autorun takes from the terminal, and when a typed line is one of them."""

KEYS: dict[str, str] = {
    "r": "restart",
    "R": "restart cold, from a fresh interpreter",
    "o": "open it in the browser",
    "u": "say where it listens",
    "c": "clear the screen",
    "p": "pause, or go on",
    "e": "the last error again",
    "s": "status",
    "h": "this list",
    "q": "quit",
}
"""Each followed by enter."""

PATIENCE_S = 0.15
"""A program that reads the terminal has taken a line by then."""
LONGEST_S = 1.0


def is_ours(pending: int, *, is_canonical: bool, has_reader: bool, waited_s: float) -> bool:
    """Whether so many unread bytes may be taken: one letter and the end of the line, or less.

    A program that may read (`has_reader`) goes first; without canonical mode, every byte is its.
    An empty line is taken only when nobody else is there: people type it to space out the output.
    """
    if not is_canonical:
        return False
    if has_reader:
        return pending == 2 and waited_s >= PATIENCE_S
    return pending in (1, 2)


def key_of(line: bytes, *, has_reader: bool) -> str:
    """The key in a line that was taken; an empty line tries again. Empty for any other."""
    text = line.decode("ascii", "replace").removesuffix("\n").removesuffix("\r")
    if not text:
        return "" if has_reader else "r"
    return text if text in KEYS else ""


def next_look(waited_s: float) -> float:
    """Seconds until bytes that nobody has read are looked at again: rarely when they are old."""
    return min(max(PATIENCE_S, waited_s / 2), LONGEST_S)
