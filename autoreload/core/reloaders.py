"""Know the commands that bring a reloader of their own, and how it is switched off.

Each option and variable below was read in the tool's own source: Django 5.2, Flask 3.1, uvicorn
0.54, gunicorn 27, hypercorn 0.18, granian 2.8, fastapi-cli 0.0.34, sanic 25.12, quart 0.22,
litestar 2.25, pyramid 2.1, taskiq 0.13, dramatiq 2.2, arq 0.28, django-extensions 4.1.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


Words = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]


class Reloader:
    """What one program needs so that it does not reload by itself."""

    def __init__(
        self,
        *programs: str,
        commands: Words = (),
        leading: Words = (),
        flags: Words = (),
        valued: Words = (),
        replaced: Pairs = (),
        added: Words = (),
        variables: Pairs = (),
        arguments_in: str = "",
        stop_signal: str = "INT",
        serves: bool = True,
    ) -> None:
        self.programs = programs
        self.commands = commands  # the sub-commands this is about, none if there are none
        self.leading = leading  # options with a value that may stand before the sub-command
        self.flags = flags  # taken away
        self.valued = valued  # taken away together with their value
        self.replaced = replaced
        self.added = added
        self.variables = variables  # would switch it on again, and the value that does not
        self.arguments_in = arguments_in  # a variable that holds further arguments
        self.stop_signal = stop_signal
        self.serves = serves


class Stripped:
    """A command line after its own reloader has been switched off."""

    __slots__ = (
        "added",
        "args",
        "command",
        "environment",
        "removed",
        "serves",
        "stop_signal",
    )

    def __init__(
        self,
        args: "Sequence[str]",
        *,
        command: str,
        removed: Words = (),
        added: Words = (),
        stop_signal: str = "INT",
        serves: bool = False,
        environment: Pairs = (),
    ) -> None:
        self.args = tuple(args)
        self.command = command  # what to call it, like `manage.py runserver`
        self.removed = removed
        self.added = added
        self.stop_signal = stop_signal
        self.serves = serves
        self.environment = environment


RELOAD_OPTIONS = ("--reload-dir", "--reload-include", "--reload-exclude", "--reload-delay")
FLASK_OPTIONS = ("-A", "--app", "-e", "--env-file")

TABLE = (
    Reloader(
        "manage.py",
        "manage",
        "django-admin",
        "django-admin.py",
        "django",
        # daphne's and staticfiles' runserver are sub-classes and know the option, too.
        commands=("runserver", "runserver_plus"),
        leading=("--settings", "--pythonpath", "-v", "--verbosity"),
        added=("--noreload",),
    ),
    Reloader(
        "flask",
        commands=("run",),
        leading=FLASK_OPTIONS,
        flags=("--reload",),
        added=("--no-reload",),  # --debug switches it on as well, and FLASK_RUN_RELOAD
    ),
    Reloader(
        "quart",
        commands=("run",),
        leading=FLASK_OPTIONS,
        flags=("--reload",),
        added=("--no-reload",),
    ),
    Reloader(
        "fastapi",
        commands=("dev",),
        flags=("--reload",),
        valued=("--reload-dir",),
        added=("--no-reload",),
    ),
    Reloader("fastapi", commands=("run",), flags=("--reload",)),
    Reloader(
        "uvicorn",
        flags=("--reload",),
        valued=RELOAD_OPTIONS,
        variables=(("UVICORN_RELOAD", "false"),),
    ),
    Reloader(
        "gunicorn",
        flags=("--reload",),
        valued=("--reload-engine", "--reload-extra-file"),
        arguments_in="GUNICORN_CMD_ARGS",
        stop_signal="TERM",  # INT drops the requests in flight
    ),
    Reloader("hypercorn", flags=("--reload",)),
    Reloader(
        "granian",
        flags=(
            "--reload",
            "--reload-ignore-worker-failure",
            "--no-reload-ignore-worker-failure",
        ),
        valued=(
            "--reload-paths",
            "--reload-ignore-dirs",
            "--reload-ignore-patterns",
            "--reload-ignore-paths",
            "--reload-tick",
        ),
        variables=(("GRANIAN_RELOAD", "false"),),
    ),
    Reloader(
        "sanic",
        flags=("-r", "--reload", "--auto-reload"),
        valued=("-R", "--reload-dir"),
        replaced=(("-d", "--debug"), ("--dev", "--debug")),  # dev is debug and reload
    ),
    Reloader(
        "litestar",
        commands=("run",),
        leading=("--app", "--app-dir"),
        flags=("-r", "--reload"),
        # Each of these switches it on by itself, and so do the variables.
        valued=("-R", "--reload-dir", "-I", "--reload-include", "-E", "--reload-exclude"),
        variables=(
            ("LITESTAR_RELOAD", "false"),
            ("LITESTAR_RELOAD_DIRS", ""),
            ("LITESTAR_RELOAD_INCLUDES", ""),
            ("LITESTAR_RELOAD_EXCLUDES", ""),
        ),
    ),
    Reloader(
        "pserve",
        "pyramid.scripts.pserve",
        flags=("--reload",),
        valued=("--reload-interval",),
    ),
    Reloader(
        "dramatiq",
        "dramatiq-gevent",
        flags=("--watch-use-polling",),
        valued=("--watch", "-i", "--watch-include", "-x", "--watch-exclude"),
        serves=False,
    ),
    Reloader(
        "taskiq",
        commands=("worker",),
        flags=("-r", "--reload"),
        valued=("--reload-dir",),
        serves=False,
    ),
    Reloader("arq", valued=("--watch",), serves=False),
    # Without a reloader; they are here because they listen.
    Reloader("daphne"),
    Reloader("waitress-serve", "waitress"),
    Reloader("http.server"),
)


def without_own_reloader(
    program: str, args: "Sequence[str]", environ: "Mapping[str, str] | None" = None
) -> Stripped:
    """Switch off what `program args` would reload by itself.

    `program` is the name of a script or of a module behind `-m`. Doing it twice changes nothing,
    and what follows `--` is left alone. Of `environ`, only variables that are set and would
    switch the reloader on are answered with a harmless value.
    """
    name = program.removesuffix(".exe").removesuffix(".EXE")
    # A bare `--` ends the options, behind it every word is the program's own.
    end = args.index("--") if "--" in args else len(args)
    for record in TABLE:
        if name not in record.programs:
            continue
        position = _command_position(record, args[:end])
        if position is not None:
            return _strip(record, name, args, position, end, environ or {})
    return Stripped(args, command=name)


def announcement(stripped: Stripped) -> str | None:
    """Say what was switched off, if anything was."""
    parts = []
    if stripped.removed:
        parts.append(f"{' '.join(stripped.removed)} removed")
    if stripped.added:
        parts.append(f"{' '.join(stripped.added)} added")
    parts += [f"{name} overridden" for name, _ in stripped.environment]
    if not parts:
        return None
    return f"{stripped.command}: its own reloader is switched off ({', '.join(parts)})"


def _command_position(record: Reloader, args: "Sequence[str]") -> int | None:
    """Find where the arguments of the record's sub-command begin."""
    if not record.commands:
        return 0
    position = 0
    while position < len(args) and args[position].startswith("-"):
        position += 2 if args[position] in record.leading else 1
    if position < len(args) and args[position] in record.commands:
        return position + 1
    return None


