"""Who decides a setting: an option, then a variable, then the config file, then the default."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from autoreload.core.settings import Table

ORDER = ("option", "variable", "file", "default")
"""The nearest first."""


class Given:
    """The value of each setting, by its field, and where that comes from."""

    __slots__ = ("origins", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}

    def put(self, field: str, value: object, origin: str) -> None:
        self.values[field] = value
        self.origins[field] = origin

    def is_nearer(self, field: str, origin: str) -> bool:
        """Whether a field has been said nearer to the user than from there."""
        return field in self.origins and ORDER.index(self.origins[field]) < ORDER.index(origin)

    def add(self, values: "Mapping[str, object]", origin: str) -> None:
        """Take over what nobody nearer has said; a list is replaced, not added to."""
        for field, value in values.items():
            if not self.is_nearer(field, origin):
                self.put(field, value, origin)

    def of(self, origin: str) -> "dict[str, object]":
        """What was said from there."""
        return {field: self.values[field] for field, one in self.origins.items() if one == origin}

    def called(self, field: str, table: "Table | None") -> str:
        """How a setting is named where it was set."""
        name = field.replace("_", "-")
        match self.origins.get(field):
            case "variable":
                return variable(field)
            case "file" if table is not None:
                key = name if name in table.values else field
                return f"{table.where(key)}: {name}"
        return f"--{name}"


def variable(field: str) -> str:
    """The variable of an option."""
    return f"AUTORUN_{field.upper()}"
