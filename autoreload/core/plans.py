"""How a target is run, as one value."""

import os.path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autoreload.core.reloaders import Pairs, Words

TITLE_LENGTH = 60


class Plan:
    """How a target is run.

    | field       |                                                                             |
    | ---         | ---                                                                         |
    | kind        | `callable`, `script`, `module` or `command`                                 |
    | python      | the interpreter, empty for a command                                        |
    | flags       | the interpreter's                                                           |
    | name        | `module:attr`, the script's path, the module, or the command's first word   |
    | args        | what the program finds in `sys.argv[1:]`; for a command the whole argv      |
    | title       | what the lines call it                                                      |
    | notes       | to be said once                                                             |
    | stop_signal | the first one, like `INT`                                                   |
    | serves      | it will listen                                                              |
    | environment | to be set for the app                                                       |
    | entry_point | `module:attr` of a console script that is no text; `name` is its `argv[0]`  |
    """

    __slots__ = (
        "args",
        "entry_point",
        "environment",
        "flags",
        "kind",
        "name",
        "notes",
        "python",
        "serves",
        "stop_signal",
        "title",
    )

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        title: str,
        args: "Sequence[str]" = (),
        python: str = "",
        flags: "Sequence[str]" = (),
        notes: "Sequence[str]" = (),
        stop_signal: str = "INT",
        serves: bool = False,
        environment: "Pairs" = (),
        entry_point: str = "",
    ) -> None:
        self.kind = kind
        self.name = name
        self.title = title
        self.args: Words = tuple(args)
        self.python = python
        self.flags: Words = tuple(flags)
        self.notes: Words = tuple(notes)
        self.stop_signal = stop_signal
        self.serves = serves
        self.environment = environment
        self.entry_point = entry_point

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        shown = zip(self.__slots__, self._fields(), strict=True)
        return f"Plan({', '.join(f'{name}={value!r}' for name, value in shown)})"

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


def has_bytecode_elsewhere(plan: Plan, environment: "Mapping[str, str]") -> bool:
    """Whether the interpreter keeps bytecode in a tree of its own (PYTHONPYCACHEPREFIX)."""
    return "PYTHONPYCACHEPREFIX" in environment or any(
        "pycache_prefix" in flag for flag in plan.flags
    )


def compiles_like(plan: Plan, python: str) -> bool:
    """Whether the program's interpreter takes sources as another one does, run without flags."""
    is_same = os.path.realpath(plan.python) == os.path.realpath(python)
    return plan.kind != "command" and not plan.flags and is_same


def titled(words: "Sequence[str]") -> str:
    """Call a target by what was typed, on one line and shortened."""
    title = " ".join(" ".join(words).split())
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
