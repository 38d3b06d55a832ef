"""What the commands show to people: how an autorun stands, what it watches, what is wrong."""

from autoreload.core import events
from autoreload.core.wording import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autoreload.core.events import Value

    Fields = Mapping[str, Value]

CURRENT, BROKEN, USAGE, NOTHING, STALE, TIMEOUT = 0, 1, 2, 3, 4, 124
"""The exit codes of the commands."""

EXIT_CODES: dict[int, str] = {
    CURRENT: "it runs, is up, and nothing that is known to have changed is missing in it",
    BROKEN: "what is on disk is known not to work: it failed, or does not compile",
    USAGE: "the line cannot be understood",
    NOTHING: "no autorun runs here",
    STALE: "it is still starting, or changes are kept for later (status only)",
    TIMEOUT: "the time is up (wait only)",
}


NO_MCP = (
    "autorun mcp needs the package mcp, which is not installed beside autorun: "
    "pip install 'mcp>=2' in its environment"
)


def code_of(status: "Fields") -> int:
    """The exit code of `status`."""
    if status.get("error") or status.get("state") == "crashed":
        return BROKEN
    if status.get("state") not in ("ready", "finished") or status.get("kept"):
        return STALE
    return CURRENT


def code_of_result(result: str) -> int:
    """The exit code of `wait`."""
    return {"broken": BROKEN, "stopped": NOTHING, "timeout": TIMEOUT}.get(result, CURRENT)


def worst(codes: "Sequence[int]") -> int:
    """Of several autoruns' codes the one that matters most."""
    order = (BROKEN, NOTHING, TIMEOUT, STALE)
    return next((code for code in order if code in codes), CURRENT)


def state(status: "Fields") -> str:
    """`ready, run 14, pid 4242, 34 ms (warm), http://127.0.0.1:8000`."""
    parts = [str(status.get("state")), f"run {status.get('run')}"]
    if status.get("pid"):
        parts.append(f"pid {status['pid']}")
    taken = status.get("ready_ms")
    if isinstance(taken, int | float):
        parts.append(f"{duration(taken / 1000)} ({status.get('mode')})")
    ended_by = status.get("signal")
    if ended_by:
        parts.append(f"killed by {ended_by}")
    elif status.get("exit_code") is not None:
        parts.append(f"exit code {status['exit_code']}")
    urls = status.get("urls")
    parts += [str(one) for one in urls] if isinstance(urls, list) else []
    return ", ".join(parts)


def status(greeting: "Fields", found: "Fields") -> list[str]:
    """What `status` shows."""
    lines = [f"{greeting.get('target')}: {state(found)}"]
    if found.get("paused"):
        lines.append("  paused")
    kept = found.get("kept")
    if isinstance(kept, int) and kept:
        verb = "waits" if kept == 1 else "wait"
        lines.append(f"  {counted(kept, 'changed file')} {verb} to be run")
    lines += [f"  {line}" for line in error(found)]
    return lines


def error(found: "Fields") -> list[str]:
    """The last error: its place on one line, and the line of code."""
    problem = found.get("error")
    if not isinstance(problem, dict):
        return []
    lines = [events.as_one_line(problem)]
    source = str(problem.get("source") or "")
    if source.strip():
        lines.append("    " + source.strip())
    return lines


def waited(result: str, found: "Fields") -> list[str]:
    """What `wait` shows."""
    match result:
        case "broken":
            return error(found) or [f"broken: {state(found)}"]
        case "stopped":
            return ["autorun has been stopped"]
        case "timeout":
            why = "paused" if found.get("paused") else state(found)
            return [f"not ready in time: {why}"]
    return [state(found)]


def cause(found: "Fields") -> str:
    """What the present run is for."""
    why = found.get("cause")
    run = f"run {found.get('run')}"
    if not isinstance(why, dict):
        return f"{run} is the first one"
    files = why.get("files")
    names = [str(one) for one in files] if isinstance(files, list) else []
    count = why.get("count")
    more = (count if isinstance(count, int) else len(names)) - len(names)
    shown = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    match why.get("cause"):
        case "command" | "key":
            return f"{run}: a restart was asked for"
        case "port":
            return f"{run}: the port is free again"
        case "package":
            return f"{run}: {shown} was installed"
        case "silent":
            return f"{run}: {shown} changed while the app did not react"
    return f"{run}: {shown} changed"


def several(command: str, greetings: "Sequence[Fields]") -> str:
    """Which of several autoruns of one directory is meant has to be said."""
    shown = "; ".join(_called(one) for one in greetings)
    return f"several autoruns run here ({shown}): give each a --name, then {command} --name NAME"


def _called(greeting: "Fields") -> str:
    name = greeting.get("name")
    return f"{greeting.get('target')}, {f'name {name}, ' if name else ''}pid {greeting.get('pid')}"


def already(greeting: "Fields", found: "Fields") -> str:
    """A second start of what runs already."""
    urls = found.get("urls")
    where = "".join(f", {url}" for url in urls) if isinstance(urls, list) else ""
    return (
        f"{greeting.get('target')} runs already: pid {greeting.get('pid')}{where}; "
        "autorun stop ends it, --name NAME runs a second one"
    )


def background(greeting: "Fields", found: "Fields", *, has_ended: bool) -> list[str]:
    """What `--background` shows when the first run is up, or has failed."""
    lines = status(greeting, found)
    log = greeting.get("log")
    if has_ended:
        return [*lines, f"  autorun has ended; {log} has what was written"]
    name = greeting.get("name")
    which = f" --name {name}" if name else ""
    return [
        *lines,
        f"  autorun goes on as pid {greeting.get('pid')}, log {log}",
        f"  autorun logs -f{which}    what it writes",
        f"  autorun wait{which}       until what is saved runs",
        f"  autorun stop{which}       ends it",
    ]
