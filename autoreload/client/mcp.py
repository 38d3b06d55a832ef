"""`autorun mcp`: the commands as tools of the Model Context Protocol, on stdin and stdout.

Every call finds the autorun of the directory anew, so one that is started later is found as well.
"""

import os
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from autoreload import __version__
from autoreload.client import logs as reading
from autoreload.client.connection import Connection, Unreachable, find
from autoreload.core import wording_control as words
from autoreload.core.control import WAIT_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_INSTRUCTIONS = """\
autorun runs a program of this project and starts it again when its code is saved. After an edit
call `wait`: it returns when everything saved before the call runs, or with the error. Do not start
the program a second time. If nothing runs yet: `autorun --background TARGET` in a shell.
"""


class _Tools:
    """What can be asked; each answer has a `text` for people beside its fields."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def _one(self) -> Connection:
        found = find(os.getcwd(), os.environ, name=self._name)
        if not found:
            raise Unreachable("no autorun runs here: start one by autorun --background TARGET")
        if len(found) > 1:
            raise Unreachable(words.several("autorun mcp", [one.greeting for one in found]))
        return found[0]

    def status(self) -> dict[str, Any]:
        """How the program stands: state, run, pid, URLs, the last error."""
        one = self._one()
        found = one.ask("status")
        return _answer(words.status(one.greeting, found), {**found, "instance": one.greeting})

    def wait(self, timeout_s: float = WAIT_S) -> dict[str, Any]:
        """Return when everything saved before this call runs (result `ready` or `finished`), or is
        known to be broken (result `broken`, with the error). Call it after every edit."""
        found = self._one().wait(timeout_s)
        return _answer(words.waited(str(found.get("result")), found), found)

    def errors(self) -> dict[str, Any]:
        """What is wrong now: the exception that has ended the program, with its traceback, or the
        saved code that does not compile. Empty when nothing is."""
        found = self._one().ask("status")
        error = found.get("error")
        return _answer(words.error(found), {"errors": [error] if error else []})

    def logs(self, lines: int = 50, run: int | None = None) -> str:
        """The last lines that the program and autorun have written, or those of one run."""
        try:
            path = reading.of_running(self._one())
        except Unreachable:
            left = None if self._name else reading.of_ended(os.getcwd(), os.environ)
            if left is None:
                raise
            path = left
        found = reading.parts(path, most=lines, run=run, goes_on=None)
        return b"".join(found).decode(errors="replace")

    def why(self, path: str = "") -> dict[str, Any]:
        """What the present run is for; of a path, whether it is watched and why."""
        found = self._one().ask("why", path=os.path.abspath(path) if path else "")
        if path:
            return _answer([f"{path}: {found.get('why')}"], found)
        return _answer([words.cause(found), *words.error(found)], found)

    def restart(self, cold: bool = False) -> dict[str, Any]:
        """Start the program again, with `cold` from a fresh interpreter, and wait until it is up.
        Not needed after an edit."""
        one = self._one()
        one.ask("restart", cold=cold)
        found = one.wait(WAIT_S)
        return _answer(words.waited(str(found.get("result")), found), found)


def _answer(lines: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if name not in ("id", "ok")}
    return {"text": "\n".join(lines), **kept}


def _told(tool: "Callable[Asked, Answer]") -> "Callable[Asked, Answer]":
    """That there is nobody to speak with is an answer, and no fault."""

    @wraps(tool)
    def told(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        try:
            return tool(*args, **kwargs)
        except Unreachable as problem:
            raise ToolError(str(problem)) from None

    return told


def serve(name: str | None) -> None:
    """Answer until stdin ends; with a name only for the autorun that was given it."""
    server = MCPServer(
        "autorun", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING"
    )
    tools = _Tools(name)
    for tool in (tools.status, tools.wait, tools.errors, tools.logs, tools.why, tools.restart):
        server.add_tool(_told(tool))
    server.run("stdio")
