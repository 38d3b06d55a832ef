"""The words between outer and inner: messages, the sentinel code, names of environment variables.

One message is one packet: a word, the pid of the sender, and named fields. The bytes are those of
`marshal` in its second version: both ends are our own, every supported interpreter reads it, and it
costs the inner no import.

    outer -> inner   start    what to run, how to stop, which bytecode not to trust
                     go       on, from the first file of the project: the last run is over
                     look     something that you loaded may have changed; with a question:
                              say what you found
                     stacks   say where every thread is
                     pause    no restart until it is taken back
                     events   file events arrive from now on, the sweep may be slow
                     stop     end the app, or see to its end when it was asked already
                     refresh  files that the framework caches have changed
                     ready    the program is up
                     prompts  the outer wants a restart: does a debugger wait for its user?
                     again    a child of the program asks for a restart
                     answer   to a message that asks, with descriptors perhaps
    inner -> outer   hello    the interpreter is up, or the program goes on in this process
                     here     the watcher has heard `look`
                     loaded   files that were read, each with the signature taken before reading
                     linked   links on the way to those, with what each says
                     installed  an installed package that was loaded, or looked for in vain
                     probed   where modules were looked for, and with which answer
                     dropped  files not to be compared, as the program writes them itself or
                              the framework reads them again
                     called   the program's own code begins
                     settled  it was called, and has imported nothing for a while
                     usage    the target cannot be run as it was named
                     failed   (asks) the exception that ends the program: kind, text, path, line,
                              column, source (from line `first` on), trace, whether that is
                              hidden, and the module that is missing
                     noticed  something has changed, a restart may follow
                     waiting  something else is rewriting the tree
                     restart  this inner is ending because of these files
                     looked   the answer to questions: nothing differs but what is held or kept
                     threads  where each of them is
                     kept     files changed, and nothing is done about it for now
                     held     a changed file does not compile, the app goes on
                     same     files were written without new bytes
                     slow     what keeps the app from ending
                     forced   the time to end is up, the inner ends itself without the app;
                              what is alive
                     watch    a directory and pattern that the framework caches
                     leave    a process that autorun shall not end
                     own      a reloader inside the program was kept from starting
                     refreshed  what the framework did with changed files
                     give     (asks) listeners that the next run may want
                     take     (asks) is there a listener for what is about to be bound?
                     free     (asks) an address is in use: is it by a kept listener?
                     asks     (asks) is a listener kept that nobody has taken yet?
                     ahead    what was imported before the first file of the project
                     binds    an address that the program is about to bind
                     cold     why no checkpoint can go on
                     spawns   the program starts processes
                     prompt   whether a debugger waits for its user, when asked and at its end
                     later    changes are kept until that user goes on
                     up       the program says itself that it is ready, and when
                     named    the program wants this glob or folder watched as well
                     ignored  the program wants no restart for these
                     wish     a child of the program asks for a restart
                     state    what the project's modules hold, for who compares it
"""

import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SENTINEL = 3
"""Exit code of an inner that wants to be started again, as in Django and Werkzeug.

uvicorn and gunicorn also exit with 3 when they fail, so the code alone means nothing: the word
`restart` on the channel decides.
"""

FLAG = "RELOAD_ENV"
FLAG_VALUE = "true"
IDENTITY = "AUTORUN_ID"
"""Stays in the environment of everything below, so that strays can be recognised."""
CONTROL = "AUTORUN_CONTROL"
"""The path of the control socket, for what runs below."""
CHANNEL = "AUTORUN_CHANNEL"
"""Descriptor and nonce of the channel; taken out before the app can see it."""

LARGEST = 60_000
"""Bytes of the largest packet that is sent; the kernel's default bound is about 200 kB."""

_AROUND = 200
"""Bytes of a packet that are not its list: word, pid, and the other fields."""

_START = marshal.dumps(("", 0, {}), 2)[:5]
"""How each of our packets begins: a tuple of three."""

