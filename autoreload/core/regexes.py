"""The regular expressions that runs compile late, as words of text that outlive them.

To compile one is a matter of its pattern and flags alone, and `re` keeps what it has compiled; so
when that is done makes no difference but to time.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 300
"""Expressions that are kept in mind; `re` keeps 512."""
LONGEST = 20_000
"""Bytes of a pattern that is kept in mind."""

_TEXT, _BYTES = "s", "b"
_ENCODING, _ERRORS = "utf-8", "surrogatepass"


class Regex:
    """A pattern, text or bytes, and the flags that it was compiled with."""

    __slots__ = ("flags", "pattern")

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self.flags = flags

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regex) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Regex({self.pattern!r}, {self.flags})"

    def _key(self) -> tuple[type, str | bytes, int]:
        return type(self.pattern), self.pattern, self.flags


def word(regex: Regex) -> str:
    """It as one word; empty for one that is too long."""
    if isinstance(regex.pattern, str):
        kind, data = _TEXT, regex.pattern.encode(_ENCODING, _ERRORS)
    else:
        kind, data = _BYTES, regex.pattern
    return f"{kind}{regex.flags}:{data.hex()}" if len(data) <= LONGEST else ""


def parsed(text: str) -> Regex | None:
    """What a word stands for; None for half a word."""
    flags, _, data = text[1:].partition(":")
    try:
        raw = bytes.fromhex(data)
        if text.startswith(_TEXT):
            return Regex(raw.decode(_ENCODING, _ERRORS), int(flags))
        if text.startswith(_BYTES):
            return Regex(raw, int(flags))
    except ValueError:
        pass
    return None


def merged(before: "Iterable[str]", now: "Iterable[Regex]") -> list[str]:
    """The words for all that any run has compiled, the oldest first."""
    return list(dict.fromkeys((*before, *filter(None, map(word, now)))))[:MOST]
