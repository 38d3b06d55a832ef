"""What is said at the control socket: JSON lines, a greeting first, then answers to requests.

    server   {"v": 1, "autorun": …, "pid": …, "root": …, "target": …, "name": …}
    client   {"id": 1, "cmd": "status"}
    server   {"id": 1, "ok": true, "state": "ready", …}
    server   {"id": 2, "ok": false, "error": {"code": "unknown-command", "text": …}}

Of what a request holds, fields that are not known are passed over; a request that names a version
is refused unless it is ours.
"""

import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.events import Value

VERSION = 1

LARGEST = 65_536
"""Bytes of the longest request."""

WAIT_S, PAUSE_S = 30.0, 60.0
"""What `wait` and `pause` take when no time is named."""

COMMANDS: dict[str, str] = {
    "status": "how it stands: state, pid, run, URLs, the last error",
    "wait": "answers when everything saved before runs, or is known to be broken",
    "restart": "start the program again; with `cold` from a fresh interpreter",
    "stop": "end autorun and what it runs",
    "pause": "no restarts for `seconds`",
    "resume": "end the pause",
    "why": "what the present run is for; of a `path`, whether it is watched and why",
    "watched": "every watched file with its reason",
    "events": "what has happened after number `after`; with `follow` what happens from now on",
    "stacks": "where every thread of the program is",
}


class ControlProblem(Exception):  # somebody else's, not a fault of ours
    """A request that cannot be answered, with a code for programs and a text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Request:
    """One request."""

    __slots__ = ("command", "fields", "number")

    def __init__(self, number: "Value", command: str, fields: "dict[str, Value]") -> None:
        self.number = number
        """What the client calls it; any value."""
        self.command = command
        self.fields = fields

    def flag(self, name: str) -> bool:
        """Whether a field is there and true."""
        return self.fields.get(name) is True

    def text(self, name: str) -> str:
        """A text; empty when it is missing. ControlProblem when it is none."""
        value = self.fields.get(name, "")
        if not isinstance(value, str):
            raise ControlProblem("bad-request", f"{name!r} is to be a text")
        return value

    def seconds(self, name: str, default: float, *, most: float) -> float:
        """A time. ControlProblem when it is none, negative, or too long."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise ControlProblem("bad-request", f"{name!r} is to be seconds, at most {most:g}")
        return float(value)

    def count(self, name: str) -> int:
        """A number, 0 when it is missing. ControlProblem when it is none."""
        value = self.fields.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ControlProblem("bad-request", f"{name!r} is to be a number")
        return value


def stem(root: str, key: str) -> str:
    """The name of the place of an autorun; `key` tells those of one directory apart."""
    return f"{prefix(root)}{zlib.crc32(key.encode(errors='surrogateescape')):08x}"


def prefix(root: str) -> str:
    """How the names of all autoruns begin that were started in this directory."""
    base = root.rstrip("/").rpartition("/")[2]
    shown = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in base)
    return f"{shown[:20]}-{zlib.crc32(root.encode(errors='surrogateescape')):08x}-"


def request(line: bytes) -> Request:
    """Read a request. ControlProblem for anything else."""
    import json

    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ControlProblem("bad-request", "a request is a JSON object on one line") from None
    if not isinstance(found, dict) or not isinstance(found.get("cmd"), str):
        raise ControlProblem("bad-request", "a request is an object with a text `cmd`")
    version = found.get("v", VERSION)
    if version != VERSION:
        raise ControlProblem("bad-version", f"this autorun speaks version {VERSION}")
    command = found["cmd"]
    if command not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise ControlProblem("unknown-command", f"no command {command[:40]!r}; there are {known}")
    return Request(found.get("id"), command, found)


def encode(fields: "dict[str, Value]") -> bytes:
    """A line that holds this object."""
    import json

    return json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def refusal(number: "Value", problem: ControlProblem) -> bytes:
    """The answer to a request that cannot be met."""
    error: dict[str, Value] = {"code": problem.code, "text": problem.text}
    return encode({"id": number, "ok": False, "error": error})
