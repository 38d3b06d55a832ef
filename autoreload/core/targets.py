"""Decide what the typed target is, and how it is run.

| typed                        | kind     | name                    |
| ---                          | ---      | ---                     |
| `pkg.mod:attr`               | callable | as typed                |
| `x.py`, directory or zip     | script   | the path as typed       |
| `-m pkg.mod`                 | module   | `pkg.mod`               |
| `uvicorn`, a console script  | script   | the script's full path  |
| anything else, behind `--`   | command  | its first word          |

A console script that is no Python text (an .exe) is called by its entry point instead.
"""

from __future__ import annotations

from os.path import dirname, isabs, join, normpath
from typing import TYPE_CHECKING, NamedTuple

from autoreload.core import advice
from autoreload.core.facts import Facts, UsageProblem
from autoreload.core.interpreters import is_interpreter, read, shebang
from autoreload.core.launchers import without_reloader
from autoreload.core.reloaders import announcement

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Facts", "Plan", "UsageProblem", "environment_python", "plan"]

TITLE_LENGTH = 60
OLDEST = (3, 11)


class Plan(NamedTuple):
    """How a target is run."""

    kind: str
    """`callable`, `script`, `module` or `command`."""
    python: str
    """The interpreter, empty for a command."""
    flags: tuple[str, ...]
    name: str
    args: tuple[str, ...]
    """What the program finds in `sys.argv[1:]`; for a command the whole of its argv."""
    title: str
    notes: tuple[str, ...] = ()
    stop_signal: str = "INT"
    serves: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    entry_point: str = ""
    """`module:attr` of a console script that is no text; `name` is `sys.argv[0]` then."""


class _Line(NamedTuple):
    """What was typed, and whom to ask about it."""

    words: Sequence[str]
    python: str | None
    facts: Facts


class _Interpreter(NamedTuple):
    path: str
    flags: tuple[str, ...] = ()
    is_typed: bool = False


def plan(words: Sequence[str], *, dashed: bool, python: str | None, facts: Facts) -> Plan:
    """Find out what the words mean; `python` is the interpreter asked for by option."""
    if not words:
        raise UsageProblem("nothing to run: a command is wanted behind --")
    line = _Line(words, python, facts)
    first = words[0]
    if dashed:
        return _command(line, words)
    if first == "-":
        raise _from_stdin()
    if is_interpreter(first) and not facts.is_dir(first):
        return _interpreted(line)
    chosen = _interpreter(line)
    if first.startswith("-m"):
        return _module(line, chosen, read(words).rest)
    if _is_callable(first, facts):
        return _inside(line, chosen, kind="callable", name=first, args=words[1:])
    return (
        _from_path(line, chosen)
        or _from_environment(line, chosen)
        or _from_search_path(line, chosen)
    )


def environment_python(prefix: str, facts: Facts) -> str | None:
    """Give the interpreter of a virtual environment."""
    for place in ("bin/python", "Scripts/python.exe"):
        path = join(prefix, place)
        if facts.is_file(path):
            return path
    return None


def _interpreter(line: _Line) -> _Interpreter:
    """Choose: the option, the active environment, the project's `.venv`, ours."""
    python, facts = line.python, line.facts
    if python is not None:
        path = environment_python(python, facts) or _located(python, facts)
        if path is None:
            raise UsageProblem(f"no interpreter {python!r}: --python wants a path or a name")
        return _Interpreter(_absolute(path, facts))
    active = facts.environ.get("VIRTUAL_ENV")
    found = (active and environment_python(active, facts)) or facts.project_python()
    # Another name of our own interpreter is ours: sys.executable stays what it is.
    if not found or facts.same_environment(found):
        return _Interpreter(facts.own_python)
    return _Interpreter(found)


def _interpreted(line: _Line) -> Plan:
    """Plan for `python [flags] …`."""
    facts, (typed, *words) = line.facts, line.words
    path = _located(typed, facts)
    if path is None and typed not in ("python", "python3"):
        raise UsageProblem(f"no interpreter {typed!r}, a path or a name on the PATH is wanted")
    # Many systems have no `python`: it means the one that would be taken without the word.
    named = _Interpreter(_absolute(path, facts)) if path else _interpreter(line)
    asked = read(words)
    if asked.runs == "stdin":
        raise _from_stdin()
    if asked.runs == "nothing":
        raise UsageProblem(f"{typed} alone reads a program from the terminal: name a file")
    if asked.runs == "other":
        return _command(line, (typed if path else named.path, *words))
    chosen = named._replace(flags=asked.flags, is_typed=_is_path(typed))
    if asked.runs == "module":
        return _module(line, chosen, asked.rest)
    name, *args = asked.rest
    if facts.is_dir(name) and not facts.is_file(join(name, "__main__.py")):
        raise UsageProblem(advice.missing_main(name))
    if not facts.is_file(name) and not facts.is_dir(name):
        raise _no_file(name, facts)
    return _inside(line, chosen, kind="script", name=name, args=args)


