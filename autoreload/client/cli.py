"""The options of the commands, as click reads them; imported only when there are any."""

import click

from autoreload.client import commands
from autoreload.client.commands import Call
from autoreload.core.control import PAUSE_S, WAIT_S
from autoreload.parameters import Duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_name = click.option("--name", metavar="NAME", help="The autorun that was given this name.")
_json = click.option("--json", "json", is_flag=True, help="One JSON object.")
_timeout = click.option(
    "--timeout",
    "timeout_s",
    type=Duration(),
    default=WAIT_S,
    metavar="TIME",
    help="Give up after this long.  [default: 30]",
)
_OPTIONS: "dict[str, Sequence[Callable[..., Callable[..., object]]]]" = {
    "status": (_json,),
    "wait": (_timeout, _json),
    "restart": (
        click.option("--cold", is_flag=True, help="From a fresh interpreter."),
        click.option("--wait", is_flag=True, help="Return when it is ready, or broken."),
        _timeout,
        _json,
    ),
    "stop": (click.option("--all", "every", is_flag=True, help="All that run here."), _json),
    "pause": (
        click.option(
            "--for",
            "seconds",
            type=Duration(),
            default=PAUSE_S,
            metavar="TIME",
            help="It ends by itself after this.  [default: 60]",
        ),
        _json,
    ),
    "resume": (_json,),
    "why": (click.argument("path", required=False, default=""), _json),
    "watched": (_json,),
    "events": (click.option("-f", "--follow", is_flag=True, help="Go on until it ends."),),
    "stacks": (_json,),
    "mcp": (),
    "logs": (
        click.option("-f", "--follow", is_flag=True, help="Go on until it ends."),
        click.option(
            "-n",
            "--lines",
            type=click.IntRange(0),
            default=50,
            metavar="NUMBER",
            help="So many lines at most.  [default: 50]",
        ),
        click.option("--run", type=click.IntRange(1), metavar="NUMBER", help="Those of one run."),
        click.option("--path", "only_path", is_flag=True, help="Only where the file is."),
    ),
}
_HELP = {
    "status": "How it stands: state, pid, run, URLs, the last error.",
    "wait": "Return when everything saved before this runs, or is known to be broken.",
    "restart": "Start the program again.",
    "stop": "End autorun and what it runs.",
    "pause": "No restarts for a time; changes are kept.",
    "resume": "End the pause.",
    "why": "What the present run is for; of a PATH, whether it is watched and why.",
    "watched": "Every watched file with its reason.",
    "events": "What has happened, one JSON object a line.",
    "stacks": "Where every thread of the program is.",
    "mcp": "Speak the Model Context Protocol on stdin and stdout, for coding agents.",
    "logs": "What was written, where --background or --log-file keeps it.",
}


@click.group(
    name="autorun",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Speak to the autorun that runs in this directory.",
)
def group() -> None:
    """What click needs to know of the commands."""


def _add(name: str) -> None:
    def callback(**values: object) -> int:
        return commands.run(name, Call(**values))  # type: ignore[arg-type]  # named alike

    for option in reversed((*_OPTIONS[name], _name)):
        callback = option(callback)
    group.command(name, help=_HELP[name])(callback)


for _one in _OPTIONS:
    _add(_one)


def run(words: "Sequence[str]") -> int:
    """Carry out a line that begins with a command; its exit code."""
    from autoreload.system.terminal import say_plainly

    try:
        return int(group.main(list(words), prog_name="autorun", standalone_mode=False) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as problem:
        text = " ".join(problem.format_message().split()).rstrip(".")
        say_plainly(f"{text[:1].lower()}{text[1:]}; see autorun {words[0]} --help")
        return 2
    except click.Abort:
        return 130
