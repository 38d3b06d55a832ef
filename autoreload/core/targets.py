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

from os.path import dirname, isabs, join

from autoreload.core import advice
from autoreload.core.environments import (
    Interpreter,
    beside,
    choose,
    is_path,
    located,
    real,
    shown,
)
from autoreload.core.facts import UsageProblem
from autoreload.core.interpreters import is_interpreter, read, shebang
from autoreload.core.launchers import without_reloader
from autoreload.core.plans import Plan, titled
from autoreload.core.reloaders import announcement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.facts import Facts

__all__ = ["Plan", "UsageProblem", "plan"]

OLDEST = (3, 11)


class _Line:
    """What was typed, and whom to ask about it."""

    __slots__ = ("facts", "python", "words")

    def __init__(self, words: "Sequence[str]", python: str | None, facts: "Facts") -> None:
        self.words = words
        self.python = python
        self.facts = facts


def plan(words: "Sequence[str]", *, dashed: bool, python: str | None, facts: "Facts") -> Plan:
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
    chosen = choose(line.python, line.facts)
    if first.startswith("-m"):
        return _module(line, chosen, read(words).rest)
    if _is_callable(first, facts):
        return _inside(line, chosen, kind="callable", name=first, args=words[1:])
    return (
        _from_path(line, chosen)
        or _from_environment(line, chosen)
        or _from_search_path(line, chosen)
    )


def _interpreted(line: _Line) -> Plan:
    """Plan for `python [flags] …`."""
    facts, (typed, *words) = line.facts, line.words
    path = located(typed, facts)
    if path is None and typed not in ("python", "python3"):
        raise UsageProblem(f"no interpreter {typed!r}, a path or a name on the PATH is wanted")
    # Many systems have no `python`: it means the one that would be taken without the word.
    named = real(path, facts) if path else choose(line.python, line.facts)
    asked = read(words)
    if asked.runs == "stdin":
        raise _from_stdin()
    if asked.runs == "nothing":
        raise UsageProblem(f"{typed} alone reads a program from the terminal: name a file")
    if asked.runs == "other":
        return _command(line, (typed if path else named.path, *words))
    chosen = Interpreter(named.path, asked.flags, is_typed=is_path(typed))
    if asked.runs == "module":
        return _module(line, chosen, asked.rest)
    name, *args = asked.rest
    if facts.is_dir(name) and not facts.is_file(join(name, "__main__.py")):
        raise UsageProblem(advice.missing_main(name))
    if not facts.is_file(name) and not facts.is_dir(name):
        raise _no_file(name, facts)
    return _inside(line, chosen, kind="script", name=name, args=args)


def _module(line: _Line, chosen: Interpreter, rest: "Sequence[str]") -> Plan:
    if not rest or rest[0].startswith("-"):
        raise UsageProblem("-m wants the name of a module")
    name = rest[0]
    if not advice.is_dotted(name):
        better = f": autorun {name}" if ":" in name else ""
        raise UsageProblem(f"-m wants the name of a module, found {name!r}{better}")
    if name.endswith(".py") and line.facts.is_file(name):
        raise UsageProblem(f"-m wants a module, {name!r} is a file: autorun {name} runs it")
    return _inside(line, chosen, kind="module", name=name, args=rest[1:])


def _is_callable(word: str, facts: "Facts") -> bool:
    module, colon, attribute = word.partition(":")
    is_drive = len(module) == 1 and attribute[:1] in ("\\", "/")
    if not colon or is_drive or facts.is_file(word):
        return False
    if advice.is_dotted(module) and advice.is_dotted(attribute) and not module.endswith(".py"):
        return True
    raise UsageProblem(advice.not_a_callable_name(word, facts.is_file(module)))


def _from_path(line: _Line, chosen: Interpreter) -> Plan | None:
    """Plan for a word that is a file or a directory, or must have been meant as one."""
    facts, (word, *args) = line.facts, line.words
    must_be_path = is_path(word)
    if facts.is_file(word):
        if _is_python(word, facts):
            if line.python is None:
                chosen = beside(word, facts) or chosen
            return _inside(line, chosen, kind="script", name=word, args=args)
        if facts.is_executable(word):
            return _command(line, (word if must_be_path else join(".", word), *args))
        if must_be_path:
            raise UsageProblem(advice.not_executable(word))
    elif facts.is_dir(word):
        if facts.is_file(join(word, "__main__.py")):
            return _inside(line, chosen, kind="script", name=word, args=args)
        if must_be_path:
            raise UsageProblem(advice.missing_main(word))
    elif must_be_path or word.endswith((".py", ".pyw", ".pyz")):
        raise _no_file(word, facts)
    return None