def _module(line: _Line, chosen: _Interpreter, rest: Sequence[str]) -> Plan:
    if not rest or rest[0].startswith("-"):
        raise UsageProblem("-m wants the name of a module")
    name = rest[0]
    if not advice.is_dotted(name):
        better = f": autorun {name}" if ":" in name else ""
        raise UsageProblem(f"-m wants the name of a module, found {name!r}{better}")
    if name.endswith(".py") and line.facts.is_file(name):
        raise UsageProblem(f"-m wants a module, {name!r} is a file: autorun {name} runs it")
    return _inside(line, chosen, kind="module", name=name, args=rest[1:])


def _is_callable(word: str, facts: Facts) -> bool:
    module, colon, attribute = word.partition(":")
    is_drive = len(module) == 1 and attribute[:1] in ("\\", "/")
    if not colon or is_drive or facts.is_file(word):
        return False
    if advice.is_dotted(module) and advice.is_dotted(attribute) and not module.endswith(".py"):
        return True
    raise UsageProblem(advice.not_a_callable_name(word, facts.is_file(module)))


def _from_path(line: _Line, chosen: _Interpreter) -> Plan | None:
    """Plan for a word that is a file or a directory, or must have been meant as one."""
    facts, (word, *args) = line.facts, line.words
    is_path = _is_path(word)
    if facts.is_file(word):
        if _is_python(word, facts):
            if line.python is None:
                chosen = _beside(word, facts) or chosen
            return _inside(line, chosen, kind="script", name=word, args=args)
        if facts.is_executable(word):
            return _command(line, (word if is_path else join(".", word), *args))
        if is_path:
            raise UsageProblem(advice.not_executable(word))
    elif facts.is_dir(word):
        if facts.is_file(join(word, "__main__.py")):
            return _inside(line, chosen, kind="script", name=word, args=args)
        if is_path:
            raise UsageProblem(advice.missing_main(word))
    elif is_path or word.endswith((".py", ".pyw", ".pyz")):
        raise _no_file(word, facts)
    return None


def _from_environment(line: _Line, chosen: _Interpreter) -> Plan | None:
    """Plan for a console script of the chosen interpreter's environment."""
    facts, (word, *args) = line.facts, line.words
    path = facts.script(word, chosen.path)
    if path is None:
        return None
    if _is_python(path, facts):
        flags = read(shebang(facts.first_line(path))[1:]).flags
        return _inside(line, chosen._replace(flags=flags), kind="script", name=path, args=args)
    if entry_point := facts.entry_point(word, chosen.path):
        made = _inside(line, chosen, kind="callable", name=path, args=args)
        return made._replace(entry_point=entry_point)
    return _command(line, (path, *args))


def _from_search_path(line: _Line, chosen: _Interpreter) -> Plan:
    """Plan for a program on the PATH, the last thing that a word can be."""
    facts, (word, *args) = line.facts, line.words
    path = facts.which(word)
    if path is None:
        raise UsageProblem(_unknown(word, chosen, facts))
    made_for = shebang(facts.first_line(path))
    # `pip install --user` puts our own scripts into a folder that is not our environment's.
    ours = chosen.path == facts.own_python and bool(made_for)
    if ours and isabs(made_for[0]) and facts.same_environment(made_for[0]):
        return _inside(line, chosen, kind="script", name=path, args=args)
    return _command(line, line.words)


def _inside(
    line: _Line, chosen: _Interpreter, *, kind: str, name: str, args: Sequence[str]
) -> Plan:
    """Plan for what runs in an interpreter together with our inner."""
    facts = line.facts
    stripped = without_reloader((name, *args), facts.environ)
    notes = []
    if not chosen.is_typed and not facts.same_environment(chosen.path):
        notes.append(f"using {_shown(chosen.path, facts)}")
    if said := announcement(stripped):
        notes.append(said)
    made = Plan(
        kind=kind,
        python=chosen.path,
        flags=chosen.flags,
        name=name,
        args=stripped.args,
        title=_title(line.words),
        notes=tuple(notes),
        stop_signal=stripped.stop_signal,
        serves=stripped.serves,
        environment=stripped.environment,
    )
    version = facts.python_version(chosen.path)
    if version and version[0] == "cpython" and version[1:] >= OLDEST:
        return made
    return _outside(made, version, facts)


