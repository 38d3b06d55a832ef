"""Changes in, verdict out: nothing, hold, or start again."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Change


class Broken:
    """Code that does not compile, or has failed: where and why."""

    __slots__ = ("column", "kind", "line", "path", "source", "start", "text")

    def __init__(
        self,
        path: str,
        line: int,
        column: int,
        kind: str,
        text: str,
        source: str,
        *,
        start: int = 0,
    ) -> None:
        self.path = path
        self.line = line
        """From 1; 0 when it is not known, as with `column`."""
        self.column = column
        self.kind = kind
        self.text = text
        self.source = source
        """The line of code; of a very long one the part from the character `start` on."""
        self.start = start

    def fields(self) -> "dict[str, object]":
        """As plain data, for a message."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Broken) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash((self.path, self.line, self.column, self.text))

    def __repr__(self) -> str:
        return f"Broken({self.path!r}, {self.line}, {self.text!r})"


class Nothing:
    """What runs is what is on disk."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nothing)

    def __hash__(self) -> int:
        return 0


class Hold:
    """The running app stays, the next save decides."""

    __slots__ = ("broken",)

    def __init__(self, broken: "list[Broken]") -> None:
        self.broken = broken

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hold) and self.broken == other.broken

    def __hash__(self) -> int:
        return len(self.broken)


class Restart:
    """The app is started again because of these changes."""

    __slots__ = ("changes",)

    def __init__(self, changes: "list[Change]") -> None:
        self.changes = changes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Restart) and self.changes == other.changes

    def __hash__(self) -> int:
        return len(self.changes)


Verdict = Nothing | Hold | Restart


def verdict(changes: "list[Change]", broken: "list[Broken]", *, hold: bool = True) -> Verdict:
    """Decide what a settled set of changes asks for."""
    if not changes:
        return Nothing()
    if broken and hold:
        return Hold(broken)
    return Restart(changes)
