"""Tells whoever started autorun in the background how the first run has turned out, once."""

import json
import os
import time

from autoreload.core.status import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.events import Value
    from autoreload.outer.journal import Entry

PATIENCE_S = 60.0
"""A run that is neither up nor has failed by now is told of as it stands."""
DECISIVE = ("ready", "crashed", "finished", "stopped")


class Announcement:
    """The end of a pipe that gets one JSON object: the start, how it stands, and an exit code."""

    def __init__(self, fd: int, log: str, *, is_own_log: bool) -> None:
        self.log = log
        """Where everything is written that there is nobody to say to."""
        self.is_own_log = is_own_log
        """Whether nobody has named it, and it may be shortened."""
        self._fd: int | None = fd
        self._status = Status()
        self._start: dict[str, Value] = {}
        self._warnings: list[Value] = []
        self._exit_code: Value = None
        self._is_decided = False
        self._until = time.monotonic() + PATIENCE_S

    def hear(self, entry: "Entry") -> None:
        """Take in an event."""
        if entry.event == "start":
            self._start = entry.fields
        if entry.event == "warning":
            self._warnings.append(entry.fields["text"])
        if entry.event == "stopped":
            self._exit_code = entry.fields["exit_code"]
        self._status.apply(entry.event, entry.fields, entry.time)
        self._is_decided = self._is_decided or entry.event in DECISIVE

    def timeouts(self, now: float) -> list[float]:
        """Seconds until it is told in any case."""
        return [] if self._fd is None else [self._until - now]

    def look(self, now: float) -> None:
        """Tell it when it is decided, and everything that belongs to it has happened."""
        if self._is_decided or now >= self._until:
            self.close()

    def refuse(self, text: str) -> None:
        """Nothing runs, because of what was typed."""
        self._send({"refused": text})

    def close(self) -> None:
        """Tell how it stands now."""
        self._send(
            {
                "start": self._start,
                "status": self._status.shown(),
                "warnings": self._warnings,
                "exit_code": self._exit_code,
            }
        )

    def _send(self, fields: "dict[str, Value]") -> None:
        fd, self._fd = self._fd, None
        if fd is None:
            return
        try:
            os.write(fd, json.dumps(fields).encode())
        except OSError:
            pass  # whoever started it does not wait any more
        os.close(fd)
