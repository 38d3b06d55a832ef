"""What each command at the control socket does."""

from functools import partial

from autoreload.core import control
from autoreload.core.control import PAUSE_S, WAIT_S, ControlProblem
from autoreload.core.lifecycle import Event
from autoreload.outer.explain import Explain
from autoreload.outer.journal import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.control import Request
    from autoreload.core.events import Value
    from autoreload.core.protocol import Message
    from autoreload.core.status import Status
    from autoreload.outer.barrier import Barrier
    from autoreload.outer.clients import Client
    from autoreload.outer.deciding import Deciding
    from autoreload.outer.journal import Entry, Journal
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.pausing import Pausing
    from autoreload.outer.runs import Runs
    from autoreload.outer.watching import Watching

LONGEST_WAIT_S = 86_400.0
LONGEST_PAUSE_S = 3600.0


class Commands:
    """Everything that can be asked of an autorun while it runs."""

    def __init__(
        self,
        introduction: "dict[str, Value]",
        feed: "Callable[[Event], None]",
        *,
        runs: "Runs",
        watching: "Watching",
        launchpad: "Launchpad",
        journal: "Journal",
        status: "Status",
        barrier: "Barrier",
        pausing: "Pausing",
        deciding: "Deciding",
    ) -> None:
        self._introduction = introduction
        self._root = str(introduction["root"])
        self._feed = feed
        self._runs = runs
        self._watching = watching
        self._launchpad = launchpad
        self._journal = journal
        self._status = status
        self._barrier = barrier
        self._pausing = pausing
        self._deciding = deciding
        self._followers: dict[Client, Callable[[Entry], None]] = {}
        self._waiting: list[tuple[Client, Callable[[str], None]]] = []
        self._stacks: list[tuple[Client, Value]] = []

    def greeting(self) -> "dict[str, Value]":
        """What a client is told first."""
        return {"v": control.VERSION, **self._introduction}

    def carry_out(self, request: "Request", client: "Client") -> None:
        """Do it, and answer now or later; raises ControlProblem."""
        fields = self._answer(request, client)
        if fields is not None:
            client.send({"id": request.number, "ok": True, **fields})

    def _answer(self, request: "Request", client: "Client") -> "dict[str, Value] | None":
        match request.command:
            case "status":
                return self._status.shown()
            case "wait":
                self._wait(request, client)
                return None
            case "restart":
                return self._restart(request, client)
            case "stop":
                client.send({"id": request.number, "ok": True})
                self._feed(Event.STOP)
                return None
            case "pause":
                self._pausing.begin(request.seconds("seconds", PAUSE_S, most=LONGEST_PAUSE_S))
                return self._status.shown()
            case "resume":
                self._pausing.end("command")
                return self._status.shown()
            case "why" if path := request.text("path"):
                return {"path": path, "why": self._explain().reason(path)}
            case "why":
                return self._status.shown()
            case "watched":
                return {"files": self._watched()}
            case "events":
                return self._events(request, client)
            case "stacks":
                self._ask_for_stacks(request, client)
                return None
        raise ControlProblem("unknown-command", f"no command {request.command!r}")

    def _wait(self, request: "Request", client: "Client") -> None:
        seconds = request.seconds("timeout", WAIT_S, most=LONGEST_WAIT_S)
        answer = partial(self._waited, request, client)
        self._waiting.append((client, answer))
        self._barrier.ask(seconds, answer)

    def _waited(self, request: "Request", client: "Client", result: str) -> None:
        self._waiting = [one for one in self._waiting if one[0] is not client]
        client.send({"id": request.number, "ok": True, "result": result, **self._status.shown()})

    def _restart(self, request: "Request", client: "Client") -> "dict[str, Value] | None":
        if self._status.state == "stopping":
            raise ControlProblem("stopping", "autorun is ending")
        self._deciding.asked("command", cold=request.flag("cold"))
        self._feed(Event.CHANGED)
        if request.flag("wait"):
            self._wait(request, client)
            return None
        return {}

    def _explain(self) -> Explain:
        if self._runs.child is None:
            raise ControlProblem("not-started", "nothing has been started yet")
        return Explain(self._runs.child, self._watching, self._root, self._launchpad.written)

    def _watched(self) -> "list[Value]":
        reasons = self._explain().reasons()
        return [{"path": path, "why": reasons[path]} for path in sorted(reasons)]

    def _events(self, request: "Request", client: "Client") -> "dict[str, Value]":
        if request.flag("follow") and client not in self._followers:
            follower = partial(self._passed_on, client)
            self._followers[client] = follower
            self._journal.follow(follower)
        after = request.count("after")
        return {"events": [shown(one) for one in self._journal.entries(after=after)]}

    def _passed_on(self, client: "Client", entry: "Entry") -> None:
        client.send(shown(entry))

    def _ask_for_stacks(self, request: "Request", client: "Client") -> None:
        child = self._runs.listener
        if child is None or child.channel is None:
            raise ControlProblem("not-running", "no Python program of ours runs now")
        self._stacks.append((client, request.number))
        child.tell("stacks")

    def stacks(self, message: "Message") -> None:
        """The inner has said where its threads are."""
        asking, self._stacks = self._stacks, []
        for client, number in asking:
            client.send({"id": number, "ok": True, "text": message.text("text")})

    def forget(self, client: "Client") -> None:
        """A client is gone."""
        if (follower := self._followers.pop(client, None)) is not None:
            self._journal.unfollow(follower)
        for _, answer in [one for one in self._waiting if one[0] is client]:
            self._barrier.drop(answer)
        self._waiting = [one for one in self._waiting if one[0] is not client]
        self._stacks = [one for one in self._stacks if one[0] is not client]
