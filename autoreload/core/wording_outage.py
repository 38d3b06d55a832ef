"""The sentences about an app that is down: its page, and who has its port."""

from autoreload.core.wording import SIGNALS, Line, duration, path_shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.keeping import Address

# --- the page that is answered while the app is down --------------------------------------------

PAGE_FOR_OTHERS = "the app is not running"
PAGE_WAITS = "Waiting for a save: this page loads itself again as soon as the app starts."
PAGE_ALONE = "Nobody answers: autorun may have ended. Asking again every second."
PAGE_BACK = "The app starts again: reload this page to repeat what was sent."
TEXT_WAITS = "autorun starts it again when a file is saved"


def page_title(title: str) -> str:
    return f"{title} is not running"


def ended_on_page(title: str, code: int) -> str:
    how = (
        f"was killed by {SIGNALS.get(-code, f'signal {-code}')}"
        if code < 0
        else f"ended with exit code {code}"
    )
    return f"{title} {how}; its output is in the terminal"


# --- an address that is taken -------------------------------------------------------------------


def in_use(
    address: "Address", pid: int, command: str, folder: str = "", *, again: bool = True
) -> Line:
    """By a program that may be ended; `folder` is where it runs."""
    by = f"pid {pid} ({command}, in {folder})" if folder else f"pid {pid} ({command})"
    return _in_use(address, f"by {by}: stop it (kill {pid}) or {_another(address)}", again=again)


def in_use_by_leftover(address: "Address", pid: int, command: str, *, again: bool = True) -> Line:
    who = f"by pid {pid} ({command}), left over from an earlier autorun: stop it (kill {pid})"
    return _in_use(address, who, again=again)


def in_use_by_autorun(
    address: "Address", pid: int, command: str, folder: str = "", *, again: bool = True
) -> Line:
    """By another autorun, of this project if it has no folder to be named."""
    which = f"(pid {pid}, {command}, in {folder})" if folder else f"of this project (pid {pid})"
    cure = f"stop it (kill {pid}) or {_another(address)}"
    return _in_use(address, f"by another autorun {which}: {cure}", again=again)


def in_use_by_app(address: "Address", pid: int, command: str) -> Line:
    return _in_use(address, f"by this app itself, pid {pid} ({command})", again=False)


def in_use_by_user(address: "Address", user: str, *, again: bool = True) -> Line:
    hint = "" if address.is_unix else f", which sudo ss -ltnp sport = :{address.port} names"
    return _in_use(address, f"by a process of {user}{hint}: {_another(address)}", again=again)


def in_use_by_unseen(address: "Address", *, again: bool = True) -> Line:
    who = "by a process that cannot be seen from here, in a container perhaps"
    return _in_use(address, f"{who}: {_another(address)}", again=again)


def in_use_by_nobody(address: "Address", *, again: bool = True) -> Line:
    """Nobody listens: a program that only binds, or connections of one that is gone."""
    who = "though nobody listens there, connections of an ended program may remain"
    return _in_use(address, f"{who}: wait or {_another(address)}", again=again, comma=True)


def in_use_by_unknown(address: "Address", *, again: bool = True) -> Line:
    """Where the system does not tell."""
    shown = f"lsof {address}" if address.is_unix else f"lsof -nP -iTCP:{address.port}"
    return _in_use(address, f"({shown} names it): {_another(address)}", again=again)


def in_use_by_file(address: "Address", *, again: bool = True) -> Line:
    """A path that exists, and nobody listens there."""
    who = "by a file that nobody listens at any more"
    return _in_use(address, f"{who}: remove it (rm {address})", again=again)


def free_again(address: "Address") -> Line:
    return Line(f"{_where(address)} is free, starting again")


def still_in_use(address: "Address", seconds: float) -> Line:
    text = f"{_where(address)} is still in use after {duration(seconds)}, waiting for a change"
    return Line(text, "held")


def folder_shown(path: str, home: str) -> str:
    """A directory with the user's own one as ~."""
    if home and path == home:
        return "~"
    shown = path_shown(path, home)
    return shown if shown == path else f"~/{shown}"


def _in_use(address: "Address", text: str, *, again: bool, comma: bool = False) -> Line:
    then = f"; autorun starts again when the {_noun(address)} is free" if again else ""
    return Line(f"{_where(address)} is in use{',' if comma else ''} {text}{then}", "bad")


def _where(address: "Address") -> str:
    return str(address) if address.is_unix else f"port {address.port}"


def _noun(address: "Address") -> str:
    return "path" if address.is_unix else "port"


def _another(address: "Address") -> str:
    return f"choose another {_noun(address)}"
