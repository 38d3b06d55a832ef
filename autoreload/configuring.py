"""Puts together what the typed line, the environment and the config file say."""

import os

from autoreload.core import commandline
from autoreload.core.options import Options, OptionsProblem
from autoreload.core.variables import FOR_APP
from autoreload.system import configs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autoreload.core.changes import Signature
    from autoreload.core.commandline import Line
    from autoreload.core.precedence import Given
    from autoreload.core.settings import Table


class Settled:
    """What is to be run, and how; with where each setting comes from."""

    __slots__ = ("folder", "given", "line", "notes", "options", "table")

    def __init__(
        self,
        line: "Line",
        options: Options,
        folder: str,
        *,
        given: "Given | None" = None,
        table: "Table | None" = None,
        notes: "Sequence[str]" = (),
    ) -> None:
        self.line = line
        self.options = options
        self.folder = folder
        """Where the target is run: a target of the config file in the folder of the file."""
        self.given = given
        """None when nothing but a target was said, by nobody."""
        self.table = table
        self.notes = tuple(notes)


class Configuration:
    """The settings of one autorun; the config file may be read again while it runs."""

    def __init__(self, words: "Sequence[str]", environment: "Mapping[str, str]") -> None:
        """Raises FileNotFoundError when the current directory is gone."""
        self._words = words
        self._environment = environment
        self._started_in = os.getcwd()
        self._folder = ""
        self.options = Options()
        """Those that everybody holds: what is applied while autorun runs is changed in place."""
        self.target: tuple[str, ...] = ()
        self.seen: Mapping[str, Signature | None] = {}
        """Files that decide, and those that would if they were there; as they were read."""

    def begin(self) -> Settled | None:
        """What autorun starts with; None when help or version was shown. Raises OptionsProblem."""
        settled = self.read()
        if settled is not None:
            self.options, self.target = settled.options, settled.line.words
        return settled

    def read(self) -> Settled | None:
        """Everything that is said now; None when help or version was shown.

        Raises OptionsProblem.
        """
        found = None
        if commandline.plain(self._words) and not has_variables(self._environment):
            found = self._find()
            if found.table is None:
                self.seen = found.looked
                line = commandline.split(self._words, lambda _: None)
                return Settled(line, Options(), self._started_in)
        from autoreload import cli

        line = commandline.split(self._words, cli.arity)
        given = cli.parse(line.options)
        if given is None:
            return None
        if found is None:
            found = self._find(given.values["config"], is_off=given.values["no_config"])
        self.seen = found.looked
        return self._settled(line, given, found)

    def _find(self, path: str | None = None, *, is_off: bool = False) -> configs.Found:
        if path is not None:
            if is_off:
                raise OptionsProblem("--config and --no-config exclude each other")
            return configs.named(os.path.join(self._started_in, os.path.expanduser(path)))
        if is_off:
            return configs.Found()
        home = os.path.realpath(self._environment.get("HOME", "/"))
        return configs.find(self._started_in, home)

    def _settled(self, line: "Line", given: "Given", found: configs.Found) -> Settled:
        from autoreload import cli
        from autoreload.core import settings

        table = found.table
        values = {} if table is None else settings.checked(table, cli.settings())
        if line.target or line.dashed:
            values.pop(settings.TARGET, None)
        here = table.folder if table is not None and settings.TARGET in values else ""
        # When the file is read again, the program runs where it has begun.
        self._folder = self._folder or here or self._started_in
        if table is not None:
            if table.folder != self._folder:
                values = settings.anchored(values, table.folder)
            given.add(values, "file")
        if self._folder != self._started_in:
            for origin in ("option", "variable"):
                given.values |= settings.anchored(given.of(origin), self._started_in)
        if target := given.values.get(settings.TARGET):
            line = _line_of_file(target, given.called(settings.TARGET, table))
        options = cli.options(given.values, lambda field: given.called(field, table))
        _check_signal(options, given, table)
        notes = self._notes(found, options, here)
        return Settled(line, options, self._folder, given=given, table=table, notes=notes)

    def _notes(self, found: configs.Found, options: Options, here: str) -> list[str]:
        if (table := found.table) is None:
            return []
        notes = []
        path = os.path.relpath(table.path, self._started_in)
        if here and here != self._started_in:
            notes.append(f"the target of {path} runs in {here}")
        if options.verbose:
            notes.append(f"settings from {path}")
            if found.passed_over:
                other = os.path.basename(found.passed_over)
                notes.append(f"{path} counts, [tool.autorun] of {other} beside it does not")
        return notes


def _line_of_file(target: "Sequence[str]", called: str) -> "Line":
    line = commandline.split(target, lambda _: None)
    if line.options:
        name = line.options[0]
        raise OptionsProblem(f"{called} begins with {name!r}: options are settings of their own")
    return line


def _check_signal(options: Options, given: "Given", table: "Table | None") -> None:
    from autoreload.system.signals import number_of

    try:
        number_of(options.signal or "INT")
    except ValueError:
        raise OptionsProblem(
            f"{given.called('signal', table)} {options.signal!r} is no signal; "
            "INT, TERM, HUP or QUIT are"
        ) from None


def has_variables(environment: "Mapping[str, str]") -> bool:
    """Whether the environment may hold an option."""
    return any(name.startswith("AUTORUN_") and name not in FOR_APP for name in environment)
