"""The sentences about code that is broken: a save that is held, a run that has crashed.

Both begin alike, `path:line:column: type: message`, so that one pattern of an editor finds both.
"""

from autoreload.core.wording import SIGNALS, Line, path_shown, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.decisions import Broken

LONGEST_MESSAGE = 300
"""Characters of an exception's message that are said; all of it is in the traceback."""


def held(broken: "Broken", root: str) -> list[Line]:
    """The error, then the line of code with a caret."""
    first = Line(f"{_error(broken, root)}. Held, the previous code keeps running", "held")
    return [first, *_source(broken, "held")]


def crashed(
    broken: "Broken", root: str, code: int, *, waiting: bool, missing: str = ""
) -> list[Line]:
    """How a run has ended with this exception; the line of code too, if `broken` has it.

    `missing` is what would be looked at if it came into being.
    """
    how = f"exit code {code}" if code >= 0 else SIGNALS.get(-code, f"signal {-code}")
    text = f"{_error(broken, root)}. Crashed ({how})"
    if waiting:
        text += ", waiting for a change"
        text += f". {missing} will restart, too" if missing else ""
    return [Line(text, "bad"), *_source(broken, "bad")]


def creating(path: str, root: str, package: str = "") -> str:
    """What helps against a missing module: the file, or the package where one may be meant."""
    what = f"Creating {path_shown(path, root)}"
    return f"{what} or installing {package}" if package else what


def _error(broken: "Broken", root: str) -> str:
    parts = [_place(broken, root), broken.kind, _first_line(broken.text)]
    return ": ".join(part for part in parts if part)


def _place(broken: "Broken", root: str) -> str:
    place = path_shown(broken.path, root)
    for number in (broken.line, broken.column):
        if not place or number <= 0:
            break
        place += f":{number}"
    return place


def _first_line(text: str) -> str:
    """The beginning of a message, without the full stop that follows here anyway."""
    line = printable(text.strip().partition("\n")[0].rstrip())
    if len(line) > LONGEST_MESSAGE:
        return line[: LONGEST_MESSAGE - 1] + "…"
    return line.removesuffix(".") if not line.endswith("..") else line


def _source(broken: "Broken", tone: str) -> list[Line]:
    if not broken.source.strip():
        return []
    source = broken.source.partition("\n")[0].rstrip()
    column = broken.column - broken.start
    before = source[: max(column - 1, 0)].expandtabs(4)
    text = source.expandtabs(4).lstrip()
    caret = max(len(before) - (len(source.expandtabs(4)) - len(text)), 0)
    shown = printable(text)
    lines = [Line(f"    {shown}", "dim")]
    if broken.column > 0 and len(shown) == len(text):
        lines.append(Line("    " + " " * min(caret, len(text)) + "^", tone))
    return lines
