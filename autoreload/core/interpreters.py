"""Read the words behind `python`, the way the interpreter reads them."""

from os.path import basename

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Letters without a value that leave alone what is run. -c, -i, -h, -V and -x are not among them:
# there is no file then, or the interpreter does something else beside it.
SWITCHES = frozenset("bBdEIOPqRsSuv")


class PythonLine:
    """What an interpreter was asked to run.

    `runs` is `script`, `module`, `stdin`, `nothing`, or `other` for -c and the like; `rest` begins
    with the script or the module.
    """

    __slots__ = ("flags", "rest", "runs")

    def __init__(self, flags: "Sequence[str]", runs: str, rest: "Sequence[str]") -> None:
        self.flags = tuple(flags)
        self.runs = runs
        self.rest = tuple(rest)


def read(words: "Sequence[str]") -> PythonLine:
    """Part the interpreter's flags from what it runs (CPython's Python/getopt.c)."""
    position = 0
    while position < len(words):
        word = words[position]
        if word == "-":
            return PythonLine(words[:position], "stdin", words[position:])
        if word == "--":
            return _script(words[:position], words[position + 1 :])
        if not word.startswith("-"):
            return _script(words[:position], words[position:])
        letter = _deciding_letter(word)
        if letter == "m":
            return _module(words, position)
        if letter == "other":
            return PythonLine(words[:position], "other", words[position:])
        position += 2 if letter == "next" else 1
    return _script(words, ())


def is_interpreter(word: str) -> bool:
    """Tell whether a word names a Python: python, python3.13t, /opt/pypy3.10, pythonw.exe."""
    name = basename(word.replace("\\", "/")).lower().removesuffix(".exe")
    for stem in ("pythonw", "python", "pypy"):
        if name.startswith(stem):
            version = name.removeprefix(stem).removesuffix("t").removesuffix("d")
            return not version or version.replace(".", "").isdecimal()
    return False


def shebang(first_line: bytes) -> tuple[str, ...]:
    """Give the words of a `#!` line that names a Python, without `env`; else nothing."""
    if not first_line.startswith(b"#!"):
        return ()
    words = first_line[2:].decode("utf-8", "replace").split()
    if words and basename(words[0]) == "env":
        words = words[1:]
        while words and (words[0].startswith("-") or "=" in words[0]):
            words = words[1:]
    return tuple(words) if words and is_interpreter(words[0]) else ()


def _deciding_letter(word: str) -> str:
    """Look through a cluster like `-uWerror`: what does it say about the following words?"""
    if word.startswith("--"):
        return "next" if word == "--check-hash-based-pycs" else "other"
    for position, letter in enumerate(word[1:], start=1):
        if letter in "WX":
            return "value" if word[position + 1 :] else "next"
        if letter == "m":
            return "m"
        if letter not in SWITCHES:
            return "other"
    return "switches"


def _module(words: "Sequence[str]", position: int) -> PythonLine:
    """Take `-m pkg`, `-mpkg` and `-um pkg` apart."""
    before, _, attached = words[position].partition("m")
    flags = (*words[:position], *((before,) if before != "-" else ()))
    rest = (*((attached,) if attached else ()), *words[position + 1 :])
    return PythonLine(flags, "module", rest)


def _script(flags: "Sequence[str]", rest: "Sequence[str]") -> PythonLine:
    return PythonLine(flags, "script" if rest else "nothing", rest)
