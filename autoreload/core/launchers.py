"""Find the program that is meant behind `python`, `uv run`, `coverage run` and their like."""

from __future__ import annotations

from os.path import basename
from typing import TYPE_CHECKING, NamedTuple

from autoreload.core.interpreters import is_interpreter, read
from autoreload.core.reloaders import Stripped, without_own_reloader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Launcher(NamedTuple):
    """A program whose arguments are another program's command line."""

    program: str
    command: str = ""
    valued: tuple[str, ...] = ()
    """Its options that take the next word."""


UV_OPTIONS = (
    *("--with", "--with-editable", "--with-requirements", "--python", "-p", "--project"),
    *("--directory", "--env-file", "--extra", "--no-extra", "--group", "--no-group"),
    *("--only-group", "--package", "--index", "--default-index", "--index-url", "-i"),
    *("--extra-index-url", "--find-links", "-f", "--upgrade-package", "-P", "--cache-dir"),
    *("--config-file", "--color", "-w"),
)
COVERAGE_OPTIONS = (
    *("--source", "--source-pkgs", "--omit", "--include", "--rcfile", "--context"),
    *("--data-file", "--concurrency", "--debug", "--save-signal"),
)

LAUNCHERS = (
    Launcher("uv", "run", UV_OPTIONS),
    Launcher("poetry", "run"),
    Launcher("pipenv", "run"),
    Launcher("pdm", "run", ("-p", "--project")),
    Launcher("hatch", "run"),
    Launcher("rye", "run"),
    Launcher("dotenv", "run", ("-f", "--file")),
    Launcher("coverage", "run", COVERAGE_OPTIONS),
    Launcher("debugpy", "", ("--listen", "--connect", "--log-to")),
    Launcher("cProfile", "", ("-o", "--outfile", "-s", "--sort")),
    Launcher("pdb", "", ("-c", "--command")),
    Launcher("ddtrace-run"),
    Launcher("opentelemetry-instrument"),
    Launcher("env", "", ("-u", "--unset", "-C", "--chdir")),
)


def without_reloader(words: Sequence[str], environ: Mapping[str, str]) -> Stripped:
    """Switch off the reloader of the program that a whole command line ends up running.

    The answer's arguments are all words behind the first one.
    """
    program, start = meant(words)
    stripped = without_own_reloader(program, words[start:], environ)
    return stripped._replace(args=(*words[1:start], *stripped.args))


def meant(words: Sequence[str]) -> tuple[str, int]:
    """Name the program that is meant, and tell where its arguments begin."""
    program = basename(words[0].replace("\\", "/"))
    if is_interpreter(program):
        line = read(words[1:])
        if line.runs not in ("script", "module") or not line.rest:
            return program, len(words)
        start = len(words) - len(line.rest) + 1
        inside, skipped = meant(line.rest)
        return inside, start - 1 + skipped
    start = _launched(program.removesuffix(".exe"), words)
    if start == 0:
        return program, 1
    inside, skipped = meant(words[start:])
    return inside, start + skipped


def _launched(program: str, words: Sequence[str]) -> int:
    """Tell where the launched program stands, 0 if this launches nothing."""
    for launcher in LAUNCHERS:
        if launcher.program != program:
            continue
        position = 1
        if launcher.command:
            if launcher.command not in words[1:2]:
                return 0
            position = 2
        while position < len(words) and _is_passed(words[position], program):
            position += 2 if words[position] in launcher.valued else 1
        return position if position < len(words) else 0
    return 0


def _is_passed(word: str, program: str) -> bool:
    # -m is passed like any flag: what stands behind it is the module.
    return word.startswith("-") or (program == "env" and "=" in word)
