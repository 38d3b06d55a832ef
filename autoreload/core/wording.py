"""Every sentence that autorun says about its own doing, made from values."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.packages import Installation

SIGNALS = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    15: "SIGTERM",
}


class Line:
    """One line for the user: text, and the tone that a terminal may colour."""

    __slots__ = ("text", "tone")

    def __init__(self, text: str, tone: str = "plain") -> None:
        self.text = text
        self.tone = tone

    def __repr__(self) -> str:
        return f"Line({self.text!r}, {self.tone!r})"


def duration(seconds: float) -> str:
    """A time as people read it: 34 ms, 1.3 s, 2 min 5 s."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def path_shown(path: str, root: str) -> str:
    """A path as the user would write it: relative to where autorun was started, if below it.

    What would end the line or command the terminal is written as an escape.
    """
    prefix = root.rstrip("/\\")
    if prefix and path.startswith((prefix + "/", prefix + "\\")):
        path = path[len(prefix) + 1 :]
    return printable(path)


def printable(text: str) -> str:
    """A text of somebody else's, as it may stand in a line."""
    if text.isprintable():
        return text
    return "".join(repr(letter)[1:-1] if _is_control(letter) else letter for letter in text)


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter < "\xa0" or letter in "\u2028\u2029"


def counted(number: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names(paths: "Sequence[str]", root: str, *, more: int = 0) -> str:
    """The first path, and how many more there are."""
    shown = path_shown(paths[0], root) if paths else "a file"
    others = len(paths) - 1 + more
    return f"{shown} and {others} more" if others > 0 else shown


def started(title: str, pid: int, backend: str, *, keys: bool = False) -> Line:
    """Without a pid as long as it is not the last one."""
    text = f"{title} started{_process(pid)}, watching what it loads ({backend})"
    return Line(text + _hint(keys), "dim")


def command_started(title: str, pid: int, where: str, *, keys: bool = False) -> Line:
    text = f"{title} started, pid {pid}, watching the files below {where}"
    return Line(text + _hint(keys), "dim")


def _process(pid: int) -> str:
    return f", pid {pid}" if pid else ""


def _hint(keys: bool) -> str:
    return "  h + enter for help" if keys else ""


def ready(seconds: float, urls: "Sequence[str]", *, how: str = "", pid: int = 0) -> Line:
    """`how` it came to be, where that is not always the same: warm, or why not."""
    shown = f"ready in {duration(seconds)}" + (f" ({how})" if how else "") + _process(pid)
    return Line("  ".join((shown, *urls)), "good")


def warm(
    paths: "Sequence[str]", root: str, seconds: float, urls: "Sequence[str]", *, more: int = 0
) -> Line:
    """A restart that is over before there was anything else to say of it."""
    after = ready(seconds, urls, how="warm").text
    return Line(f"{names(paths, root, more=more)} changed, {after}", "good")


def changed(paths: "Sequence[str]", root: str, *, more: int = 0) -> Line:
    return Line(f"{names(paths, root, more=more)} changed, restarting")


def asked_by_program() -> Line:
    return Line("the program asks for it, restarting")


def kept(paths: "Sequence[str]", root: str) -> Line:
    """While a debugger waits for its user."""
    what = f"{path_shown(paths[0], root)} changed" if len(paths) == 1 else f"{len(paths)} changes"
    link = ":" if len(paths) == 1 else ""
    return Line(f"{what}{link} kept until you continue", "held")


def because(path: str, root: str, why: str) -> Line:
    return Line(f"  {path_shown(path, root)}: {why}", "dim")


def watched(files: int, directories: int, backend: str) -> Line:
    return Line(
        f"{counted(files, 'file')} loaded, {directories} "
        f"{'directory' if directories == 1 else 'directories'} watched by {backend}",
        "dim",
    )


def unanswered(paths: "Sequence[str]", root: str) -> Line:
    return Line(f"{names(paths, root)} changed and the app does not react, restarting", "held")


def asked() -> Line:
    return Line("restarting, as asked")


def paused(seconds: float) -> Line:
    return Line(f"paused for {seconds:g} s: changes are kept until then, or autorun resume", "held")


def resumed(by: str) -> Line:
    return Line("the pause is over, restarts again" if by == "time" else "resumed")


def installed(found: "Sequence[Installation]") -> Line:
    """`requests 2.31 → 2.32 was installed, restarting`."""
    name, before, after = found[0]
    shown = f"{name} {after}".rstrip()
    if before and before != after:
        shown = f"{name} {before} → {after}"
    again = " again" if before and before == after else ""
    if len(found) > 1:
        return Line(f"{shown} and {len(found) - 1} more were installed, restarting")
    return Line(f"{shown} was installed{again}, restarting")


def refreshed(paths: "Sequence[str]", root: str, by: str) -> Line:
    return Line(f"{names(paths, root)} changed, {by} reads it again")


def cold(reason: str, root: str, *, cure: str = "") -> str:
    """Why a restart is not warm, for `ready`, and what would make it warm."""
    why = path_shown(reason, root) or "nothing is left to go on from"
    return f"cold: {why}{'; ' * bool(cure)}{cure}"


def colder(reason: str, root: str, *, cure: str = "") -> Line:
    """A warm restart runs more again than it would have to."""
    why = path_shown(reason, root)
    return Line(f"  what comes later is run again: {why}{'; ' * bool(cure)}{cure}", "dim")


def verified(values: int) -> Line:
    return Line(f"  as after a cold start, in {counted(values, 'value')} compared", "dim")


def verifying_again() -> Line:
    return Line("  not as after a cold start, comparing with a second one", "dim")


def not_verified() -> Line:
    return Line("  a cold start beside it came to no bind, nothing was compared", "held")


def not_as_cold(module: str, name: str, *, more: int) -> Line:
    what = f"{module}.{name}" if name else f"module {module}"
    others = f" and {counted(more, 'other')}" if more else ""
    return Line(
        f"{what}{others} is not as after a cold start: warm restarts are off, restarting", "bad"
    )


def repeated(paths: "Sequence[str]", root: str) -> Line:
    what = names(paths, root)
    return Line(f"{what} found changed again and again without a change, starting cold", "bad")


def same(paths: "Sequence[str]", root: str) -> Line:
    return Line(f"{names(paths, root)} written with the same content, nothing to do", "dim")


def waiting_for(what: str) -> Line:
    doing = "git is writing" if what == "git" else f"a {what} is rewriting"
    return Line(f"{doing} the files, restarting when it is done", "dim")


def unheld() -> Line:
    return Line("the files are as they were, the running code is current")


def ended(code: int, seconds: float, *, waiting: bool = True) -> Line:
    """How the app ended; `code` is negative for a signal, as in `os.waitstatus_to_exitcode`."""
    then = ", waiting for a change" if waiting else ""
    after = duration(seconds)
    if code == 0:
        return Line(f"finished in {after}, exit code 0{then}", "good")
    if code < 0:
        return Line(f"killed by {SIGNALS.get(-code, f'signal {-code}')} after {after}{then}", "bad")
    return Line(f"failed after {after}, exit code {code}{then}", "bad")


def unusable(text: str, *, waiting: bool) -> Line:
    return Line(text + ("; waiting for a change" if waiting else ""), "bad")


def slow_stop(signal_name: str, threads: "Sequence[str]", children: "Sequence[str]") -> Line:
    kept = _alive(threads, children)
    by = f", kept by {kept}" if kept else ""
    return Line(f"waiting for the app to stop ({signal_name} sent){by}", "held")


def killed(seconds: float, threads: "Sequence[str]" = (), children: "Sequence[str]" = ()) -> Line:
    """`threads` and `children` are those that were alive."""
    left = _alive(threads, children)
    still = f"; still alive: {left}" if left else ""
    return Line(f"the app had not stopped after {duration(seconds)}, killed{still}", "held")


def _alive(threads: "Sequence[str]", children: "Sequence[str]") -> str:
    found = []
    if threads:
        found.append(f"{'thread' if len(threads) == 1 else 'threads'} {', '.join(threads)}")
    if children:
        found.append(f"{'child' if len(children) == 1 else 'children'} {', '.join(children)}")
    return " and ".join(found)


def swept(processes: "Sequence[str]") -> Line:
    return Line(f"ended what the app left behind: {', '.join(processes)}", "held")


def stopped() -> Line:
    return Line("stopped", "dim")


def stopped_at_once() -> Line:
    """Asked for a second time, before the app was through with its clean-up."""
    return Line("killed", "held")


def looped(path: str, root: str, restarts: int, seconds: float) -> Line:
    """Why a file is not watched any more, and how to say so oneself."""
    shown = path_shown(path, root)
    return Line(
        f"{restarts} restarts in {duration(seconds)}, each for {shown}, which the app writes "
        f"itself: ignored from now on (--ignore {shown} says so)",
        "held",
    )


def own_reloader(title: str, what: str) -> Line:
    return Line(f"{title}: its own reloader is switched off ({what})", "dim")


def no_match(pattern: str) -> Line:
    return Line(f"--watch {pattern} matches no file yet", "held")


def untraced(names_: "Sequence[str]") -> Line:
    shown = ", ".join(names_)
    return Line(f"{shown} cannot be followed, watching every *.py below this directory", "held")


def too_many_files(pattern: str, seen: int, watched: int, *, is_more: bool) -> Line:
    """`seen` files are below what a pattern names, or here without one; or more than that."""
    count = f"{'more than ' if is_more else ''}{seen:,} files"
    if not pattern:
        return Line(f"{count} here, watching {watched:,}; name what matters by --watch", "held")
    return Line(f"--watch {pattern} leads to {count}, watching {watched:,}; name fewer", "held")


def socket_refused(place: str, reason: str, text: str) -> str:
    """Why a `--socket` could not be opened; `text` is the system's own word for the rest."""
    why = {
        "used": "is in use by another program",
        "denied": "needs a right that this user does not have",
        "elsewhere": "is no address of this machine",
        "unsupported": "cannot be had, the machine has no such addresses",
        "unknown": "cannot be had, there is no such interface",
        "folder": "cannot be made, its folder is not there",
    }.get(reason, f"cannot be opened: {text}")
    return f"--socket {place} {why}"


def no_notices(reason: str) -> Line:
    return Line(f"sockets that are not bound by Python code are not kept: {reason}", "dim")


def no_privileges() -> Line:
    return Line("nothing below can gain privileges: if it needs sudo, --no-keep-sockets", "dim")


def not_kept(place: str) -> Line:
    return Line(
        f"{place} is not kept over the restart: no Python code has bound it; "
        "--keep-sockets=any keeps it",
        "dim",
    )