TO_INNER = frozenset(
    {
        "again",
        "answer",
        "events",
        "go",
        "look",
        "pause",
        "prompts",
        "ready",
        "refresh",
        "stacks",
        "start",
        "stop",
    }
)
TO_OUTER = frozenset(
    {
        "hello",
        "here",
        "loaded",
        "linked",
        "dropped",
        "probed",
        "installed",
        "called",
        "settled",
        "usage",
        "failed",
        "noticed",
        "waiting",
        "restart",
        "looked",
        "threads",
        "kept",
        "held",
        "same",
        "slow",
        "forced",
        "watch",
        "leave",
        "own",
        "refreshed",
        "give",
        "take",
        "free",
        "asks",
        "ahead",
        "binds",
        "cold",
        "spawns",
        "prompt",
        "later",
        "up",
        "named",
        "ignored",
        "wish",
        "state",
    }
)
WORDS = TO_INNER | TO_OUTER


class ProtocolError(ValueError):
    """A packet that none of our ends sends."""


class Message:
    """One packet, taken apart."""

    __slots__ = ("fields", "passed", "pid", "word")

    def __init__(self, word: str, pid: int, fields: "dict[str, object]") -> None:
        self.word = word
        self.pid = pid
        self.fields = fields
        self.passed: list[int] = []
        """Descriptors that came with it; whoever takes one takes it out of here."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.word, self.pid, self.fields) == (
            other.word,
            other.pid,
            other.fields,
        )

    __hash__ = None  # type: ignore[assignment]  # the fields are a dict

    def __repr__(self) -> str:
        return f"Message({self.word!r}, {self.pid}, {self.fields!r})"

    def text(self, name: str) -> str:
        """The field as text; empty when it is missing."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else str(value)

    def texts(self, name: str) -> list[str]:
        """The field as a list of texts; empty when it is missing."""
        value = self.fields.get(name, ())
        return [str(one) for one in value] if isinstance(value, list | tuple) else []

    def number(self, name: str) -> float:
        """The field as a number; 0 when it is missing."""
        value = self.fields.get(name, 0)
        return value if isinstance(value, int | float) else 0

    def flag(self, name: str) -> bool:
        """Whether the field is there and true."""
        return bool(self.fields.get(name))


def encode(word: str, pid: int, fields: "dict[str, object]") -> bytes:
    """The packet for a message; ProtocolError for an unknown word."""
    if word not in WORDS:
        raise ProtocolError(f"unknown word {word!r}")
    return marshal.dumps((word, pid, fields), 2)


def decode(packet: bytes) -> Message:
    """The message in a packet; ProtocolError when it is none of ours."""
    # `marshal` trusts the lengths that it reads: "(some text" makes it ask for 13 GB.
    if not packet.startswith(_START):
        raise ProtocolError(f"not a message: {packet[:40]!r}")
    try:
        value = marshal.loads(packet)
    except (EOFError, ValueError, TypeError) as error:
        raise ProtocolError(f"not a message: {packet[:40]!r}") from error
    match value:
        case (str(word), int(pid), dict(fields)) if word in WORDS:
            return Message(word, pid, fields)
    raise ProtocolError(f"not a message: {packet[:40]!r}")


def batches(
    entries: "Sequence[object]", *, largest: int = LARGEST - _AROUND
) -> "list[list[object]]":
    """Split entries so that each part fits one packet; an entry is never split."""
    parts: list[list[object]] = []
    part: list[object] = []
    room = 0
    for entry in entries:
        size = len(marshal.dumps(entry, 2))  # type: ignore[arg-type]  # plain values
        if part and room < size:
            part = []
        if not part:
            parts.append(part)
            room = largest
        part.append(entry)
        room -= size
    return parts


def shortened(names: "list[str]", *, most: int = 50) -> "list[str]":
    """A list of names that fits a packet whatever happens: the first ones."""
    kept = []
    room = LARGEST - _AROUND
    for name in names[:most]:
        part = name[:4096]  # PATH_MAX of Linux
        room -= len(marshal.dumps(part, 2))
        if room < 0:
            break
        kept.append(part)
    return kept
