"""The options of the command line, as click reads them; imported only when there are any."""

import sys

import click

from autoreload import __version__
from autoreload.core.options import Options, OptionsProblem
from autoreload.core.precedence import Given
from autoreload.core.settings import Setting
from autoreload.parameters import Listed, Seconds, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from autoreload.core.listenfds import Place

EPILOG = """\b
Examples:
  autorun manage.py runserver          a Django project
  autorun uvicorn main:app             any server of the environment
  autorun myapp:main                   a function
  autorun app.py --port 8000           a script; what follows is its own
  autorun -m package                   a module
  autorun python -X dev app.py         with an interpreter and its flags
  autorun -- node server.js            any other program
  autorun --noreload manage.py runserver   one process, for supervisors

Every option can be set in the environment: AUTORUN_STOP_TIMEOUT=5, AUTORUN_WATCH=a:b;
and in [tool.autorun] of pyproject.toml, or in autorun.toml: stop-timeout = 5.
"""


_ALONE = {"--poll": "0.5", "--explain": "", "--keep-sockets": "auto"}
"""Options with an optional value, and what they mean without one."""

_NEVER_IN_A_FILE = (
    "explain",
    "config",
    "no_config",
    "print_config",
    "no_keep_sockets",
    "version",
    "background",
)
"""What is asked for once, or has another word in a file."""


@click.command(
    name="autorun",
    epilog=EPILOG,
    context_settings={
        "auto_envvar_prefix": "AUTORUN",
        "help_option_names": ["-h", "--help"],
        "allow_interspersed_args": False,
        "ignore_unknown_options": False,
    },
    help="Run a Python program, and serve the new code as soon as a file is saved.",
)
@click.option(
    "-w",
    "--watch",
    type=Listed(),
    multiple=True,
    metavar="GLOB",
    help="Also restart when this file, folder or glob changes.",
)
@click.option(
    "-i",
    "--ignore",
    type=Listed(),
    multiple=True,
    metavar="GLOB",
    help="Never restart for these.",
)
@click.option(
    "-d",
    "--delay",
    type=Seconds(),
    default=0.0,
    metavar="SECONDS",
    help="Wait for this much quiet before a restart.  [default: 0]",
)
@click.option(
    "--poll",
    type=Seconds(0.01),
    is_flag=False,
    flag_value=0.5,
    default=None,
    metavar="[=SECONDS]",
    help="Compare files by polling instead of file events.  [--poll means 0.5]",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "inotify", "watchdog", "poll"]),
    default="auto",
    help="Where file events come from.  [default: auto]",
)
@click.option(
    "--data/--no-data",
    default=True,
    help="Watch the files that the program reads while it starts.  [default: data]",
)
@click.option(
    "--reload/--no-reload",
    " /--noreload",
    default=True,
    help="Run once as one plain process, without watching.",
)
@click.option(
    "--hold/--no-hold",
    default=True,
    help="Keep the running code while saved files do not compile.  [default: hold]",
)
@click.option(
    "--signal",
    default=None,
    metavar="NAME",
    help="Signal that asks the app to stop.  [default: INT; TERM for other programs]",
)
@click.option(
    "--stop-timeout",
    type=Seconds(),
    default=3.0,
    metavar="SECONDS",
    help="Kill the app if it has not stopped by then.  [default: 3]",
)
@click.option("--exit", is_flag=True, help="Leave with the app's code when it ends.")
@click.option("--exit-on-error", is_flag=True, help="Leave with the app's code when it fails.")
@click.option(
    "--explain",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[=PATH]",
    help="Say what is watched and why, or why a path is not, and leave.",
)
@click.option(
    "--keep-sockets",
    type=click.Choice(["auto", "python", "any", "none"]),
    is_flag=False,
    flag_value="auto",
    default="auto",
    metavar="[=auto|python|any]",
    help="Keep listening sockets over a restart: nobody is refused.  [default: auto]",
)
@click.option("--no-keep-sockets", is_flag=True, help="Let every run open its own.")
@click.option(
    "--socket",
    type=Listed(),
    multiple=True,
    metavar="ADDR",
    help="Open a socket once and hand it to every run (LISTEN_FDS): 8000, [::1]:8000, ./app.sock.",
)
@click.option(
    "--warm/--no-warm",
    default=True,
    help="Run only what is changed again: go on from forked checkpoints.  [default: warm]",
)
@click.option(
    "--verify-warm", is_flag=True, help="Compare each warm run with a cold start beside it."
)
@click.option(
    "--standby/--no-standby",
    default=None,
    help="Prepare the next warm restart ahead.  [default: where memory allows]",
)
@click.option(
    "--overlap/--no-overlap", default=False, help="Begin a warm run beside the last one's clean-up."
)
@click.option("-c", "--clear", is_flag=True, help="Clear the screen when a new run is ready.")
@click.option("-q", "--quiet", is_flag=True, help="Only say what is wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Say why for each decision.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour in autorun's own lines.  [default: auto]",
)
@click.option("--name", default="", metavar="NAME", help="What to call this one among several.")
@click.option(
    "--keys/--no-keys",
    default=True,
    help="Take letters that the app leaves on the terminal: h + enter lists them.  [default: keys]",
)
@click.option(
    "--json",
    is_flag=True,
    help="Events on stderr, a JSON object a line; what the app writes is among them.",
)
@click.option(
    "--events",
    default="",
    metavar="FILE|fd:N",
    help="Append the events to a file, or to a descriptor, beside everything else.",
)
@click.option(
    "--log-file",
    default="",
    metavar="PATH",
    help="Append what the app and autorun write to a file, too. "
    "The app then writes to a pipe, or to a terminal of its own where it had one.",
)
@click.option("--background", is_flag=True, help="Return when it is ready or broken; it goes on.")
@click.option("--python", default=None, metavar="PATH", help="Interpreter to run the app with.")
@click.option(
    "--leave",
    type=Listed(),
    multiple=True,
    metavar="NAME",
    help="Let programs of this name live on when autorun ends.",
)
@click.option("--config", default=None, metavar="FILE", help="Take the settings from this file.")
@click.option("--no-config", is_flag=True, help="Look for no config file.")
@click.option("--print-config", is_flag=True, help="Show what is set and by what, and leave.")
@click.version_option(__version__, "--version", message="autorun %(version)s")
@click.argument("target", nargs=-1, type=click.UNPROCESSED, metavar="TARGET [ARGS]...")
def command(**values: object) -> None:
    """What click needs to know of our options; nothing is run by it."""


