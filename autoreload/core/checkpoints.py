"""Where a run leaves a checkpoint behind, and when one that stopped in a file may go on with it.

A checkpoint is a fork of the booting program that stays where it is. The parent freezes, the child
goes on as the program; at a restart the deepest checkpoint whose past is still what lies on disk
forks again, and only what comes after it is run anew.

With no history they are spaced by time, further apart the longer the start takes: whichever file is
edited first, a moment or a share of the start is run again that need not be. The files edited
lately get one of their own, right before them, and after the newest of these none follow: a warm
restart would pay for each of them, and the next edit is most likely where the last one was.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SPACING_S, GROWTH = 0.06, 0.6
"""What the first edit of a file may cost that could have been saved: so much, or that share of what
lies before it. A fork costs 2 to 5 ms, and some megabytes of pages that come to differ."""
CLOSE_S = 0.002
"""A checkpoint this near is as good as one more."""
LATELY = 6
"""How many of the files edited last are kept in mind."""
MOST_SPACED = 14
"""Checkpoints of one chain that are there for no file: enough for a start of half a minute."""
MOST = MOST_SPACED + LATELY
"""Checkpoints of one chain."""

STANDBY_AFTER_S = 0.4
"""How long a program is up before one stands by for the next restart: at once it would take the
processor from the first requests."""
LARGEST_STANDBY = 300 << 20
"""Bytes of a program for which one stands by unasked: it has a copy of its own."""
SPARE = 4
"""How many times its size is to be left in memory before a copy is made unasked."""

SPARE_AFTER_S = 1.0
"""How long a program without a checkpoint is up before the next interpreter is started."""

SHORT_S, LONG_S = 0.005, 0.5
"""Who has waited this long for its turn looks at everything again, or also at what is installed."""

OLDEST_S = 4 * 3600.0
"""What a program asks or looks at while it is imported is not asked again before that is over."""
MOST_RESTARTS = 1000
"""Restarts from the checkpoints of one start; nothing is known to grow in them."""
MOST_REPEATS, REPEATS_WITHIN_S = 3, 1.0
"""So many restarts for the same bytes, within so many seconds, are a fault."""

_HEAD = b"autorun: the files edited last, 1"


def is_due(*, since_s: float, spent_s: float, depth: int, is_hot: bool, has_passed: bool) -> bool:
    """Whether to leave a checkpoint behind here.

    `since_s` is the time since the last one, `spent_s` that from the first one to that, `depth` how
    many there are, `is_hot` whether what comes next was edited lately; `has_passed` says that the
    newest edit lies behind us.
    """
    if is_hot:
        return depth < MOST and since_s > CLOSE_S
    is_far = since_s > max(SPACING_S, GROWTH * spent_s)
    return is_far and depth < MOST_SPACED and not has_passed


def may_stand_by(*, resident: int, available: int, wanted: "bool | None") -> bool:
    """Whether to make a copy ahead of the next restart; with None memory decides."""
    if wanted is not None:
        return wanted
    return resident < LARGEST_STANDBY and resident * SPARE < available


def lately(before: "Iterable[str]", edited: "Iterable[str]") -> list[str]:
    """The files edited last, the newest at the end."""
    newest = list(edited)[:LATELY]
    kept = [path for path in before if path not in newest]
    return [*kept, *newest][-LATELY:]


def packed(paths: "Iterable[str]") -> bytes:
    """The files edited last, to be kept for the next session."""
    parts = (path.encode("utf-8", "surrogateescape") for path in paths)
    return b"\0".join((_HEAD, *parts))


def unpacked(content: bytes) -> list[str]:
    """What was packed; nothing when it is none of ours."""
    head, *parts = content.split(b"\0")
    paths = [part.decode("utf-8", "surrogateescape") for part in parts]
    if head != _HEAD or not all(path.startswith("/") for path in paths):
        return []
    return paths[-LATELY:]


class Repeats:
    """Whether a checkpoint is forked over and over for what has not changed."""

    def __init__(self) -> None:
        self._key: object = None
        self._times: list[float] = []

    def note(self, key: object, now: float) -> bool:
        """It is forked for this state of files; true when that leads nowhere."""
        self._times = [*self._times, now] if key == self._key else [now]
        self._key = key
        recent = self._times[-MOST_REPEATS:]
        return len(recent) == MOST_REPEATS and now - recent[0] < REPEATS_WITHIN_S


def aged(*, age_s: float, restarts: int, size: int, available: int) -> str:
    """Why a chain is not gone on with; empty while it may be.

    `size` is what its checkpoints take of memory, `available` what is left, in bytes.
    """
    if age_s > OLDEST_S:
        return f"its checkpoints are {age_s / 3600:.0f} hours old"
    if restarts > MOST_RESTARTS:
        return f"its checkpoints have served {restarts} restarts"
    if size > available:
        return f"its checkpoints take {size >> 20} MB, and {available >> 20} MB are left"
    return ""


def first_difference(old: bytes, new: bytes) -> int:
    """The number of the first line that differs; 0 when none does."""
    olds, news = old.split(b"\n"), new.split(b"\n")
    for number, (one, other) in enumerate(zip(olds, news, strict=False), 1):
        if one != other:
            return number
    return 0 if len(olds) == len(news) else min(len(olds), len(news)) + 1


def is_same_until(old: bytes, new: bytes, line: int) -> bool:
    """Whether two texts are equal up to the end of a line, bytes and line ends included."""
    olds, news = old.split(b"\n", line), new.split(b"\n", line)
    return olds[:line] == news[:line]
