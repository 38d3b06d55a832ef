"""Whether a process may be forked here, and both halves go on as if there had been but one.

What counts is what is open and alive at this moment, not what has happened before. Any rule that
is hit keeps this one fork from happening: the program goes on, older checkpoints stay good, and the
next restart is colder, never wrong.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WRITING = 0o3
"""The bits of the access mode (open(2)); 0 is for reading alone."""
APPENDING = 0o2000

HARMLESS_TASKS = frozenset({"jemalloc_bg_thd"})
"""Native threads that are known to survive a fork: jemalloc starts its own again."""
HARMLESS_DEVICES = frozenset(
    {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
)
_SHARED = {
    "socket:": "a socket is open",
    "anon_inode:[eventpoll]": "an epoll set is open",
    "anon_inode:[eventfd]": "an eventfd is open",
    "anon_inode:[timerfd]": "a timerfd is open",
    "anon_inode:[signalfd]": "a signalfd is open",
    "anon_inode:inotify": "an inotify instance is open",
    "anon_inode:[fanotify]": "a fanotify group is open",
    "anon_inode:[io_uring]": "an io_uring is open",
    "anon_inode:[userfaultfd]": "a userfaultfd is open",
    "anon_inode:[perf_event]": "a performance counter is open",
    "anon_inode:[pidfd]": "a process is held by its descriptor",
    "pipe:": "a pipe is open",
}
LARGEST_COPIED = 2 << 30
"""Bytes of a process that is forked; the page tables of more take longer than 30 ms."""


class Descriptor:
    """An open descriptor of the program: where it leads, how it was opened, and where it stands."""

    __slots__ = ("fd", "flags", "is_file", "is_flushed", "is_locked", "position", "target")

    def __init__(
        self,
        fd: int,
        target: str,
        *,
        flags: int = 0,
        position: int = 0,
        is_file: bool = False,
        is_flushed: bool = False,
        is_locked: bool = False,
    ) -> None:
        self.fd = fd
        self.target = target
        self.flags = flags
        self.position = position
        self.is_file = is_file
        self.is_flushed = is_flushed
        """Whether its buffer is known to be empty: a log that was flushed just now."""
        self.is_locked = is_locked


class Facts:
    """What is open and alive in a process, apart from what is ours."""

    __slots__ = (
        "available",
        "children",
        "descriptors",
        "has_loop",
        "has_timer",
        "is_main_thread",
        "maps",
        "patched",
        "resident",
        "threads",
        "tracer",
    )

    def __init__(
        self,
        *,
        is_main_thread: bool = True,
        threads: int = 0,
        patched: str = "",
        tracer: str = "",
        has_loop: bool = False,
        has_timer: bool = False,
        children: "Iterable[int]" = (),
        maps: "Iterable[str]" = (),
        descriptors: "Iterable[Descriptor]" = (),
        resident: int = 0,
        available: int = 1 << 40,
    ) -> None:
        self.is_main_thread = is_main_thread
        self.threads = threads
        """Threads of Python beside the main one."""
        self.patched = patched
        """Who has replaced threads and sockets by its own kind."""
        self.tracer = tracer
        self.has_loop = has_loop
        self.has_timer = has_timer
        self.children = list(children)
        self.maps = list(maps)
        """Names of memory that is shared and written to."""
        self.descriptors = list(descriptors)
        self.resident = resident
        self.available = available
        """Bytes in memory, and bytes that are left."""


class Refusal(str):
    """Why not to fork, for people; empty when nothing speaks against it."""

    __slots__ = ("cure", "kind")

    cure: str
    """What would make it warm; empty where nobody can do anything."""
    kind: str
    """What it is about: `thread`, `native`, `descriptor` or something else."""

    def __new__(cls, reason: str = "", kind: str = "", cure: str = "") -> "Refusal":
        found = super().__new__(cls, reason)
        found.kind, found.cure = kind, cure
        return found


_LATER = "open it when the program starts its work, not while its modules are imported"
_START_LATER = "start it when the program starts its work, not while its modules are imported"


def refusal(facts: Facts) -> Refusal:
    """Why not to fork, the first reason that is found."""
    for rule, kind, cure in RULES:
        if reason := rule(facts):
            return Refusal(reason, kind, cure)
    return Refusal()


def _main_thread(facts: Facts) -> str:
    # Whoever forks is the only thread of the child, and PDEATHSIG follows the thread that forked.
    return "" if facts.is_main_thread else "it was not the main thread that imported"


def _threads(facts: Facts) -> str:
    if not facts.threads:
        return ""
    return f"{facts.threads} {'thread runs' if facts.threads == 1 else 'threads run'} beside it"


def _patched(facts: Facts) -> str:
    return f"{facts.patched} has replaced the threads" if facts.patched else ""


def _tracer(facts: Facts) -> str:
    return f"{facts.tracer} looks on" if facts.tracer else ""


def _loop(facts: Facts) -> str:
    return "an event loop runs" if facts.has_loop else ""


def _timer(facts: Facts) -> str:
    return "a timer is set" if facts.has_timer else ""  # a fork does not inherit it


def _children(facts: Facts) -> str:
    # The fork could not wait for them: Popen.poll() would answer 0.
    return f"its child {facts.children[0]} lives" if facts.children else ""


def _maps(facts: Facts) -> str:
    return f"{facts.maps[0] or 'memory'} is mapped shared" if facts.maps else ""


def _shared(facts: Facts) -> str:
    for one in facts.descriptors:
        for start, reason in _SHARED.items():
            if one.target.startswith(start):
                return f"{reason} (descriptor {one.fd})"
    return ""


def _devices(facts: Facts) -> str:
    for one in facts.descriptors:
        is_device = one.target.startswith("/dev/") and not one.is_file
        if is_device and one.target not in HARMLESS_DEVICES:
            return f"{one.target} is open"
    return ""


def _files(facts: Facts) -> str:
    for one in facts.descriptors:
        if not one.is_file:
            continue
        if one.flags & WRITING:
            if not (one.flags & APPENDING and one.is_flushed):
                return f"{one.target} is open for writing"
        elif one.position:
            return f"{one.target} is open and has been read from"
    return ""


def _locks(facts: Facts) -> str:
    for one in facts.descriptors:
        if one.is_locked:
            return f"{one.target} is locked"
    return ""


def _memory(facts: Facts) -> str:
    if facts.resident > LARGEST_COPIED or facts.resident * 2 > facts.available:
        return f"it is too large for copies ({facts.resident >> 20} MB)"
    return ""


RULES: "tuple[tuple[Callable[[Facts], str], str, str], ...]" = (
    (_main_thread, "", ""),
    (_threads, "thread", _START_LATER),
    (_patched, "", ""),
    (_tracer, "", "run without it"),
    (_loop, "", "import the program before the loop runs"),
    (_timer, "", _START_LATER),
    (_children, "", _START_LATER),
    (_shared, "descriptor", _LATER),
    (_devices, "descriptor", _LATER),
    (_files, "descriptor", "close it there, or " + _LATER),
    (_locks, "descriptor", _LATER),
    (_maps, "", _LATER),
    (_memory, "", ""),
)


def native_refusal(tasks: "Iterable[str]") -> Refusal:
    """Why not to fork, by the names of the tasks that are left beside the main one after a fork.

    Libraries that know of forks end their threads before one and start them again after it, so
    what still lives in the parent right after a trial would be missing in the child.
    """
    left = [name for name in tasks if name not in HARMLESS_TASKS]
    if not left:
        return Refusal()
    runs = "a native thread runs" if len(left) == 1 else f"{len(left)} native threads run"
    cure = "use it when the program starts its work, not while its modules are imported"
    return Refusal(f"{runs} beside it ({left[0]})", "native", cure)
