"""What a tool and everything below it cost, as /proc has it."""

import os
import time
from pathlib import Path
from statistics import median


def tree(pid: int) -> list[int]:
    """A process and all its descendants; what ends meanwhile is passed over."""
    found = [pid]
    for one in found:  # grows while it is read
        found += _children(one)
    return found


def _children(pid: int) -> list[int]:
    below: list[int] = []
    for task in _listed(Path(f"/proc/{pid}/task")):
        below += [int(one) for one in _read(task / "children").split()]
    return below


def below(folder: Path) -> list[int]:
    """Processes whose working directory lies in a folder, in whichever session."""
    found = []
    for entry in _listed(Path("/proc")):
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue  # gone, or somebody else's
    return found


def idle(pid: int, seconds: float, *, times: int = 1) -> float:
    """Percent of one core that a process takes with all below it: the median of several looks."""
    shares = []
    for _ in range(times):
        pids, since = tree(pid), time.perf_counter()
        before = sum(map(_cpu_s, pids))
        time.sleep(seconds)
        spent = sum(map(_cpu_s, pids)) - before
        shares.append(100 * spent / (time.perf_counter() - since))
    return median(shares)


def _cpu_s(pid: int) -> float:
    """Seconds on a core, of all threads; the kernel counts them in nanoseconds here."""
    spent = [_read(task / "schedstat").split() for task in _listed(Path(f"/proc/{pid}/task"))]
    return sum(int(fields[0]) for fields in spent if fields) / 1e9


def pss_kb(pid: int) -> int:
    """Kilobytes of memory, what is shared counted in part; 0 when it is gone."""
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def descriptors(pid: int) -> int:
    """How many descriptors are open."""
    return len(_listed(Path(f"/proc/{pid}/fd")))


def is_zombie(pid: int) -> bool:
    """Whether it has ended, and nobody has asked how."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[:1] == ["Z"]


def inotify_watches(pid: int) -> int:
    """How many watches a process and all below it hold (proc(5), fdinfo of inotify)."""
    descriptors = [one for each in tree(pid) for one in _listed(Path(f"/proc/{each}/fdinfo"))]
    return sum(_read(one).count("inotify wd:") for one in descriptors)


def _listed(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder)]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
