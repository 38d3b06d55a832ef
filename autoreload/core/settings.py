"""What a config file may say: its keys checked against the options, with the line of what is wrong.

A key is the long name of an option, with `-` or `_`; `target` is the only one that is none. The
file is checked here and not by click, because a text is a text there: `delay = "1"` and
`quiet = "no"` would pass.
"""

from os.path import basename

from autoreload.core import advice
from autoreload.core.options import OptionsProblem, out_of_bounds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

TARGET = "target"
HEADER = "tool.autorun"
"""The table of a pyproject.toml that is ours."""


class Setting:
    """An option that may stand in a file, by its long name without the dashes."""

    __slots__ = ("alone", "choices", "denied", "kind", "least", "name", "opposites")

    def __init__(
        self,
        name: str,
        kind: "Literal['flag', 'texts', 'text', 'seconds', 'choice']",
        *,
        choices: "Iterable[str]" = (),
        least: float = 0.0,
        alone: "str | float | None" = None,
        denied: str | None = None,
        opposites: "Iterable[str]" = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.choices = tuple(choices)
        self.least = least
        """Of a number of seconds."""
        self.alone = alone
        """What the option means without a value, as does `true`; None if it must have one."""
        self.denied = denied
        """What `false` means of an option that has a value."""
        self.opposites = frozenset(opposites)
        """What switches it off on the command line, as `no-reload`; here that is `false`."""

    @property
    def field(self) -> str:
        """The name as Python and the environment write it."""
        return self.name.replace("-", "_")


class Table:
    """What stands in a config file about autorun."""

    __slots__ = ("_text", "folder", "path", "values")

    def __init__(self, path: str, values: "Mapping[str, object]", text: str = "") -> None:
        self.path = path
        self.folder = path.rpartition("/")[0] or "/"
        self.values = values
        self._text = text

    @property
    def name(self) -> str:
        return basename(self.path)

    def where(self, key: str) -> str:
        """File and line of a key: `pyproject.toml:12`; the file alone if the line is not found."""
        header = HEADER if self.name == "pyproject.toml" else ""
        line = line_of(key, self._text, header)
        return f"{self.name}:{line}" if line else self.name


def line_of(key: str, text: str, header: str) -> int | None:
    """The line that a key stands on in its table, by the look of it; None if it is not plain."""
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            here = stripped.strip("[").partition("]")[0].strip()
            if here == (f"{header}.{key}" if header else key):
                return number
        elif here == header:
            left, equals, _ = stripped.partition("=")
            if equals and left.strip().strip("\"'") == key:
                return number
    return None


def checked(table: Table, settings: "Iterable[Setting]") -> "dict[str, object]":
    """The values of a table by the field of each setting; `target` is a tuple of words.

    Raises OptionsProblem for the first key that is none of ours or has a bad value.
    """
    known = {one.field: one for one in settings}
    found: dict[str, object] = {}
    for key, value in table.values.items():
        field = key.replace("-", "_")
        try:
            if field in found:
                raise OptionsProblem(f"{key!r} is there already with the other dash")
            if field == TARGET:
                found[field] = words(value)
            elif field in known:
                found[field] = _value(known[field], value)
            else:
                raise OptionsProblem(_unknown(key, table, known))
        except OptionsProblem as problem:
            raise OptionsProblem(f"{table.where(key)}: {problem}") from None
    return found


def words(value: object) -> tuple[str, ...]:
    """The target: a line as it is typed, or the list of its words. Raises OptionsProblem."""
    match value:
        case str():
            import shlex

            try:
                found = tuple(shlex.split(value))
            except ValueError as error:
                raise OptionsProblem(f"target cannot be split: {str(error).lower()}") from None
        case list() if all(isinstance(one, str) for one in value):
            found = tuple(value)
        case _:
            raise OptionsProblem(f"target wants a text or a list of texts, found {_shown(value)}")
    if not found:
        raise OptionsProblem("target is empty")
    if any("\0" in word for word in found):
        raise OptionsProblem("target holds a NUL character")
    return found


def _value(setting: Setting, value: object) -> object:
    if isinstance(value, bool) and setting.kind != "flag":
        if value and setting.alone is not None:
            return setting.alone
        if not value and setting.alone is not None:
            return setting.denied
    match setting.kind, value:
        case "flag", bool():
            return value
        case "texts", str():
            return (_text(setting, value),)
        case "texts", list() if all(isinstance(one, str) for one in value):
            return tuple(_text(setting, one) for one in value)
        case "text", str():
            return _text(setting, value)
        case "choice", str() if value in setting.choices:
            return value
        case "seconds", int() | float() if not isinstance(value, bool):
            if complaint := out_of_bounds(value, setting.least):
                raise OptionsProblem(f"{setting.name} = {complaint}")
            return float(value)
    raise OptionsProblem(f"{setting.name} wants {_wanted(setting)}, found {_shown(value)}")


def _text(setting: Setting, text: str) -> str:
    if "\0" in text:
        raise OptionsProblem(f"{setting.name} holds a NUL character")
    return text


def _wanted(setting: Setting) -> str:
    wanted = {
        "flag": ["true", "false"],
        "texts": ["a text", "a list of texts"],
        "text": ["a text"],
        "seconds": ["a number of seconds"],
        "choice": [*map(repr, setting.choices)],
    }[setting.kind]
    if setting.alone is not None:
        wanted += ["true", "false"]
    return " or ".join([", ".join(wanted[:-1]), wanted[-1]]) if len(wanted) > 1 else wanted[0]


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            text = repr(value)
            return text if len(text) <= 40 else f"{text[:39]}…"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "a date"


def _unknown(key: str, table: Table, known: "Mapping[str, Setting]") -> str:
    for one in known.values():
        if key.replace("_", "-") in one.opposites:
            return f"{key!r} is written {one.name} = false"
    if key == "tool" and table.name != "pyproject.toml":
        return f"the settings stand in this file without [{HEADER}]"
    near = advice.near(key.replace("_", "-"), [TARGET, *(one.name for one in known.values())])
    return f"no setting {key!r}{advice.did_you_mean(near) or '; autorun --print-config has all'}"


# --- paths --------------------------------------------------------------------------------------


def anchored(values: "Mapping[str, object]", folder: str) -> "dict[str, object]":
    """The values with every path and glob that is relative to a folder made absolute."""
    found = dict(values)
    for field, place in _PLACES.items():
        value = found.get(field)
        if isinstance(value, str):
            found[field] = "".join(place(value, folder))
        elif isinstance(value, tuple):
            found[field] = tuple(one for text in value for one in place(text, folder))
    return found


def _path_at(text: str, folder: str) -> list[str]:
    """A path; a bare name is found on the PATH, `~` is somebody's home, and a port is no path."""
    if "/" not in text or text.startswith(("/", "~")):
        return [text]
    return [f"{folder.rstrip('/')}/{text.removeprefix('./')}"]


def _file_at(text: str, folder: str) -> list[str]:
    """A path of which a bare name is one as well; without a name it means something else."""
    return [text] if not text or "/" in text else [f"{folder.rstrip('/')}/{text}"]


def _glob_at(pattern: str, folder: str) -> list[str]:
    if not pattern or pattern.startswith(("/", "~")):
        return [pattern]
    start = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in folder.rstrip("/"))
    anywhere = "/" not in pattern and any(letter in pattern for letter in "*?[")
    return [f"{start}/{'**/' if anywhere else ''}{pattern.removeprefix('./')}"]


def _ignored_at(pattern: str, folder: str) -> list[str]:
    """As a .gitignore of that folder has it; an absolute path means itself as well."""
    sign, text = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    if not text or text.startswith("#"):
        return [pattern]
    start = "".join(f"\\{letter}" if letter in "*?[\\" else letter for letter in folder.rstrip("/"))
    anywhere = "/" not in text.rstrip("/").rstrip()
    below = f"{sign}{start}/{'**/' if anywhere else ''}{text.lstrip('/')}"
    return [below, pattern] if text.startswith("/") else [below]


_PLACES: "dict[str, Callable[[str, str], list[str]]]" = {
    "watch": _glob_at,
    "ignore": _ignored_at,
    "python": _path_at,
    "socket": _path_at,
    "log_file": lambda text, folder: _path_at(_file_at(text, folder)[0], folder),
    "events": lambda text, folder: (
        [text] if text.startswith("fd:") else _path_at(_file_at(text, folder)[0], folder)
    ),
    "explain": lambda text, folder: _path_at(_file_at(text, folder)[0], folder),
}
"""The settings that name files, and how each is made absolute."""
