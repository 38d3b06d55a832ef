"""One run of the app: spawn it, talk to it, know what it loaded and how it ended."""

import os
import signal
import time

from autoreload.core import protocol
from autoreload.core.changes import Loaded
from autoreload.core.keeping import Address
from autoreload.system import channel as channels
from autoreload.system import files, processes
from autoreload.system.channel import ChannelClosed
from autoreload.watch.links import Links
from autoreload.watch.probes import Probes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.core.protocol import Message
    from autoreload.outer.packages import Needs

MOST_ADDRESSES = 32

DOOR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")


class Child:
    """A process that is waited for, and the app that is signalled.

    The two are one process as long as nothing stands between outer and app; `live` is what the
    other end of the channel says that it is.
    """

    def __init__(
        self, pid: int, channel: "channels.Channel | None", started_ns: int | None = None
    ) -> None:
        self.pid = pid
        self.live = pid
        self.channel = channel
        self.started = time.monotonic()
        self.started_ns = files.now_ns() if started_ns is None else started_ns
        """A moment before the program began, by the clock of the file system."""
        self.started_until_ns: int | None = None
        """When it was up, or gone, by the same clock."""
        self.greeted = channel is None
        self.called_at: float | None = None
        self.is_settled = False
        self.up_at: float | None = None
        """When it said itself that it is ready."""
        self.up_by = ""
        """The file that said so."""
        self.heard_at = self.started
        self.links = Links()
        """The links on the way to what the app's own process has read."""
        self.links_below = Links()
        """The same of its children."""
        self.probes = Probes()
        self.needs: Needs = {}
        """The installed packages that it has loaded or missed."""
        self.nonce = ""
        """Not empty while the interpreter waits for the word to begin."""
        self.usage = ""
        self.failed: Message | None = None
        """Why the program ended, if it said so."""
        self.binds: list[Address] = []
        """The addresses that it has tried to listen at, or to come from."""
        self.chain: list[int] = []
        """The checkpoints between us and the app, the one that we wait for first."""
        self.is_warm = False
        """Whether it goes on from a checkpoint."""
        self.may_go_on = False
        """Whether a restart that the outer asks for may be warm: it is for no file."""
        self.cold = ""
        """Why no checkpoint can go on, as far as it has said so."""
        self.has_children = channel is None
        """Whether it has started processes, which may write what nobody sees written."""
        self.is_passed_up = False
        """It was to go on from a checkpoint, and is to be started anew."""
        self.cure = ""
        """What would make it otherwise."""
        self._ahead: list[Message] = []
        """What a run that may be the next one has told of itself, ahead of its turn."""
        self.reporters: set[int] = set()
        """The processes that have said anything."""
        self.loaded: dict[str, Loaded] = {}
        """What the app's own process has loaded; its watcher compares these."""
        self.below: dict[str, Loaded] = {}
        """What its children have loaded; only the outer can compare these."""

    def extent(self) -> int:
        """How much is known of it; more means that there may be directories to subscribe."""
        links = len(self.links.said) + len(self.links_below.said)
        return len(self.loaded) + len(self.below) + links + len(self.probes.asked)

    def fileno(self) -> int | None:
        """What to wait on for messages, while there may be some."""
        return None if self.channel is None or self.nonce else self.channel.fileno()

    def messages(self) -> "Iterable[Message]":
        """What has come over the channel; loads are taken in on the way."""
        while self.channel is not None and not self.nonce:
            try:
                message = self.channel.receive()
            except (ChannelClosed, protocol.ProtocolError):
                return
            if message is None:
                return
            self.heard_at = time.monotonic()
            if message.flag("ahead"):
                self._told_ahead(message)
                continue
            self.reporters.add(message.pid)
            match message.word:
                case "hello":
                    self.greeted = True
                    self.live = message.pid
                    self.chain = [int(pid) for pid in message.texts("chain")]
                case "cold" if message.flag("part"):
                    pass  # a checkpoint goes on
                case "cold":
                    self.cold, self.cure = message.text("reason"), message.text("cure")
                    self.is_passed_up = message.flag("over")
                case "loaded" | "linked" | "probed":
                    self._take(message)
                case "installed":
                    self._take_installed(message)
                case "dropped":
                    for path in message.texts("paths"):
                        self.loaded.pop(path, None)
                        self.below.pop(path, None)
                        self.links.drop(path)
                case "spawns":
                    self.has_children = True
                case "settled":
                    self.is_settled = True
                case "up" if self.up_at is None:
                    self.up_at = message.number("at")
                    self.up_by = message.text("path")
                case "failed" if message.pid == self.live:
                    self.failed = message
                case "binds":
                    self._take_address(message)
                case "called":
                    self.called_at = self.called_at or self.heard_at
            yield message
            channels.drop_passed(message)

    def _told_ahead(self, message: "Message") -> None:
        """What may be the next run tells what it has from the past that it shares with this one."""
        if self._ahead and self._ahead[0].pid != message.pid:
            self._ahead = []
        self._ahead.append(message)

    def _take(self, message: "Message") -> None:
        """Take in what was read."""
        match message.word:
            case "loaded":
                self._take_loaded(message)
            case "linked":
                self._take_links(message)
            case "probed":
                self._take_probed(message)

    def _take_loaded(self, message: "Message") -> None:
        table = self.loaded if message.pid == self.live else self.below
        entries = message.fields.get("files")
        for entry in entries if isinstance(entries, list) else ():
            path, signature, digest, reason = entry
            known = table.get(path)
            # Of several processes that load a file the first counts: it runs the oldest.
            if table is self.loaded or known is None:
                table[path] = Loaded(path, signature, digest, reason=reason)
            elif known.digest is None and known.signature == signature:
                known.digest = digest

    def _take_links(self, message: "Message") -> None:
        links = self.links if message.pid == self.live else self.links_below
        found = message.fields.get("links")
        links.note((place, says) for place, says in (found if isinstance(found, list) else ()))

    def _take_installed(self, message: "Message") -> None:
        match message.fields.get("note"):
            case (str(folder), str(name), int(at_ns), bool(is_missing)):
                known = self.needs.get((folder, name))
                # Of several processes the first counts, as with files.
                if known is None or (known[1] and not is_missing):
                    self.needs[folder, name] = (at_ns, is_missing)

    def _take_probed(self, message: "Message") -> None:
        questions = message.fields.get("questions")
        for question in questions if isinstance(questions, list) else ():
            self.probes.note(*question)

    def _take_address(self, message: "Message") -> None:
        entry = message.fields.get("address")
        if isinstance(entry, tuple) and len(self.binds) < MOST_ADDRESSES:
            self.binds.append(Address(*entry))

    def tell(self, word: str, **fields: object) -> None:
        """Send a message; an app that is ending does not hear it any more."""
        if self.channel is not None:
            self.channel.tell(word, **fields)

    def ask(self, number: int, *, restart: bool) -> None:
        """Ask the app to stop as a user would."""
        for checkpoint in self.chain if restart and not self.may_go_on else ():
            # What the outer alone compares may have been read, unseen, before any of them.
            processes.send(checkpoint, signal.SIGKILL)
        if self.channel is None:
            processes.send(self.pid, number)
        elif self.greeted:
            self.tell("stop", restart=restart, signal=number)
        else:
            # An interpreter that boots takes a signal badly, and nothing of the user's has run.
            processes.send(self.pid, signal.SIGKILL)

    def asked_by_others(self) -> None:
        """Let the inner watch over the end of an app that has been asked already."""
        self.tell("stop", restart=False, asked=True)

    def kill(self) -> None:
        """End it and what is below it, now."""
        processes.kill_tree(self.pid)

    def outlives(self, pid: int) -> bool:
        """Whether this end is that of a checkpoint, and the app lives on.

        The outermost process that is left has become our own child.
        """
        left = [one for one in (*self.chain, self.live) if one != pid and processes.is_alive(one)]
        if pid != self.pid or not left:
            return False
        self.pid = left[0]
        self.chain = [one for one in left if one != self.live]
        return True

    def is_whole(self) -> bool:
        """Whether it and its checkpoints are alive."""
        return all(processes.is_alive(pid) for pid in (*self.chain, self.live))

    def successor(self) -> "Child":
        """The run that a checkpoint has begun in this one's stead, and that waits for its turn."""
        next_one = Child(self.pid, self.channel)
        next_one.live, next_one.chain = self.live, self.chain
        next_one.greeted = next_one.is_warm = True
        next_one.nonce = "again"
        next_one.needs = dict(self.needs)  # told once, when a package is loaded first
        next_one._ahead = self._ahead
        self.channel = None
        return next_one

    def catch_up(self) -> None:
        """Take in what this run has told ahead of its turn."""
        ahead, self._ahead = self._ahead, []
        for message in ahead:
            if message.pid == self.live:
                self._take(message)

    def close(self) -> None:
        """The app is gone: forks of it may still hold the other end, and are not heard."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None