def _strip(
    record: Reloader,
    name: str,
    args: "Sequence[str]",
    position: int,
    end: int,
    environ: "Mapping[str, str]",
) -> Stripped:
    kept, removed, put = _without(record, args[position:end])
    # In front of the other arguments, so that no `--` or trailing list swallows them.
    added = tuple(option for option in record.added if option not in kept)
    return Stripped(
        args=(*args[:position], *added, *kept, *args[end:]),
        removed=removed,
        added=(*added, *put),
        stop_signal=record.stop_signal,
        serves=record.serves,
        environment=_overridden(record, environ),
        command=" ".join((name, *args[position - 1 : position])) if position else name,
    )


def _without(record: Reloader, words: "Sequence[str]") -> tuple[Words, Words, Words]:
    """Part the words into those that stay, those that went and those put in their place."""
    replaced = dict(record.replaced)
    kept: list[str] = []
    removed: list[str] = []
    put: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word in record.flags:
            removed.append(word)
        elif word in record.valued:
            removed += [word, *_next(remaining)]
        elif _has_value_attached(word, record.valued):
            removed.append(word)
        elif word in replaced:
            removed.append(word)
            kept.append(replaced[word])
            put.append(replaced[word])
        else:
            kept.append(word)
    return tuple(kept), tuple(removed), tuple(put)


def _next(words: "Iterator[str]") -> Words:
    for word in words:
        return (word,)
    return ()


def _has_value_attached(word: str, valued: Words) -> bool:
    if word.startswith("--"):
        return "=" in word and word[: word.index("=")] in valued
    return len(word) > 2 and word[:2] in valued


def _overridden(record: Reloader, environ: "Mapping[str, str]") -> Pairs:
    found = [
        (name, harmless)
        for name, harmless in record.variables
        if environ.get(name, harmless) not in (harmless, "", "0")
    ]
    typed = environ.get(record.arguments_in, "") if record.arguments_in else ""
    if "--reload" in typed:
        import shlex  # brings re along, and hardly anybody needs it

        kept, removed, _ = _without(record, shlex.split(typed))
        if removed:
            found.append((record.arguments_in, shlex.join(kept)))
    return tuple(found)
