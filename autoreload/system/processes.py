"""Processes: spawn, wait, what descends from what, and ending it."""

import os
import sys
import time

from autoreload.system import plainsignal as signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import NoReturn

GIVEN_UP_S = 2.0
"""Who is killed and not gone by then hangs in the kernel, or the machine is very busy."""
RESET = (signal.SIGINT, signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE))
"""Signals whose default a child gets back: SIGINT because a shell hands it to `&` jobs as ignored,
and the app is to be stopped by it; the others because Python itself ignores them."""


def spawn(
    argv: "Sequence[str]",
    environment: "Mapping[str, str]",
    *,
    mask: "Iterable[int]",
    pass_fd: int | None = None,
    placed: "Sequence[int]" = (),
) -> int:
    """Start a program in this process' group and directory; its pid. Raises OSError.

    It keeps `pass_fd` under its number, and finds `placed` from descriptor 3 on; none of these may
    stand among the numbers that are so taken.
    """
    from autoreload.core.listenfds import FIRST_FD  # the inner, which spawns nothing, imports us

    taken = range(FIRST_FD, FIRST_FD + len(placed))
    assert pass_fd not in taken
    assert not set(placed) & set(taken)
    actions = [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in zip(placed, taken, strict=True)]
    if pass_fd is not None:
        # A descriptor that is duplicated onto itself keeps its number and loses close-on-exec.
        actions.append((os.POSIX_SPAWN_DUP2, pass_fd, pass_fd))
    return os.posix_spawnp(
        argv[0],
        list(argv),
        dict(environment),
        file_actions=actions,
        setsigmask=list(mask),
        setsigdef=list(RESET),
    )


CHECKPOINT, STANDBY, PARTED = "checkpoint", "standby", "parted"
"""Names of a process from which a run may go on, of one that waits for its turn, and of one that is
over but for its memory."""


def rename(name: str) -> str:
    """Give this process a name that `ps` and `top` show (Linux, proc(5)); the one that it had."""
    try:
        fd = os.open("/proc/self/comm", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return name
    try:
        former = os.fsdecode(os.read(fd, 64).rstrip(b"\n"))
        os.write(fd, os.fsencode(name))
    finally:
        os.close(fd)
    return former


class Ended:
    """A child that is gone: exit code, or minus the signal."""

    __slots__ = ("code", "pid")

    def __init__(self, pid: int, code: int) -> None:
        self.pid = pid
        self.code = code


def reap() -> list[Ended]:
    """Collect every child that has ended: our own, and as subreaper or PID 1 those of others."""
    ended: list[Ended] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append(Ended(pid, os.waitstatus_to_exitcode(status)))


def become_subreaper() -> bool:
    """Let orphans below come to us (Linux, prctl(2)), so that none is out of sight."""
    if sys.platform != "linux":
        return False
    import ctypes

    pr_set_child_subreaper = 36
    return bool(ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) == 0)


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process as soon as its parent is gone (Linux, prctl(2)).

    It follows the thread of the parent that has forked.
    """
    _set_parent_death_signal(signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def live_without_parent() -> None:
    """Take `die_with_parent` back."""
    _set_parent_death_signal(0)


def _set_parent_death_signal(number: int) -> None:
    from autoreload.system import libc

    pr_set_pdeathsig = 1
    libc.call("prctl", pr_set_pdeathsig, int(number), 0, 0, 0)


def watch_end(pid: int) -> int | None:
    """A descriptor that is ready when a child has ended; None where there is no such (Linux 5.3).

    It is moved out of a program's way.
    """
    from autoreload.system.channel import settle_high

    try:
        return settle_high(os.pidfd_open(pid))
    except (AttributeError, OSError):
        return None


def end_like(status: int) -> "NoReturn":
    """End this process at once as another one has ended, by its wait status; no core is written."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        try:
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        except (ImportError, ValueError, OSError):
            pass
        number = -code
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    os._exit(code if code >= 0 else 128 - code)  # noqa: TID251


