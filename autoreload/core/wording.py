"""Every sentence that autorun says about its own doing, made from values."""

from autoreload.core.trust import Why, top

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.decisions import Broken
    from autoreload.core.packages import Installation
    from autoreload.core.trust import Doubt

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
    if path.isprintable():
        return path
    return "".join(repr(letter)[1:-1] if _is_control(letter) else letter for letter in path)


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
    text = f"{title} started, pid {pid}, watching what it loads ({backend})"
    return Line(text + _hint(keys), "dim")


def command_started(title: str, pid: int, where: str, *, keys: bool = False) -> Line:
    text = f"{title} started, pid {pid}, watching the files below {where}"
    return Line(text + _hint(keys), "dim")


def _hint(keys: bool) -> str:
    return "  h + enter for help" if keys else ""


def ready(seconds: float, urls: "Sequence[str]") -> Line:
    return Line("  ".join((f"ready in {duration(seconds)}", *urls)), "good")


def changed(paths: "Sequence[str]", root: str, *, more: int = 0) -> Line:
    return Line(f"{names(paths, root, more=more)} changed, restarting")


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


def cold(reason: str, root: str) -> Line:
    why = path_shown(reason, root) or "nothing is left to go on from"
    return Line(f"  this restart is cold: {why}", "dim")


def repeated(paths: "Sequence[str]", root: str) -> Line:
    what = names(paths, root)
    return Line(f"{what} found changed again and again without a change, starting cold", "bad")


def same(paths: "Sequence[str]", root: str) -> Line:
    return Line(f"{names(paths, root)} written with the same content, nothing to do", "dim")


def held(broken: "Broken", root: str) -> "list[Line]":
    """The error as path:line: type: message, then the line with a caret."""
    where = path_shown(broken.path, root)
    place = f"{where}:{broken.line}" if broken.line else where
    lines = [
        Line(
            f"{place}: {broken.kind}: {broken.text}. Held, the previous code keeps running",
            "held",
        )
    ]
    if broken.source.strip():
        source = broken.source.partition("\n")[0].rstrip()
        before = source[: max(broken.column - 1, 0)].expandtabs(4)
        text = source.expandtabs(4).lstrip()
        caret = max(len(before) - (len(source.expandtabs(4)) - len(text)), 0)
        lines.append(Line(f"    {text}", "dim"))
        lines.append(Line("    " + " " * min(caret, len(text)) + "^", "held"))
    return lines


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
    kept = []
    if threads:
        kept.append(f"{'thread' if len(threads) == 1 else 'threads'} {', '.join(threads)}")
    if children:
        kept.append(f"{'child' if len(children) == 1 else 'children'} {', '.join(children)}")
    by = f", kept by {' and '.join(kept)}" if kept else ""
    return Line(f"waiting for the app to stop ({signal_name} sent){by}", "held")


def killed(seconds: float) -> Line:
    return Line(f"the app had not stopped after {duration(seconds)}, killed", "held")


def swept(processes: "Sequence[str]") -> Line:
    return Line(f"ended what the app left behind: {', '.join(processes)}", "held")


def stopped() -> Line:
    return Line("stopped", "dim")


def own_reloader(title: str, what: str) -> Line:
    return Line(f"{title}: its own reloader is switched off ({what})", "dim")


def no_match(pattern: str) -> Line:
    return Line(f"--watch {pattern} matches no file yet", "held")


def polling(reason: str, interval_s: float) -> Line:
    return Line(f"{reason}, polling every {interval_s:g} s", "held")


def doubted(doubt: "Doubt", folders: "Sequence[str]", root: str, interval_s: float) -> Line:
    """Why these directories are polled, and the way out; without any it is all of them."""
    compared = f"compared every {round(interval_s, 2 if interval_s < 0.1 else 1):g} s"
    where = _place(folders, root) if folders else "everything"
    match doubt.why:
        case Why.SILENT:
            local = "in Linux's own folders, as ~" if doubt.is_windows else "on a local disk"
            text = (
                f"{where} is on {doubt.value}, which does not tell of changes made elsewhere: "
                f"{compared}; {local}, a save is noticed at once"
            )
        case Why.LIMIT:
            who = counted(len(folders), "folder") if folders else "everything"
            text = (
                f"inotify limit {doubt.detail.rpartition('.')[2]} ({doubt.value}) is reached: "
                f"{who} {'are' if len(folders) > 1 else 'is'} {compared}; "
                f"raise it: sudo sysctl {doubt.detail}={_enough(doubt)}, then start autorun again"
            )
        case Why.UNANNOUNCED:
            text = (
                f"{path_shown(doubt.detail, root)} changed without a file event: "
                f"from now on {where} is {compared}; --poll does so from the start"
            )
        case Why.UNWATCHED:
            what = f"for {where}" if folders else "any more"
            text = (
                f"no file events {what} ({doubt.detail}): {compared}; "
                "starting autorun again tries once more"
            )
    return Line(text, "held")


def _place(folders: "Sequence[str]", root: str) -> str:
    """The folder that holds all of these, as it is spoken of."""
    common = top(folders)
    return "this directory" if common == root else path_shown(common, root)


def _enough(doubt: "Doubt") -> int:
    """A limit that is not reached again soon."""
    least = 524_288 if doubt.detail.endswith("watches") else 1024
    return max(least, 2 * int(doubt.value or 0))


def overflow(limit: int) -> Line:
    return Line(
        f"more file events at once than are kept (max_queued_events is {limit}), "
        f"compared everything; raise it: sudo sysctl fs.inotify.max_queued_events={limit * 4}",
        "held",
    )


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
