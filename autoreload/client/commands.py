"""Each command: asks the autoruns of this directory, and shows what they answer."""

import os
import sys
import time

from autoreload.client.connection import Connection, Unreachable, find
from autoreload.core import wording_control as words
from autoreload.core.control import PAUSE_S, WAIT_S
from autoreload.core.wording_control import NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.core.events import Value

ENDING_S = 60.0
"""What `stop` waits for; an app has --stop-timeout, and what it left behind a little more."""


class Call:
    """What was typed behind the command."""

    def __init__(
        self,
        *,
        name: str | None = None,
        json: bool = False,
        timeout_s: float = WAIT_S,
        seconds: float = PAUSE_S,
        path: str = "",
        cold: bool = False,
        wait: bool = False,
        follow: bool = False,
        every: bool = False,
        lines: int = 50,
        run: int | None = None,
        only_path: bool = False,
    ) -> None:
        self.name = name
        self.json = json
        self.timeout_s = timeout_s
        self.seconds = seconds
        self.path = path
        self.cold = cold
        self.wait = wait
        self.follow = follow
        self.every = every
        self.lines = lines
        self.run = run
        self.only_path = only_path

    def connections(self) -> list[Connection]:
        """The autoruns that are meant, one at least. Raises Unreachable."""
        found = find(os.getcwd(), os.environ, name=self.name)
        if not found:
            called = f" of the name {self.name!r}" if self.name else ""
            raise _Nobody(f"no autorun{called} runs in this directory or above it")
        return found

    def connection(self, command: str) -> Connection:
        """The one that is meant. Raises Unreachable if there are several."""
        found = self.connections()
        if len(found) > 1:
            raise Unreachable(words.several(f"autorun {command}", [one.greeting for one in found]))
        return found[0]

    def show(self, lines: "Iterable[str]", fields: "dict[str, Value]") -> None:
        """Print for people, or for programs."""
        if self.json:
            from json import dumps

            lines = [dumps({key: value for key, value in fields.items() if key != "id"})]
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _told(one: Connection, found: "dict[str, Value]") -> "dict[str, Value]":
    return {**found, "instance": {**one.greeting}}


class _Nobody(Unreachable):
    """No autorun runs here."""


def status(call: Call) -> int:
    """How it stands."""
    codes = []
    for one in call.connections():
        found = one.ask("status")
        call.show(words.status(one.greeting, found), _told(one, found))
        codes.append(words.code_of(found))
    return words.worst(codes)


def wait(call: Call) -> int:
    """Until everything saved before the call runs, or is known to be broken."""
    return _wait(call, call.connections())


def _wait(call: Call, connections: list[Connection]) -> int:
    until = time.monotonic() + call.timeout_s
    codes = []
    for one in connections:
        found = one.wait(max(until - time.monotonic(), 0.0))
        result = str(found.get("result"))
        call.show(words.waited(result, found), _told(one, found))
        codes.append(words.code_of_result(result))
    return words.worst(codes)


def restart(call: Call) -> int:
    """Start the program again."""
    one = call.connection("restart")
    one.ask("restart", cold=call.cold)
    return _wait(call, [one]) if call.wait else 0


def stop(call: Call) -> int:
    """End autorun and what it runs; that it has ended already is as good."""
    try:
        found = call.connections() if call.every else [call.connection("stop")]
    except _Nobody as nobody:
        call.show([str(nobody)], {"ok": True, "stopped": 0})
        return 0
    for one in found:
        one.ask("stop")
    for one in found:
        if not one.ends(ENDING_S):
            raise Unreachable("autorun has been asked to stop and has not yet")
    call.show([f"{one.greeting.get('target')} stopped" for one in found], {"stopped": len(found)})
    return 0


def pause(call: Call) -> int:
    """No restarts for a time."""
    found = call.connection("pause").ask("pause", seconds=call.seconds)
    call.show([f"paused for {call.seconds:g} s"], found)
    return 0


def resume(call: Call) -> int:
    """End the pause."""
    call.show(["resumed"], call.connection("resume").ask("resume"))
    return 0


def why(call: Call) -> int:
    """What the run is for; of a path, whether it is watched and why."""
    one = call.connection("why")
    found = one.ask("why", path=os.path.abspath(call.path) if call.path else "")
    text = f"{call.path}: {found.get('why')}" if call.path else words.cause(found)
    call.show([text, *([] if call.path else words.error(found))], found)
    return 0


def watched(call: Call) -> int:
    """Every watched file with its reason."""
    found = call.connection("watched").ask("watched")
    files = found.get("files")
    entries = [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    call.show([f"{one.get('path')}: {one.get('why')}" for one in entries], found)
    return 0


def events(call: Call) -> int:
    """What has happened, one JSON object a line."""
    one = call.connection("events")
    found = one.ask("events", follow=call.follow).get("events")
    as_json = Call(json=True)
    for entry in found if isinstance(found, list) else []:
        if isinstance(entry, dict):
            as_json.show([], entry)
    if call.follow:
        for entry in one.lines():
            as_json.show([], entry)
    return 0


def stacks(call: Call) -> int:
    """Where every thread of the program is."""
    found = call.connection("stacks").ask("stacks")
    call.show([str(found.get("text")).rstrip("\n")], found)
    return 0


def logs(call: Call) -> int:
    """What the app and autorun have written, where a log is kept."""
    from autoreload.client import logs as reading

    one: Connection | None = None
    try:
        one = call.connection("logs")
        path = reading.of_running(one)
    except _Nobody:
        left = None if call.name else reading.of_ended(os.getcwd(), os.environ)
        if left is None:
            raise
        path = left
    if call.only_path:
        call.show([path], {"path": path})
        return 0
    goes_on = (lambda seconds: not one.ends(seconds)) if one is not None and call.follow else None
    for part in reading.parts(path, most=call.lines, run=call.run, goes_on=goes_on):
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    return 0


def mcp(call: Call) -> int:
    """The commands as tools of the Model Context Protocol, until stdin ends."""
    try:
        from autoreload.client.mcp import serve
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] != "mcp":
            raise
        raise Unreachable(words.NO_MCP) from None
    serve(call.name)
    return 0


def already(path: str, pid: int) -> str:
    """What there is to say to a second start of what runs already."""
    try:
        one = Connection(path)
        return words.already(one.greeting, one.ask("status"))
    except Unreachable:
        return words.already({"target": "this", "pid": pid}, {})


def show_already(path: str, pid: int, *, as_json: bool) -> int:
    """Say to `--background` that it runs already, which is as good."""
    call = Call(json=as_json)
    found: dict[str, Value] = {"instance": {"pid": pid}}
    if as_json:
        try:
            one = Connection(path)
            found = _told(one, one.ask("status"))
        except Unreachable:
            pass  # it is just beginning, or ending
    call.show([] if as_json else [already(path, pid)], found)
    return 0


COMMANDS: "dict[str, Callable[[Call], int]]" = {
    one.__name__: one
    for one in (
        *(status, wait, restart, stop, pause, resume, why, watched, events, stacks, logs, mcp),
    )
}


def run(command: str, call: Call) -> int:
    """Carry it out; the exit code."""
    from autoreload.system.terminal import say_plainly

    try:
        return COMMANDS[command](call)
    except _Nobody as nobody:
        if call.json:
            call.show([], {"state": "none"})
        else:
            say_plainly(str(nobody))
        return NOTHING
    except Unreachable as problem:
        say_plainly(str(problem))
        return words.USAGE
    except BrokenPipeError:
        # Nobody reads any more; nor is the interpreter to complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return 130
