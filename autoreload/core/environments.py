"""Choose the interpreter that runs the target."""

from os.path import dirname, isabs, join, normpath

from autoreload.core.facts import UsageProblem
from autoreload.core.interpreters import read, shebang

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.facts import Facts


class Interpreter:
    """An interpreter with its flags; one whose path was typed need not be told to anybody."""

    __slots__ = ("flags", "is_typed", "path")

    def __init__(self, path: str, flags: "Sequence[str]" = (), *, is_typed: bool = False) -> None:
        self.path = path
        self.flags = tuple(flags)
        self.is_typed = is_typed


def choose(python: str | None, facts: "Facts") -> Interpreter:
    """Choose: the option, the active environment, the project's `.venv`, ours."""
    if python is not None:
        path = environment_python(python, facts) or located(python, facts)
        if path is None:
            raise UsageProblem(f"no interpreter {python!r}: --python wants a path or a name")
        return real(path, facts)
    active = facts.environ.get("VIRTUAL_ENV")
    found = (active and environment_python(active, facts)) or facts.project_python()
    # Another name of our own interpreter is ours: sys.executable stays what it is.
    if not found or facts.same_environment(found):
        return Interpreter(facts.own_python)
    return Interpreter(found)


def real(path: str, facts: "Facts") -> Interpreter:
    """Give the interpreter at a path, without a shim that would be run again at each start."""
    return Interpreter(facts.real_python(absolute(path, facts)))


def beside(path: str, facts: "Facts") -> Interpreter | None:
    """Give the interpreter of the environment that a console script was typed from."""
    if path.endswith(".py") or not is_path(path):
        return None
    words = shebang(facts.first_line(path))
    if not words or dirname(words[0]) != dirname(normpath(absolute(path, facts))):
        return None
    return Interpreter(words[0], read(words[1:]).flags, is_typed=True)


def environment_python(prefix: str, facts: "Facts") -> str | None:
    """Give the interpreter of a virtual environment."""
    for place in ("bin/python", "Scripts/python.exe"):
        path = join(prefix, place)
        if facts.is_file(path):
            return path
    return None


def located(word: str, facts: "Facts") -> str | None:
    """Find the program that a word means to a shell."""
    if is_path(word):
        return word if facts.is_file(word) else None
    return facts.which(word)


def is_path(word: str) -> bool:
    """Tell whether a word can only be a path."""
    return "/" in word or "\\" in word or word in (".", "..")


def absolute(path: str, facts: "Facts") -> str:
    return path if isabs(path) else join(facts.cwd, path)


def shown(path: str, facts: "Facts") -> str:
    """Shorten a path for a sentence."""
    return path.removeprefix(join(facts.cwd, ""))
