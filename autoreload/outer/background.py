"""`--background`: starts autorun detached, and returns when the first run is up, or has failed."""

import json
import os
import signal
import sys

from autoreload.core import wording_control as words
from autoreload.core.options import OptionsProblem
from autoreload.core.targets import UsageProblem
from autoreload.core.wording_records import not_opened
from autoreload.outer.announcing import Announcement
from autoreload.system import processes, terminal
from autoreload.system.instance import LOG, SOCKET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.events import Value
    from autoreload.core.options import Options
    from autoreload.system.instance import Instance

_CHUNK = 1 << 16


def start(
    options: "Options", instance: "Instance | None", run: "Callable[[Announcement], int]"
) -> int:
    """Have `run` carried out by a process of its own session; the exit code of either process.

    Raises UsageProblem.
    """
    is_own, path = _log_of(options, instance)
    log = _open(path, is_own=is_own)
    heard, told = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        return _go_on(log, instance, Announcement(told, path, is_own_log=is_own), run)
    os.close(told)
    os.close(log)
    try:
        return _answer(_read(heard), path, as_json=options.json)
    except KeyboardInterrupt:
        processes.send(pid, signal.SIGTERM)
        return 130


def _log_of(options: "Options", instance: "Instance | None") -> tuple[bool, str]:
    """Where the detached process writes, and whether that is a place of autorun's own."""
    if options.log_file:
        return False, os.path.abspath(options.log_file)
    if instance is None:
        raise UsageProblem("there is no place for a log here: name one by --log-file")
    return True, instance.path.removesuffix(SOCKET) + LOG


def _open(path: str, *, is_own: bool) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    if is_own:
        flags |= os.O_TRUNC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600 if is_own else 0o666)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageProblem(not_opened("--log-file", path, why)) from None


def _go_on(
    log: int,
    instance: "Instance | None",
    announcement: Announcement,
    run: "Callable[[Announcement], int]",
) -> int:
    """What the detached process does."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, fd in ((0, nothing), (1, log), (2, log)):
        os.dup2(fd, number)
    os.close(nothing)
    os.close(log)
    if instance is not None:
        instance.adopt()
    try:
        return run(announcement)
    except (UsageProblem, OptionsProblem) as problem:
        announcement.refuse(str(problem))
        return 2


def _read(fd: int) -> "dict[str, Value]":
    data = b""
    while part := os.read(fd, _CHUNK):
        data += part
    os.close(fd)
    try:
        found = json.loads(data)
    except ValueError:
        return {}  # it has ended without a word
    return found if isinstance(found, dict) else {}


def _answer(found: "dict[str, Value]", log: str, *, as_json: bool) -> int:
    """Show how it turned out; the exit code."""
    start, status = found.get("start"), found.get("status")
    if "refused" in found:
        terminal.say_plainly(str(found["refused"]))
        return words.USAGE
    if not (isinstance(start, dict) and isinstance(status, dict)):
        terminal.say_plainly(f"it has ended at once; {log} tells more")
        return words.BROKEN
    code, error = found.get("exit_code"), status.get("error")
    has_ended = isinstance(code, int)
    if code == words.USAGE and isinstance(error, dict) and not error.get("type"):
        terminal.say_plainly(str(error.get("message")))
        return words.USAGE
    warnings = found.get("warnings")
    for text in warnings if isinstance(warnings, list) else []:
        terminal.say_plainly(str(text))
    if as_json:
        sys.stdout.write(json.dumps({**status, "instance": start}) + "\n")
    else:
        for line in words.background(start, status, has_ended=has_ended):
            sys.stdout.write(line + "\n")
    sys.stdout.flush()
    if isinstance(code, int):
        return code if code >= 0 else words.BROKEN
    return words.code_of(status)
