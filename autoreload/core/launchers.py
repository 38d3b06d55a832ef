"""Find the program that is meant behind `python`, `uv run`, `coverage run` and their like."""

from os.path import basename

from autoreload.core.interpreters import is_interpreter, read
from autoreload.core.reloaders import Stripped, without_own_reloader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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

LAUNCHERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "uv": ("run", UV_OPTIONS),
    "poetry": ("run", ()),
    "pipenv": ("run", ()),
    "pdm": ("run", ("-p", "--project")),
    "hatch": ("run", ()),
    "rye": ("run", ()),
    "dotenv": ("run", ("-f", "--file")),
    "coverage": ("run", COVERAGE_OPTIONS),
    "debugpy": ("", ("--listen", "--connect", "--log-to")),
    "cProfile": ("", ("-o", "--outfile", "-s", "--sort")),
    "pdb": ("", ("-c", "--command")),
    "ddtrace-run": ("", ()),
    "opentelemetry-instrument": ("", ()),
    "env": ("", ("-u", "--unset", "-C", "--chdir")),
}
"""The sub-command that launches, and the options before the program that take the next word."""


def without_reloader(words: "Sequence[str]", environ: "Mapping[str, str]") -> Stripped:
    """Switch off the reloader of the program that a whole command line ends up running.

    The answer's arguments are all words behind the first one.
    """
    program, start = meant(words)
    stripped = without_own_reloader(program, words[start:], environ)
    stripped.args = (*words[1:start], *stripped.args)
    return stripped


def meant(words: "Sequence[str]") -> tuple[str, int]:
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


def _launched(program: str, words: "Sequence[str]") -> int:
    """Tell where the launched program stands, 0 if this launches nothing."""
    if program not in LAUNCHERS:
        return 0
    command, valued = LAUNCHERS[program]
    if command and command not in words[1:2]:
        return 0
    position = 2 if command else 1
    while position < len(words) and _is_passed(words[position], program):
        position += 2 if words[position] in valued else 1
    return position if position < len(words) else 0


def _is_passed(word: str, program: str) -> bool:
    # -m is passed like any flag: what stands behind it is the module.
    return word.startswith("-") or (program == "env" and "=" in word)
