"""Keys that never steal the app's input: a line is taken only when the app has left it."""

import os

from autoreload.core import keys, wording_control
from autoreload.core.control import PAUSE_S
from autoreload.core.lifecycle import Event
from autoreload.core.wording import Line
from autoreload.system.waiting import POLLHUP, POLLIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.options import Options
    from autoreload.core.status import Status
    from autoreload.outer.deciding import Deciding
    from autoreload.outer.pausing import Pausing
    from autoreload.outer.report import Report
    from autoreload.system.typed import Typed


def wanted(options: "Options", environment: "Mapping[str, str]") -> bool:
    """Whether there is somebody who types."""
    if not options.keys or environment.get("CI") or environment.get("TERM") == "dumb":
        return False
    return os.isatty(0) and os.isatty(2)


class Keys:
    """The terminal, as far as the app leaves it to autorun."""

    def __init__(
        self,
        feed: "Callable[[Event], None]",
        *,
        status: "Status",
        deciding: "Deciding",
        pausing: "Pausing",
        report: "Report",
    ) -> None:
        self._feed = feed
        self._status = status
        self._deciding = deciding
        self._pausing = pausing
        self._report = report
        self._typed: Typed | None = None
        self._since: float | None = None
        """Since when there are bytes that nobody has read."""
        self._look_at = 0.0

    def open(self) -> None:
        """Begin to listen, if there is a terminal."""
        from autoreload.system.typed import Typed

        try:
            self._typed = Typed()
        except OSError:
            self._typed = None

    def fileno(self) -> int | None:
        """What to wait on; not while there is something that may be the app's."""
        return self._typed.fd if self._typed is not None and self._since is None else None

    def timeouts(self, now: float) -> list[float]:
        """Seconds until what was left unread is looked at again."""
        return [] if self._since is None else [self._look_at - now]

    def look(self, ready: "Mapping[int, int]", now: float) -> None:
        """Take what is there for us."""
        if self._typed is None:
            return
        events = ready.get(self._typed.fd, 0)
        if events & POLLHUP:
            self.close()
            return
        if self._since is None and events & POLLIN:
            self._since = self._look_at = now
        if self._since is not None and now >= self._look_at:
            self._consider(self._typed, now - self._since, now)

    def _consider(self, typed: "Typed", waited_s: float, now: float) -> None:
        pending = typed.pending()
        if not pending:  # the app has read it
            self._since = None if waited_s else self._since
        has_reader = not self._status.is_over
        is_ours = typed.is_ours() and keys.is_ours(
            pending, is_canonical=typed.is_canonical(), has_reader=has_reader, waited_s=waited_s
        )
        if is_ours:
            self._since = None
            self._press(keys.key_of(typed.take(pending), has_reader=has_reader))
        elif self._since is not None:
            self._look_at = now + keys.next_look(waited_s)

    def _press(self, key: str) -> None:
        match key:
            case "r" | "R":
                if self._status.state not in ("stopping", "restarting"):
                    self._deciding.asked("key", cold=key == "R")
                    self._feed(Event.CHANGED)
            case "o":
                self._open_browser()
            case "u":
                self._report.speech.show(
                    Line("  ".join(map(str, self._status.urls)) or "no address yet")
                )
            case "c":
                self._report.speech.clear()
            case "p" if self._pausing.is_on:
                self._pausing.end("key")
            case "p":
                self._pausing.begin(PAUSE_S)
            case "e":
                lines = wording_control.error(self._status.shown())
                self._report.speech.show(*(Line(one, "bad") for one in lines or ["no error"]))
            case "s":
                self._report.speech.show(Line(wording_control.state(self._status.shown())))
            case "h":
                shown = [f"{letter}  {meaning}" for letter, meaning in keys.KEYS.items()]
                self._report.speech.show(*(Line(one) for one in ["each with enter:", *shown]))
            case "q":
                self._feed(Event.STOP)

    def _open_browser(self) -> None:
        urls = [str(one) for one in self._status.urls if str(one).startswith("http")]
        if not urls:
            self._report.speech.show(Line("nothing to open: no address yet"))
            return
        from autoreload.system import browser

        if not browser.open_page(urls[0]):
            self._report.speech.show(Line(f"no browser can be started for {urls[0]}", "held"))

    def close(self) -> None:
        if self._typed is not None:
            self._typed.close()
            self._typed = None
            self._since = None
