"""The reference pages, drawn from the code: options, settings, commands, keys, events, and more.

What stands here is only what holds the tables together. A page is a text by the name of its file
below `docs/reference`.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import click

import autoreload
from autoreload import cli
from autoreload.client import cli as client
from autoreload.core import control, events, keys, precedence, protocol, status
from autoreload.core import variables as app
from autoreload.core.commandline import Line
from autoreload.core.options import LONGEST_S
from autoreload.core.settings import HEADER, TARGET, Setting
from autoreload.core.wording_control import EXIT_CODES
from autoreload.core.wording_settings import as_toml
from tests import said

MADE = "<!-- Drawn from the code by `python tests/test_docs.py --write`: edit it there. -->\n\n"

OWN_EXIT_CODES = (
    ("0", "after Ctrl-C, `q`, `autorun stop`, or the end of what only shows something"),
    ("2", "the line cannot be run as it was typed; one sentence says why"),
    ("the program's", "with `--exit`, with `--exit-on-error` if it failed, and with `--noreload`"),
    (
        "by a signal",
        "after SIGTERM, SIGHUP or SIGQUIT, when everything is cleared away: by the same",
    ),
)

READ = {
    "AUTORUN_…": "every option: see [settings](settings.md). The program does not get to see these",
    "PYTHON_COLORS": "`1`: colour; `0`: none; it beats the next three",
    "NO_COLOR": "not empty: no colour in lines of autorun (no-color.org)",
    "FORCE_COLOR": "colour although it is no terminal; `0` means none",
    "TERM": "`dumb`: no colour and no keys",
    "CI": "not empty: no keys",
    "VIRTUAL_ENV": "the environment whose interpreter runs the program",
    "PATH": "where commands are looked for",
    "XDG_RUNTIME_DIR": "where the control socket is; without it a folder of yours in `/tmp`",
    "_AUTORUN_COMPLETE": "asked for by shells: see [settings](settings.md#completion)",
}
SET = {
    app.ACTIVE: "`1`: autorun runs this",
    app.RUN: "the number of the run, from 1",
    app.CHANGES: "the files that the run is because of, as a JSON list",
    protocol.FLAG: f"`{protocol.FLAG_VALUE}`: this process is run by autorun, and started again",
    protocol.IDENTITY: "the same in all processes of one autorun, by which what is left is found",
    protocol.CONTROL: "the path of the [control socket](control.md)",
    "LISTEN_FDS": "with `--socket`: how many sockets were handed over, from descriptor 3 on",
    "LISTEN_PID": "with `--socket`: to which process",
}
PASSED = {protocol.CHANNEL: "between the processes of autorun; gone before the program begins"}


def drawn(name: str) -> str:
    """One page of the reference."""
    return f"{MADE}{PAGES[name]().rstrip()}\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a bar within a cell is written so that it ends no cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def code(text: str) -> str:
    return f"`{text}`"


# --- options and settings -------------------------------------------------------------------------


def options() -> str:
    rows = [(spelled(one), *meant(one)) for one in of(cli.command) if not one.hidden]
    rows += [("`-h`, `--help`", "", "Show all this, and leave.")]
    return f"""\
# Options

Options stand before the target; everything behind the target belongs to the program. Each can also
be [set in the environment or in a file](settings.md).

    autorun [OPTIONS] TARGET [ARGS]...

{table(("option", "default", "what it does"), rows)}
An option whose value stands in brackets takes it only behind `=`. Repeatable options add up. Times
are seconds, at most {LONGEST_S:,}.

## Exit codes of autorun

