"""What the inner says beside the course of its life: passed on, remembered, or said to the user."""

from autoreload.system import channel as channels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.outer.child import Child
    from autoreload.outer.control import Control
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.leftovers import Leftovers
    from autoreload.outer.noticing import Noticing
    from autoreload.outer.report import Report
    from autoreload.outer.runs import Runs
    from autoreload.outer.sockets import Sockets


class Hearing:
    """Knows whom each word is for."""

    def __init__(
        self,
        launchpad: "Launchpad",
        runs: "Runs",
        sockets: "Sockets",
        noticing: "Noticing",
        leftovers: "Leftovers",
        report: "Report",
        control: "Control",
    ) -> None:
        self._launchpad = launchpad
        self._runs = runs
        self._sockets = sockets
        self._noticing = noticing
        self._leftovers = leftovers
        self._report = report
        self._control = control

    def hear(self, message: "Message", child: "Child") -> None:
        """Do what a word asks for; those that begin or end something are not for here."""
        match message.word:
            case "noticed":
                self._runs.prepare()
            case "waiting":
                self._report.waiting(message.text("what"))
            case "looked" | "threads":
                self._control.hear(message)
            case "kept":
                self._report.kept(message.texts("paths"), int(message.number("count")))
            case "held":
                self._launchpad.discard()  # nothing follows for now
                self._report.held(message)
            case "same":
                self._launchpad.discard()
                self._report.same(message)
                if message.flag("unheld"):
                    self._noticing.keeps(message)
            case "failed":
                self._report.say()  # before the traceback, what it is of
                channels.answer(message)
            case "later" | "prompt":
                if kept := self._noticing.keeps(message):
                    self._launchpad.discard()
                    self._report.later(kept)
            case "named":
                self._noticing.named(message, child)
            case "ignored":
                self._noticing.ignored(message)
            case "wish":
                child.tell("again")
            case "state":
                self._runs.verifying.heard(message, child)
            case "cold" if message.flag("part"):
                self._report.colder(message)
            case "slow":
                self._report.stubborn.slow(message, child)
            case "forced":
                self._report.stubborn.forced(message)
            case "usage":
                child.usage = message.text("text")
            case "watch":
                self._noticing.cached(message, child)
            case "refreshed":
                self._launchpad.discard()
                self._report.refreshed(message)
            case "leave":
                self._leftovers.leave(int(message.number("process")))
            case "dropped" if message.flag("own"):
                self._launchpad.written.update(message.texts("paths"))
            case "give" | "take" | "free" | "asks":
                self._report.not_kept(self._sockets.hear(message, child))
                if message.word == "give":
                    self._runs.look_ahead()
            case "ahead":
                self._launchpad.ahead = message.texts("modules")
            case "own":
                self._report.own_reloader(message)