class Process:
    """One process as the system lists it."""

    __slots__ = ("name", "parent", "pid", "session")

    def __init__(self, pid: int, name: str, parent: int, session: int) -> None:
        self.pid = pid
        self.name = name
        self.parent = parent
        self.session = session

    def __repr__(self) -> str:
        return f"{self.pid} ({self.name})"


def table() -> dict[int, Process]:
    """Every process that is alive, by pid; empty where the system does not tell."""
    if sys.platform != "linux":
        return _table_by_ps()
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := _read_stat(int(entry))):
            found[process.pid] = process
    return found


def _read_stat(pid: int) -> Process | None:
    """proc(5): pid (comm) state ppid pgrp session; comm may hold blanks and parentheses."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    if fields[0] in "ZX":
        return None
    return Process(pid, name, int(fields[1]), int(fields[3]))


def _table_by_ps() -> dict[int, Process]:
    import subprocess

    listing = subprocess.Popen(
        ["ps", "-A", "-o", "pid=,ppid=,sess=,comm="], stdout=subprocess.PIPE, text=True
    )
    found = {}
    for line in listing.communicate()[0].splitlines():
        pid, parent, _, name = line.split(None, 3)
        try:
            found[int(pid)] = Process(
                int(pid), os.path.basename(name), int(parent), os.getsid(int(pid))
            )
        except OSError:
            continue
    return found


def descendants(root: int, processes: "Mapping[int, Process]") -> list[Process]:
    """Everything below a process, nearest first."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    level = children.get(root, [])
    while level:
        found += level
        level = [child for process in level for child in children.get(process.pid, [])]
    return found


def kill_tree(root: int) -> None:
    """SIGKILL for a process and for everything that is below it by now."""
    below = descendants(root, table())
    for pid in (root, *(one.pid for one in below)):
        send(pid, signal.SIGKILL)


def children(pid: int) -> list[Process] | None:
    """What a process has started itself, or taken in, and is alive; None if nobody tells (Linux).

    /proc/PID/task/TID/children tells without a walk through every process (proc(5)).
    """
    found = child_pids(pid)
    return None if found is None else list(filter(None, map(_read_stat, found)))


def child_pids(pid: int) -> list[int] | None:
    """The same by number, with whoever is dead and not waited for yet."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb", buffering=0) as file:
                found += map(int, file.readall().split())
    except OSError:
        return None
    return found


def carries(pid: int, name: str, value: str) -> bool:
    """Whether a process began with this environment variable (Linux); unreadable means no."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"{name}={value}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def has_variable(pid: int, name: str) -> bool:
    """Whether a process began with this environment variable, whatever its value (Linux)."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return any(one.startswith(f"{name}=".encode()) for one in file.read().split(b"\0"))
    except OSError:
        return False


def carriers(name: str, value: str) -> list[Process]:
    """Processes of this user, but for this one, that carry a variable with this value (Linux)."""
    if sys.platform != "linux":
        return []
    others = [one for one in table().values() if one.pid != os.getpid()]
    return [one for one in others if carries(one.pid, name, value)]


def is_alive(pid: int) -> bool:
    """Whether there is such a process; a zombie is gone."""
    if sys.platform == "linux":
        return _read_stat(pid) is not None
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def send(pid: int, number: int) -> None:
    """Signal a process; one that is gone, or not ours, is left."""
    try:
        os.kill(pid, number)
    except OSError:
        pass


def end(
    pids: "Iterable[int]", grace_s: float, pause: "Callable[[float], object]", clock_s: float = 0.01
) -> None:
    """TERM first, KILL for what is left after `grace_s`; returns when all are gone.

    `pause` waits that many seconds at most and may return early; it also collects ended children.
    """
    left = [pid for pid in pids if is_alive(pid)]
    for pid in left:
        send(pid, signal.SIGTERM)
        send(pid, signal.SIGCONT)
    kill_at = time.monotonic() + grace_s
    given_up_at = kill_at + GIVEN_UP_S
    while left and (now := time.monotonic()) < given_up_at:
        if now >= kill_at:
            for pid in left:
                send(pid, signal.SIGKILL)
        pause(clock_s)
        left = [pid for pid in left if is_alive(pid)]