{table(("code", "when"), OWN_EXIT_CODES)}
Those of `autorun wait` and the like are with the [commands](commands.md#exit-codes).
"""


def of(command: click.Command) -> Iterator[click.Option]:
    """The options of a command, less the one for help, which click makes."""
    for one in command.params:
        if isinstance(one, click.Option):
            yield one


def spelled(option: click.Option) -> str:
    """All spellings of an option, with what it takes."""
    spellings = [code(one.strip()) for one in (*option.opts, *option.secondary_opts)]
    if option.is_flag:
        return ", ".join(spellings)
    takes = option.metavar or "|".join(getattr(option.type, "choices", ("TEXT",)))
    takes = takes if takes.startswith("[") else f" {takes}"
    return ", ".join((*spellings[:-1], code(spellings[-1].strip("`") + takes)))


def meant(option: click.Option) -> tuple[str, str]:
    """The default and the sentence of an option's help."""
    text, _, default = (option.help or "").partition("  [")
    default = re.sub(r"^default: ", "", default.rstrip("]"))
    default = re.sub(r"^(--\S+) means", r"off; `\1` alone means", default)
    if option.is_flag and isinstance(option.default, bool):
        default = "on" if option.default else "off"
    elif option.is_flag and not (default or option.is_eager):
        default = "off"
    return default, text + (" Repeatable." if option.multiple else "")


def settings() -> str:
    rows = [(code(TARGET), "a line as it is typed, or the list of its words", "")]
    rows += [(code(one.name), kind(one), code(precedence.variable(one.field))) for one in known()]
    return f"""\
# Settings

Who says it, the nearest first:

| | how | |
| --- | --- | --- |
| 1. an option | `--stop-timeout 5` | beats all others; a list replaces a list |
| 2. a variable | `AUTORUN_STOP_TIMEOUT=5`, `AUTORUN_WATCH=a.yaml:b.yaml` | a list as in PATH |
| 3. the config file | `stop-timeout = 5`, `watch = ["a.yaml"]` | |
| 4. the default | | |

`autorun --print-config` shows every setting and where it comes from.

The config file is `autorun.toml`, else `pyproject.toml` if it has `[{HEADER}]`: the nearest one,
here or above, up to the repository's root. Its paths are relative to it. `{TARGET}` is what
`autorun` alone runs, in the folder of the file. `--config FILE` names another file, `--no-config`
looks for none.

The file is read again when it changes, and the program restarted if that makes a difference to it;
what cannot be applied while autorun runs is said. For a key that is none, the nearest one is named.

{table(("key", "value in the file", "variable"), rows)}
All of them, as `autorun --print-config` writes them when nothing is set:

```toml
{defaults()}```

## Completion

```sh
eval "$(_AUTORUN_COMPLETE=bash_source autorun)"     # in ~/.bashrc; zsh_source in ~/.zshrc
_AUTORUN_COMPLETE=fish_source autorun | source      # in ~/.config/fish/config.fish
```
"""


def known() -> list[Setting]:
    return cli.settings()


def kind(setting: Setting) -> str:
    """What may stand behind the key."""
    shown = {
        "flag": "`true` or `false`",
        "texts": "a text or a list of texts",
        "text": "a text",
        "seconds": "seconds",
        "choice": ", ".join(code(f'"{one}"') for one in setting.choices),
    }[setting.kind]
    return shown if setting.alone is None else f"{shown}, `true` or `false`"


def defaults() -> str:
    """What `--print-config` shows where nobody has said anything."""
    given = cli.parse(())
    assert given is not None
    return as_toml(given, None, Line((), (), dashed=False))


# --- commands -------------------------------------------------------------------------------------


def commands() -> str:
    parts = [one_command(name, found) for name, found in client.group.commands.items()]
    codes = [(str(number), text) for number, text in EXIT_CODES.items()]
    return f"""\
# Commands

They speak to the autoruns that were started in this directory or above it, by their
[control socket](control.md). What they answer goes to stdout. Where a file is called
`wait`, `autorun wait` runs the file.

{"".join(parts)}## Exit codes

{table(("code", "when"), codes)}
Of several autoruns the code that matters most counts: broken, not there, out of time, stale.

## Tools of `autorun mcp`

{table(("tool", "answer"), mcp_tools())}"""


def mcp_tools() -> list[tuple[str, str]]:
    """What coding agents are told of each; as text, since the protocol's package is an extra."""
    tree = ast.parse((Path(client.__file__).parent / "mcp.py").read_text("utf-8"))
    tools = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "_Tools")
    return [
        (code(one.name), " ".join((ast.get_docstring(one) or "").split()))
        for one in tools.body
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
    ]


def one_command(name: str, found: click.Command) -> str:
    rows = [(spelled(one), *meant(one)) for one in of(found)]
    arguments = [one for one in found.params if isinstance(one, click.Argument)]
    words = "".join(f" [{(one.name or '').upper()}]" for one in arguments)
    options = table(("option", "default", "what it does"), rows) + "\n" if rows else ""
    return f"## `autorun {name}{words}`\n\n{found.help}\n\n{options}"