def _outside(made: Plan, version: tuple[str, int, int] | None, facts: Facts) -> Plan:
    """Turn a plan into a command, for an interpreter that cannot have us inside."""
    shown = _shown(made.python, facts)
    known = f"{shown} does not tell its version"
    if version is not None:
        known = f"{shown} is {_called(version[0])} {version[1]}.{version[2]}"
    if made.kind == "callable":
        raise UsageProblem(f"{known}, a callable needs CPython 3.11 or newer: name a file")
    option = ("-m",) if made.kind == "module" else ()
    return made._replace(
        kind="command",
        python="",
        flags=(),
        name=made.python,
        args=(made.python, *made.flags, *option, made.name, *made.args),
        notes=(*made.notes, f"{known}, CPython 3.11 or newer is wanted: run as a command"),
    )


def _command(line: _Line, argv: Sequence[str]) -> Plan:
    """Plan for a child process that we only watch."""
    facts, (program, *args) = line.facts, argv
    found = _located(program, facts)
    if found is None:
        # Behind `--` a program of an environment that is not active counts as well.
        found = program = _script(line, program)
    elif _is_path(program) and not facts.is_executable(program):
        raise UsageProblem(advice.not_executable(program))
    stripped = without_reloader((program, *args), facts.environ)
    # Python ends by itself on INT. A shell passes INT over, npm and uv do not hand it on.
    is_python = is_interpreter(program) or bool(shebang(facts.first_line(found)))
    said = announcement(stripped)
    return Plan(
        kind="command",
        python="",
        flags=(),
        name=program,
        args=(program, *stripped.args),
        title=_title(line.words),
        notes=(said,) if said else (),
        stop_signal=stripped.stop_signal if is_python else "TERM",
        serves=stripped.serves,
        environment=stripped.environment,
    )


def _script(line: _Line, word: str) -> str:
    facts = line.facts
    if _is_path(word):
        raise _no_file(word, facts)
    chosen = _interpreter(line)
    path = facts.script(word, chosen.path)
    if path is None:
        raise UsageProblem(_unknown(word, chosen, facts))
    return path


def _is_python(path: str, facts: Facts) -> bool:
    if path.endswith((".py", ".pyw")):
        return True
    line = facts.first_line(path)
    if shebang(line) or facts.is_zip(path):
        return True
    # Installers write this where the interpreter's path is too long or has blanks.
    return line.startswith(b"#!/bin/sh") and "\n'''exec' " in facts.head(path)[:64]


def _beside(path: str, facts: Facts) -> _Interpreter | None:
    """Give the interpreter of the environment that a console script was typed from."""
    if path.endswith(".py") or not _is_path(path):
        return None
    words = shebang(facts.first_line(path))
    if not words or dirname(words[0]) != dirname(normpath(_absolute(path, facts))):
        return None
    return _Interpreter(words[0], read(words[1:]).flags)


def _located(word: str, facts: Facts) -> str | None:
    if _is_path(word):
        return word if facts.is_file(word) else None
    return facts.which(word)


def _no_file(path: str, facts: Facts) -> UsageProblem:
    deeper = [join(name, path) for name in facts.listdir(".") if facts.is_file(join(name, path))]
    return UsageProblem(advice.missing_file(path, deeper or _near_files(path, facts)))


def _near_files(path: str, facts: Facts) -> list[str]:
    folder = dirname(path)
    names = [join(folder, name) for name in facts.listdir(folder or ".")]
    return advice.near(path, [name for name in names if facts.is_file(name)])


def _unknown(word: str, chosen: _Interpreter, facts: Facts) -> str:
    if facts.is_dir(word):
        return advice.missing_main(word)
    if facts.is_file(word):
        return advice.not_executable(word)
    if advice.is_dotted(word) and (path := facts.module_path(word)):
        return advice.bare_module(word, path)
    files = [name for name in facts.listdir(".") if name.endswith((".py", ".pyw", ".pyz"))]
    return advice.missing_command(
        word, advice.near(word, [*facts.script_names(chosen.path), *files])
    )


def _from_stdin() -> UsageProblem:
    return UsageProblem(
        "a program read from stdin cannot be started again: save it to a file and name that"
    )


def _is_path(word: str) -> bool:
    return "/" in word or "\\" in word or word in (".", "..")


def _absolute(path: str, facts: Facts) -> str:
    return path if isabs(path) else join(facts.cwd, path)


def _shown(path: str, facts: Facts) -> str:
    return path.removeprefix(join(facts.cwd, ""))


def _called(implementation: str) -> str:
    return {"cpython": "CPython", "pypy": "PyPy"}.get(implementation, implementation)


def _title(words: Sequence[str]) -> str:
    title = " ".join(" ".join(words).split())
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
