"""Takes the typed line apart and starts what it names; a line without options costs no click."""

import os
import sys
from functools import partial

from autoreload.configuring import Configuration
from autoreload.core import commandline
from autoreload.core.options import OptionsProblem
from autoreload.core.protocol import IDENTITY
from autoreload.core.targets import UsageProblem, plan
from autoreload.core.variables import ACTIVE
from autoreload.system import terminal
from autoreload.system.environment import RealFacts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.configuring import Settled
    from autoreload.core.options import Options
    from autoreload.core.targets import Plan
    from autoreload.outer.announcing import Announcement
    from autoreload.system.instance import Instance

_OPTION = "AUTORUN_"
_OTHERS = frozenset({ACTIVE, "RUN_MAIN", "WERKZEUG_RUN_MAIN", "WERKZEUG_SERVER_FD"})
"""What reloaders tell their own inner process; inherited, it makes Werkzeug fail."""


def main(words: "Sequence[str]") -> int:
    """Run the line; the exit code of autorun."""
    if "_AUTORUN_COMPLETE" in os.environ:
        from autoreload import cli

        cli.complete()
    if words and words[0] in commandline.COMMANDS and not os.path.exists(words[0]):
        return _command(words)
    if sys.platform == "win32":
        terminal.say_plainly("this needs Linux or macOS; on Windows run it inside WSL")
        return 2
    try:
        return _start(words)
    except (UsageProblem, OptionsProblem) as problem:
        terminal.say_plainly(str(problem))
        return 2


def _command(words: "Sequence[str]") -> int:
    """Speak to an autorun that runs already; without options this costs no click."""
    if len(words) > 1:
        from autoreload.client import cli

        return cli.run(words)
    from autoreload.client import commands

    return commands.run(words[0], commands.Call())


def _start(words: "Sequence[str]") -> int:
    try:
        configuration = Configuration(words, os.environ)
        settled = configuration.begin()
        if settled is None:
            return 0
        _enter(settled.folder)
        facts = RealFacts()
    except FileNotFoundError:
        raise UsageProblem("the current directory is gone: change into another one") from None
    if settled.given is not None and settled.given.values["print_config"]:
        return _print(settled)
    line, options, notes = settled.line, settled.options, settled.notes
    if not line.target:
        from autoreload.core.candidates import the_one

        one = None if line.dashed else the_one(facts)
        if one is None:
            return _offer(facts)
        line = commandline.Line((), one.split(), dashed=False)
        notes = (*notes, f"autorun {one}: the one program here")
    if complaint := commandline.reserved_name(line, facts.is_file):
        raise UsageProblem(complaint)
    planned = plan(line.target, dashed=line.dashed, python=options.python, facts=facts)
    planned.notes = (*notes, *planned.notes)
    if not options.reload:
        _become(planned, options)
    if options.json and options.explain is not None:
        raise UsageProblem("--explain speaks to people: autorun watched --json tells programs")
    return _run(planned, configuration, (*line.target, "--" if line.dashed else ""))


def _enter(folder: str) -> None:
    """Be where the target runs, as after a `cd`: PWD says so too."""
    if folder != os.getcwd():
        os.chdir(folder)
        os.environ["PWD"] = folder


def _print(settled: "Settled") -> int:
    from autoreload.core.wording_settings import as_toml

    assert settled.given is not None
    text = as_toml(settled.given, settled.table, settled.line)
    try:
        os.write(1, text.encode(errors="surrogateescape"))
    except OSError:
        pass  # nobody reads it
    return 0


def _run(planned: "Plan", configuration: Configuration, words: "Sequence[str]") -> int:
    from autoreload.outer import instances

    options = configuration.options
    try:
        instance = instances.claim(words, options.name, os.environ)
    except instances.Taken as taken:
        from autoreload.client.commands import already, show_already

        if options.background:
            return show_already(taken.path, taken.pid, as_json=options.json)
        raise UsageProblem(already(taken.path, taken.pid)) from None
    if options.background:
        from autoreload.outer import background

        run = partial(_run_at, instance, planned, configuration)
        return background.start(options, instance, run)
    return _run_at(instance, planned, configuration)


def _run_at(
    instance: "Instance | None",
    planned: "Plan",
    configuration: Configuration,
    announcement: "Announcement | None" = None,
) -> int:
    from autoreload.core.listenfds import SocketProblem
    from autoreload.outer.opening import run

    try:
        return run(planned, configuration, environment_of_app(), instance, announcement)
    except SocketProblem as problem:
        raise UsageProblem(str(problem)) from None
    except FileNotFoundError as error:
        raise UsageProblem(f"cannot run {planned.title}: {error.filename} is not there") from None
    except PermissionError as error:
        raise UsageProblem(
            f"cannot run {planned.title}: {error.filename} may not be executed"
        ) from None


def _become(planned: "Plan", options: "Options") -> None:
    """One plain process with this pid: no watcher, no flag, no further descriptor unless asked."""
    from autoreload.outer.launchpad import by_hand

    if options.background:
        raise UsageProblem("--background needs the reloader, which --no-reload leaves out")
    for note in planned.notes:
        terminal.say_plainly(note)
    if options.captures or options.events:
        terminal.say_plainly("with --no-reload the program is on its own: no log, no events")
    argv = by_hand(planned)
    environment = {**environment_of_app(), **dict(planned.environment)}
    if options.sockets:
        from autoreload.core.listenfds import SocketProblem
        from autoreload.outer import offered

        try:
            environment.update(offered.place(options.sockets))
        except SocketProblem as problem:
            raise UsageProblem(str(problem)) from None
    sys.stdout.flush()
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        raise UsageProblem(f"cannot run {argv[0]!r}: {error.strerror}") from None


def _offer(facts: RealFacts) -> int:
    from autoreload.core.candidates import candidates

    lines = candidates(facts)
    if not lines:
        raise UsageProblem("nothing to run here: name a script, a module:function or a command")
    terminal.say_plainly("what shall run? Here is what could:")
    for text in lines:
        terminal.show(f"  {text}")
    return 2


def environment_of_app() -> dict[str, str]:
    """The environment that autorun was given, without what is meant for autorun alone.

    In the C locale Python coerces LC_CTYPE in its own environment (PEP 538); the app is to meet
    the original and coerce by itself, or its flags would differ.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == IDENTITY or not (name.startswith(_OPTION) or name in _OTHERS)
    }
    if "LC_CTYPE" in kept and not _was_given("LC_CTYPE"):
        del kept["LC_CTYPE"]
    return kept


def _was_given(name: str) -> bool:
    """Whether a variable was there when this process began (Linux; elsewhere it counts as such)."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return f"\0{name}=".encode() in b"\0" + file.read()
    except OSError:
        return True