# --- keys, events, control socket -----------------------------------------------------------------


def key_page() -> str:
    rows = [(code(key), text) for key, text in keys.KEYS.items()]
    return f"""\
# Keys

On a terminal, each followed by enter:

{table(("key", "does"), rows)}
What the program reads is the program's. A letter is taken only when it stands alone on its line,
nobody has read it for {keys.PATIENCE_S * 1000:.0f} ms, and the terminal gives whole lines:
`input()`, pdb, a reader of asyncio and full-screen programs get every byte. While no program runs,
enter alone starts it again.
`--no-keys` switches keys off, and so do `CI` and `TERM=dumb`.
"""


def event_page() -> str:
    parts = [
        f"### `{name}`\n\n{capital(text)}.\n\n" + (fields(found) + "\n" if found else "")
        for name, (text, found) in events.EVENTS.items()
    ]
    states = [(code(name), text) for name, text in status.STATES.items()]
    shown = ", ".join(code(name) for name in status.Status().shown())
    return f"""\
# Events and states

`autorun events` prints what has happened, `autorun events -f` goes on; one JSON object a line:

    {{"v": {events.VERSION}, "seq": 3, "time": "…T12:00:00.000Z", "event": "ready", "run": 1, …}}

Fields may be added; `v` rises when one goes or changes its meaning. A path below the `root` of
`start` is relative to it.

## States

`autorun status --json` answers with {shown}, and `instance`, which autorun it is.

{table(("state", "meaning"), states)}
## Errors

The `error` of `held`, `crashed` and `status`; `autorun wait` prints it as
`path:line:column: type: message`.

{fields(events.ERROR)}
## Events

{"".join(parts)}"""


def fields(found: dict[str, str]) -> str:
    return table(("field", "what it holds"), [(code(name), text) for name, text in found.items()])


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def control_page() -> str:
    rows = [(code(name), text) for name, text in control.COMMANDS.items()]
    words = (control.__doc__ or "").partition("\n\n")[2]
    example, _, rest = words.partition("\n\n")
    return f"""\
# Control socket

What the [commands](commands.md) use, for programs of your own. A stream socket in your runtime
directory that only you can open; its path is in `{protocol.CONTROL}` of the program, and `autorun`
finds it by the directory in which it was started. JSON, one object a line, each request at most
{control.LARGEST:,} bytes.

```
{inspect.cleandoc(example)}
```

{rest.strip()}

{table(("`cmd`", "answer"), rows)}"""


# --- environment and Python -----------------------------------------------------------------------


def environment() -> str:
    return f"""\
# Environment

## What autorun reads

{variables(READ)}
## What the program and everything below it finds

{variables(SET)}
## What nobody needs

{variables(PASSED)}"""


def variables(found: dict[str, str]) -> str:
    return table(("variable", "meaning"), [(code(name), text) for name, text in found.items()])


def python_page() -> str:
    parts = []
    for name in autoreload.__all__:
        function = getattr(autoreload, name)
        doc = inspect.getdoc(function) or ""
        parts.append(f"## `{name}{signature(function)}`\n\n{doc}\n\n")
    return f"""\
# `import autoreload`

What a program may ask of the autorun that runs it. Outside of autorun every call does nothing, so
that it can stay in production code.

```python
import autoreload

autoreload.watch("model.bin")
autoreload.ignore("cache/*.json")


@autoreload.on_reload
def save_draft() -> None: ...
```

{"".join(parts)}"""


def signature(function: Callable[..., object]) -> str:
    return re.sub("[\"']", "", str(inspect.signature(function)))


def write(root: Path) -> None:
    """Write every page below `root`, and take away those that are drawn no more."""
    for old in root.glob("*.md"):
        if old.name not in PAGES:
            old.unlink()
    for name in PAGES:
        (root / name).write_text(drawn(name), "utf-8")


PAGES = {
    "options.md": options,
    "settings.md": settings,
    "commands.md": commands,
    "keys.md": key_page,
    "events.md": event_page,
    "control.md": control_page,
    "environment.md": environment,
    "python.md": python_page,
    "lines.md": said.page,
}
"""Every page by the name of its file."""
