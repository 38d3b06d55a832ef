"""The sentences about settings and their file, and all of them as TOML for --print-config."""

from autoreload.core.precedence import variable
from autoreload.core.wording import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core import commandline
    from autoreload.core.precedence import Given
    from autoreload.core.settings import Table

_NEVER_SHOWN = (
    "background",
    "config",
    "no_config",
    "no_keep_sockets",
    "print_config",
    "explain",
    "version",
)


def as_toml(given: "Given", table: "Table | None", line: "commandline.Line") -> str:
    """Every setting with where it comes from, as a config file that would say the same."""
    lines = [f"# {table.path}" if table is not None else "# no config file"]
    if line.words:
        origin = _origin("target", given, table) if "target" in given.values else "typed"
        lines.append(f"target = {_literal(line.words)}  # {origin}")
    else:
        lines.append("# target is not set")
    for field in sorted(given.values.keys() - {*_NEVER_SHOWN, "target"}):
        name, value = field.replace("_", "-"), given.values[field]
        origin = _origin(field, given, table)
        if value is None:
            lines.append(f"# {name} is not set")
        else:
            lines.append(f"{name} = {_literal(value)}  # {origin}")
    return "\n".join(lines) + "\n"


def _origin(field: str, given: "Given", table: "Table | None") -> str:
    match given.origins[field]:
        case "variable":
            return variable(field)
        case "file" if table is not None:
            return given.called(field, table).partition(": ")[0]
        case "option":
            return f"--{field.replace('_', '-')}"
    return "default"


def _literal(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case tuple() | list():
            return f"[{', '.join(_literal(one) for one in value)}]"
    return str(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(_letter(one) for one in escaped)}"'


def _letter(letter: str) -> str:
    return letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}"


def setting(field: str) -> str:
    """The name of a field of the options as it is typed."""
    name = {"sockets": "socket"}.get(field, field)
    return name.removesuffix("_s").replace("_", "-")


def settings_changed(name: str, *, restarts: bool) -> Line:
    how = ", restarting" if restarts else ""
    return Line(f"{name} changed, settings applied{how}")


def settings_same(name: str) -> Line:
    return Line(f"{name} changed, the settings are as they were", "dim")


def settings_bad(problem: str) -> Line:
    return Line(f"{problem}. The settings stay as they were", "bad")


def settings_wait(name: str, fields: "Sequence[str]") -> Line:
    """Settings that cannot be applied while autorun runs."""
    named = " and ".join([", ".join(fields[:-1]), fields[-1]] if len(fields) > 1 else fields)
    takes = "take" if len(fields) > 1 else "takes"
    return Line(f"{name} changed: {named} {takes} effect when autorun is started again", "held")
