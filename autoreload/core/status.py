"""How an autorun stands, told from its events one after the other."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.events import Value

STATES: dict[str, str] = {
    "starting": "a run has begun and is not up yet",
    "ready": "the run is up",
    "restarting": "the run is being stopped, the next one follows",
    "crashed": "the run has failed, the next change starts another",
    "finished": "the run has ended with exit code 0, the next change starts another",
    "stopping": "autorun is ending",
}


class Status:
    """What is so now. `apply` takes the events in their order."""

    def __init__(self) -> None:
        self.state = "starting"
        self.since = 0.0
        """When the state began, in seconds since the epoch."""
        self.run = 0
        self.pid: int | None = None
        self.ready_ms: float | None = None
        self.mode: str | None = None
        self.urls: list[Value] = []
        self.exit_code: int | None = None
        self.signal: str | None = None
        self.error: dict[str, Value] | None = None
        """What made the run fail, or what does not compile while the run goes on."""
        self.cause: dict[str, Value] | None = None
        """What the run, or the one that is to follow, is for."""
        self.kept = 0
        """How many changed files the running code does not know of, and will when it may."""
        self.is_paused = False

    @property
    def is_broken(self) -> bool:
        """Whether what is on disk is known not to work."""
        return self.error is not None or self.state == "crashed"

    @property
    def is_over(self) -> bool:
        """Whether the run has ended by itself, and the next change starts another."""
        return self.state in ("crashed", "finished")

    def apply(self, event: str, fields: "dict[str, Value]", at: float) -> None:
        """Take in what has happened at this time."""
        match event:
            case "started":
                self._begin(fields)
                self._become("starting", at)
            case "ready":
                self.pid = _number(fields.get("pid"))
                self.mode = str(fields.get("mode"))
                self.ready_ms = _real(fields.get("ms"))
                self.urls = _list(fields.get("urls"))
                self._become("ready", at)
            case "changed":
                names = ("cause", "files", "count")
                self.cause = {name: fields[name] for name in names if name in fields}
                self.error = None
                self.kept = 0
                if not self.is_over:
                    self._become("restarting", at)
            case "kept":
                self.kept = _number(fields.get("count")) or 0
            case "held":
                self.error = _error(fields)
            case "unheld":
                self.error = None
            case "crashed" | "finished":
                self.exit_code = 0 if event == "finished" else _number(fields.get("exit_code"))
                self.signal = None if event == "finished" else _text(fields.get("signal"))
                self.error = _error(fields)
                self.pid = None
                self.urls = []
                self._become(event, at)
            case "paused":
                self.is_paused = True
            case "resumed":
                self.is_paused = False
                self.kept = 0
            case "stopping" | "stopped":
                self._become("stopping", at)

    def _begin(self, fields: "dict[str, Value]") -> None:
        self.run = _number(fields.get("run")) or 0
        self.pid = _number(fields.get("pid"))
        self.urls = []
        self.ready_ms = self.mode = self.error = self.exit_code = self.signal = None
        self.kept = 0

    def _become(self, state: str, at: float) -> None:
        self.state = state
        self.since = at

    def shown(self) -> "dict[str, Value]":
        """All of it as plain values."""
        return {
            "state": self.state,
            "since": self.since,
            "run": self.run,
            "pid": self.pid,
            "ready_ms": self.ready_ms,
            "mode": self.mode,
            "urls": self.urls,
            "exit_code": self.exit_code,
            "signal": self.signal,
            "error": self.error,
            "cause": self.cause,
            "kept": self.kept,
            "paused": self.is_paused,
        }


def _number(value: "Value") -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _real(value: "Value") -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: "Value") -> str | None:
    return value if isinstance(value, str) else None


def _list(value: "Value") -> "list[Value]":
    return value if isinstance(value, list) else []


def _error(fields: "dict[str, Value]") -> "dict[str, Value] | None":
    found = fields.get("error")
    return found if isinstance(found, dict) else None