def _from_environment(line: _Line, chosen: Interpreter) -> Plan | None:
    """Plan for a console script of the chosen interpreter's environment."""
    facts, (word, *args) = line.facts, line.words
    path = facts.script(word, chosen.path)
    if path is None:
        return None
    if _is_python(path, facts):
        chosen = Interpreter(chosen.path, read(shebang(facts.first_line(path))[1:]).flags)
        return _inside(line, chosen, kind="script", name=path, args=args)
    if entry_point := facts.entry_point(word, chosen.path):
        return _inside(line, chosen, kind="callable", name=path, args=args, entry_point=entry_point)
    return _command(line, (path, *args))


def _from_search_path(line: _Line, chosen: Interpreter) -> Plan:
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
    line: _Line,
    chosen: Interpreter,
    *,
    kind: str,
    name: str,
    args: "Sequence[str]",
    entry_point: str = "",
) -> Plan:
    """Plan for what runs in an interpreter together with our inner."""
    facts = line.facts
    stripped = without_reloader((name, *args), facts.environ)
    notes = []
    if not chosen.is_typed and not facts.same_environment(chosen.path):
        notes.append(f"using {shown(chosen.path, facts)}")
    if said := announcement(stripped):
        notes.append(said)
    version = facts.python_version(chosen.path)
    if not version or version[0] != "cpython" or version[1:] < OLDEST:
        known = _version_told(shown(chosen.path, facts), version)
        notes.append(f"{known}, CPython 3.11 or newer is wanted: run as a command")
        if kind == "callable" and not entry_point:
            raise UsageProblem(f"{known}, a callable needs CPython 3.11 or newer: name a file")
        option = ("-m",) if kind == "module" else ()
        # An .exe knows its interpreter.
        start = (name,) if entry_point else (chosen.path, *chosen.flags, *option, name)
        kind, name, chosen, entry_point = "command", start[0], Interpreter(""), ""
        stripped.args = (*start, *stripped.args)
    return Plan(
        kind,
        name,
        title=titled(line.words),
        args=stripped.args,
        python=chosen.path,
        flags=chosen.flags,
        notes=notes,
        stop_signal=stripped.stop_signal,
        serves=stripped.serves,
        environment=stripped.environment,
        entry_point=entry_point,
    )


def _command(line: _Line, argv: "Sequence[str]") -> Plan:
    """Plan for a child process that we only watch."""
    facts, (program, *args) = line.facts, argv
    found = located(program, facts)
    if found is None:
        # Behind `--` a program of an environment that is not active counts as well.
        found = program = _script(line, program)
    elif is_path(program) and not facts.is_executable(program):
        raise UsageProblem(advice.not_executable(program))
    stripped = without_reloader((program, *args), facts.environ)
    # Python ends by itself on INT. A shell passes INT over, npm and uv do not hand it on.
    is_python = is_interpreter(program) or bool(shebang(facts.first_line(found)))
    said = announcement(stripped)
    return Plan(
        "command",
        program,
        title=titled(line.words),
        args=(program, *stripped.args),
        notes=(said,) if said else (),
        stop_signal=stripped.stop_signal if is_python else "TERM",
        serves=stripped.serves,
        environment=stripped.environment,
    )


def _script(line: _Line, word: str) -> str:
    facts = line.facts
    if is_path(word):
        raise _no_file(word, facts)
    chosen = choose(line.python, line.facts)
    path = facts.script(word, chosen.path)
    if path is None:
        raise UsageProblem(_unknown(word, chosen, facts))
    return path


def _is_python(path: str, facts: "Facts") -> bool:
    if path.endswith((".py", ".pyw", ".pyc")):
        return True
    line = facts.first_line(path)
    if shebang(line) or facts.is_zip(path):
        return True
    # Installers write this where the interpreter's path is too long or has blanks.
    return line.startswith(b"#!/bin/sh") and "\n'''exec' " in facts.head(path)[:64]


def _no_file(path: str, facts: "Facts") -> UsageProblem:
    deeper = [join(name, path) for name in facts.listdir(".") if facts.is_file(join(name, path))]
    return UsageProblem(advice.missing_file(path, deeper or _near_files(path, facts)))


def _near_files(path: str, facts: "Facts") -> list[str]:
    folder = dirname(path)
    names = [join(folder, name) for name in facts.listdir(folder or ".")]
    return advice.near(path, [name for name in names if facts.is_file(name)])


def _unknown(word: str, chosen: Interpreter, facts: "Facts") -> str:
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


def _version_told(python: str, version: tuple[str, int, int] | None) -> str:
    if version is None:
        return f"{python} does not tell its version"
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(version[0], version[0])
    return f"{python} is {name} {version[1]}.{version[2]}"