def complete() -> None:
    """Answer the shell's question for completions; the variable of click says which."""
    command.main(prog_name="autorun")


def arity(name: str) -> int | None:
    """Whether an option takes the next word: 1 yes, 0 no or only behind `=`, None unknown."""
    for option in command.params:
        names = (*option.opts, *option.secondary_opts)
        if isinstance(option, click.Option) and name in names:
            return 0 if option.is_flag or option.opts[-1] in _ALONE else 1
    return None


def parse(words: "Sequence[str]") -> Given | None:
    """What these words and the environment say; None when help or version was shown.

    Raises OptionsProblem with one sentence for anything that is none of ours or has a bad value.
    """
    try:
        context = command.make_context("autorun", [_joined(word) for word in words])
    except click.exceptions.Exit:
        return None
    except click.ClickException as problem:
        raise OptionsProblem(sentence(problem)) from None
    given = Given()
    for field, value in context.params.items():
        if field != "target":
            how = context.get_parameter_source(field)
            origin = _ORIGINS.get(how.name if how is not None else "", "default")
            given.put(field, tuple(value) if isinstance(value, list) else value, origin)
    # Two options that say the same: the nearer one counts.
    denied = given.origins["no_keep_sockets"]
    if given.values["no_keep_sockets"] and not given.is_nearer("keep_sockets", denied):
        given.put("keep_sockets", "none", denied)
    return given


_ORIGINS = {"COMMANDLINE": "option", "ENVIRONMENT": "variable"}


def settings() -> list[Setting]:
    """The options that may stand in a config file."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    return [_setting(one) for one in options if one.name not in _NEVER_IN_A_FILE]


def _setting(option: click.Option) -> Setting:
    name = option.opts[-1].removeprefix("--")
    opposites = [one.strip().removeprefix("--") for one in option.secondary_opts]
    if option.is_flag:
        return Setting(name, "flag", opposites=opposites)
    if option.multiple:
        return Setting(name, "texts")
    alone = _ALONE.get(f"--{name}")
    match option.type:
        case click.Choice() as choice:
            choices = [str(one) for one in choice.choices]
            denied = "none" if "none" in choices else None
            opposites = [f"no-{name}"]
            return Setting(
                name, "choice", choices=choices, alone=alone, denied=denied, opposites=opposites
            )
        case Seconds() as seconds:
            default = None if alone is None else float(alone)
            return Setting(name, "seconds", least=seconds.least, alone=default)
    return Setting(name, "text", alone=alone)


def options(values: "Mapping[str, Any]", called: "Callable[[str], str]") -> Options:
    """These values as options; `called` is how a field is named in a complaint.

    Raises OptionsProblem.
    """
    if values["backend"] == "inotify" and sys.platform != "linux":
        raise OptionsProblem(f"{called('backend')} 'inotify' is Linux's; 'watchdog' is everywhere")
    return Options(
        watch=values["watch"],
        ignore=values["ignore"],
        delay_s=values["delay"],
        poll_s=values["poll"],
        backend=values["backend"],
        data=values["data"],
        reload=values["reload"],
        hold=values["hold"],
        signal=values["signal"],
        stop_timeout_s=values["stop_timeout"],
        exit=values["exit"],
        exit_on_error=values["exit_on_error"],
        explain=values["explain"],
        clear=values["clear"],
        quiet=values["quiet"],
        verbose=values["verbose"],
        color=values["color"],
        python=values["python"],
        leave=values["leave"],
        keep_sockets=values["keep_sockets"],
        sockets=_places(values["socket"], called),
        warm=values["warm"],
        verify_warm=values["verify_warm"],
        name=values["name"],
        keys=values["keys"],
        standby=values["standby"],
        overlap=values["overlap"],
        json=values["json"],
        events=values["events"],
        log_file=values["log_file"],
        background=values["background"],
    )


def _places(texts: "Sequence[str]", called: "Callable[[str], str]") -> "tuple[Place, ...]":
    if not texts:
        return ()
    from autoreload.core.listenfds import SocketProblem, parse

    try:
        return tuple(parse(text) for text in texts)
    except SocketProblem as problem:
        raise OptionsProblem(f"{called('socket')} {problem}") from None


def _joined(word: str) -> str:
    """An optional value is taken only behind `=`, so the word alone must not take the next one."""
    return f"{word}={_ALONE[word]}" if word in _ALONE else word
