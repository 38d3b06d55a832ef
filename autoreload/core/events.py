"""What happens in an autorun, as data: the name of each event, what it means, and its fields.

One event is one JSON object: `v`, `seq`, `time`, `event`, and the fields that stand here. Fields
may be added; `v` rises when one goes or changes its meaning. A path below the `root` of `start` is
relative to it.
"""

from autoreload.core import wording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from autoreload.core.decisions import Broken
    from autoreload.core.protocol import Message

    Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

VERSION = 1

EVENTS: dict[str, tuple[str, dict[str, str]]] = {
    "start": (
        "autorun has begun",
        {
            "pid": "of autorun itself",
            "root": "the directory that it was started in",
            "target": "what it runs, as a person would type it",
            "name": "of this autorun, as in --name; empty without one",
            "autorun": "the version of autorun",
            "log": "the file of --log-file or --background; null without one",
        },
    ),
    "started": ("a run begins", {"run": "its number, from 1", "pid": "of its process"}),
    "ready": (
        "the run is up: it listens, or was called and has settled",
        {
            "run": "its number",
            "pid": "of the app",
            "ms": "since the save that it is for, or since the start",
            "mode": "cold, or warm when it went on from a checkpoint",
            "urls": "where it listens",
            "why": "it was not warm, where it might have been",
        },
    ),
    "changed": (
        "files changed, and a restart follows",
        {
            "files": "the first ones",
            "count": "how many there are",
            "why": "for each of `files` why it counts",
            "cause": "file, package, settings, command, program, port; silent: it did not react",
        },
    ),
    "kept": (
        "files changed, and nothing is done about it for now",
        {"files": "the first ones", "count": "how many there are", "by": "what holds it up"},
    ),
    "waiting": ("a restart waits until the tree is whole", {"for": "git, rebase, merge, …"}),
    "held": ("a changed file does not compile, the app goes on", {"error": "see errors"}),
    "unheld": ("the files are as they were again, the running code is current", {}),
    "refreshed": (
        "the framework reads changed files again, without a restart",
        {"files": "the first ones", "by": "the framework"},
    ),
    "slow": (
        "the app has been asked to stop and has not yet",
        {"signal": "what it was sent", "threads": "that keep it", "children": "that keep it"},
    ),
    "killed": (
        "the app did not stop in time",
        {
            "after_ms": "since it was asked",
            "threads": "that were alive",
            "children": "that were alive",
        },
    ),
    "crashed": (
        "a run has failed, the next change starts another",
        {
            "run": "its number",
            "exit_code": "null if it was ended by a signal",
            "signal": "its name, or null",
            "ms": "since the run began",
            "error": "see errors; null when nothing is known",
        },
    ),
    "finished": (
        "a run has ended with exit code 0, the next change starts another",
        {"run": "its number", "ms": "since it began"},
    ),
    "paused": ("no restarts until `resumed`", {"seconds": "until it ends by itself"}),
    "resumed": ("restarts again", {"by": "command, key or time"}),
    "warning": ("something that the user should know", {"text": "as it was said"}),
    "output": (
        "the app has written; with --json only, and not at the control socket",
        {
            "stream": "stdout or stderr",
            "text": "whole lines, or a part of one whose end did not come soon; what is no UTF-8 "
            "is replaced",
        },
    ),
    "stopping": ("autorun was asked to end", {}),
    "stopped": ("autorun ends", {"exit_code": "its own", "signal": "that ends it, or null"}),
}

ERROR: dict[str, str] = {
    "type": "the name of the exception",
    "message": "its text",
    "file": "where it happened, in the user's code if it came through there",
    "line": "from 1; 0 when it is not known",
    "column": "from 1; 0 when it is not known",
    "source": "the line of code",
    "trace": "the traceback without frames of autorun; empty for code that does not compile",
}
"""The fields of an `error`."""


def of_broken(broken: "Broken", path: str) -> "dict[str, Value]":
    """Code that does not compile, as an `error`; `path` is how the file is called."""
    return {
        "type": broken.kind,
        "message": broken.text,
        "file": path,
        "line": broken.line,
        "column": broken.column,
        "source": broken.source.partition("\n")[0],
        "trace": "",
    }


def of_failed(failed: "Message", root: str) -> "dict[str, Value]":
    """The exception that has ended a run, as an `error`."""
    return {
        "type": failed.text("kind"),
        "message": failed.text("text"),
        "file": wording.path_shown(failed.text("path"), root),
        "line": int(failed.number("line")),
        "column": int(failed.number("column")),
        "source": source_of(failed),
        "trace": failed.text("trace"),
    }


def source_of(failed: "Message") -> str:
    """The line of code at which a run failed, out of those that were told with it."""
    excerpt = failed.text("source").split("\n")
    at = int(failed.number("line")) - int(failed.number("first"))
    return excerpt[at] if 0 <= at < len(excerpt) else ""


def of_usage(text: str) -> "dict[str, Value]":
    """A target that cannot be run as it was named, as an `error`."""
    nothing: dict[str, Value] = dict.fromkeys(ERROR, "")
    return {**nothing, "message": text, "line": 0, "column": 0}


def as_one_line(error: "dict[str, Value]") -> str:
    """An `error` as editors parse it: path:line:column: type: message."""
    place = str(error.get("file") or "")
    for name in ("line", "column"):
        if not (place and error.get(name)):
            break
        place += f":{error[name]}"
    kind, message = error.get("type"), error.get("message")
    return ": ".join(str(part) for part in (place, kind, message) if part)
