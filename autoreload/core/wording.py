"""Every sentence that autorun says about its own doing, made from values."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.decisions import Broken

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
    """A path as the user would write it: relative to where autorun was started, if below it."""
    prefix = root.rstrip("/\\")
    if prefix and path.startswith((prefix + "/", prefix + "\\")):
        return path[len(prefix) + 1 :]
    return path


def counted(number: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names(paths: "Sequence[str]", root: str, *, more: int = 0) -> str:
    """The first path, and how many more there are."""
    shown = path_shown(paths[0], root) if paths else "a file"
    others = len(paths) - 1 + more
    return f"{shown} and {others} more" if others > 0 else shown


def started(title: str, pid: int, backend: str) -> Line:
    return Line(f"{title} started, pid {pid}, watching what it loads ({backend})", "dim")


def command_started(title: str, pid: int, where: str) -> Line:
    return Line(f"{title} started, pid {pid}, watching the files below {where}", "dim")


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


def refreshed(paths: "Sequence[str]", root: str, by: str) -> Line:
    return Line(f"{names(paths, root)} changed, {by} reads it again")


def cold(reason: str, root: str) -> Line:
    why = path_shown(reason, root) or "nothing is left to go on from"
    return Line(f"  this restart is cold: {why}", "dim")


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


def untraced(names_: "Sequence[str]") -> Line:
    shown = ", ".join(names_)
    return Line(f"{shown} cannot be followed, watching every *.py below this directory", "held")


def too_many_files(most: int) -> Line:
    return Line(
        f"more than {most} files here, watching the first ones; name what matters by --watch",
        "held",
    )
