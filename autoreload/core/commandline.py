"""Split the typed line into our options and the target with everything that belongs to it.

Click cannot do this: of `-m pkg -w 9` it keeps the app's `-w` for itself, and `-- wait` would
run a sub-command. So the line is split here, and click sees only what is ours.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMANDS = frozenset(
    (
        "events",
        "logs",
        "mcp",
        "pause",
        "restart",
        "resume",
        "stacks",
        "status",
        "stop",
        "wait",
        "watched",
        "why",
    )
)
"""Words that speak to an autorun that runs already, unless a file has the name."""
RESERVED = frozenset(("attach", "completion", "down", "export", "init", "run", "scale", "up"))
"""Words that may become such."""


class Line:
    """What was typed, in two halves; `dashed` tells that a `--` made the target a command."""

    __slots__ = ("dashed", "options", "target")

    def __init__(self, options: "Sequence[str]", target: "Sequence[str]", *, dashed: bool) -> None:
        self.options = tuple(options)
        self.target = tuple(target)
        self.dashed = dashed

    @property
    def words(self) -> tuple[str, ...]:
        """The target as it was typed."""
        return ("--", *self.target) if self.dashed else self.target


def split(argv: "Sequence[str]", arity: "Callable[[str], int | None]") -> Line:
    """Cut the line at the first word that is not ours.

    `arity` says of an option name as typed (`--watch`, `-w`) whether it takes the next word:
    1 it does; 0 it is a flag, or takes a value only behind `=`; None it is not known, which
    counts as 0 and is left to click to complain about.
    """
    position = 0
    while position < len(argv):
        word = argv[position]
        if word == "--":
            return Line(argv[:position], argv[position + 1 :], dashed=True)
        if _starts_target(word):
            break
        position += 2 if _takes_next(word, arity) else 1
    return Line(argv[:position], argv[position:], dashed=False)


def plain(argv: "Sequence[str]") -> bool:
    """Tell whether the line has no option of ours, so that click is not needed.

    Options may still come from the environment or a file; the caller looks there.
    """
    return not argv or argv[0] == "--" or _starts_target(argv[0])


def reserved_name(line: Line, is_file: "Callable[[str], bool]") -> str | None:
    """Say what is wrong with a target that bears the name of a sub-command, if it does."""
    if line.dashed or not line.target:
        return None
    word = line.target[0]
    if word not in RESERVED or is_file(word):
        return None
    return (
        f"{word!r} is reserved for a sub-command that is not there yet: "
        f"./{word} or -- {word} runs a program of that name"
    )


def _starts_target(word: str) -> bool:
    return word in ("", "-") or not word.startswith("-") or word.startswith("-m")


def _takes_next(word: str, arity: "Callable[[str], int | None]") -> bool:
    if word.startswith("--"):
        return "=" not in word and arity(word) == 1
    # Of a bundle like -qw, the first letter that takes a value takes the rest of the
    # bundle, or the next word when there is no rest.
    for position, letter in enumerate(word[1:], start=1):
        if arity("-" + letter) == 1:
            return position == len(word) - 1
    return False
