"""Every line that autorun says, made by the functions of `core/wording*`, with what it means."""

import inspect
import pkgutil
import socket
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

import autoreload.core
from autoreload.core.decisions import Broken
from autoreload.core.keeping import Address
from autoreload.core.packages import Installation
from autoreload.core.trust import Doubt, Why

ROOT = "/project"
VIEWS = f"{ROOT}/shop/views.py"
PRICES = f"{ROOT}/prices.py"
BROKEN = Broken(VIEWS, 9, 9, "SyntaxError", "'(' was never closed", 'TITLE = ("Corner shop"')
FAILED = Broken(VIEWS, 12, 12, "NameError", "name 'shelf' is not defined", "")
PORT = Address(socket.AF_INET, "127.0.0.1", 8000)


class Said(NamedTuple):
    """The lines of one event."""

    name: str
    lines: tuple[str, ...]
    means: str


def makers() -> dict[str, Callable[..., object]]:
    """Every function that makes lines, by its name."""
    modules = (
        import_module(f"autoreload.core.{found.name}")
        for found in pkgutil.iter_modules(autoreload.core.__path__)
        if found.name.startswith("wording")
    )
    return {
        name: function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and "Line" in str(inspect.signature(function).return_annotation)
    }


MAKERS = makers()


def said(name: str, *args: object, means: str, **more: object) -> Said:
    """What the function of this name says of these values."""
    found = MAKERS[name](*args, **more)
    lines = found if isinstance(found, list) else [found]
    return Said(name, tuple(str(getattr(one, "text", one)) for one in lines), means)


def sections() -> dict[str, Sequence[Said]]:
    """All lines, by what they are about."""
    return {
        "Beginning and end": (
            said(
                "started",
                "manage.py runserver",
                0,
                "file events",
                means="a run begins; in brackets how changes are noticed. With `--no-warm` it has "
                "its pid already",
            ),
            said(
                "command_started",
                "node server.js",
                4242,
                ".",
                means="the same for another program: all files there are watched",
            ),
            said(
                "ready",
                0.301,
                ["http://127.0.0.1:8000"],
                pid=4242,
                means="the program listens, or was called and imports nothing more; the time is "
                "since the save, or since the start. The pid is said the first time",
            ),
            said(
                "stopped_at_once",
                means="the answer to a second Ctrl-C; the program did not come to its clean-up",
            ),
            said(
                "ready",
                0.9,
                ["http://127.0.0.1:8000"],
                how="cold: thread 'worker' is alive",
                means="why a restart was not warm, which it might have been",
            ),
            said("stopped", means="the end of autorun, and of all that it started"),
            said(
                "own_reloader",
                "manage.py runserver",
                "--noreload added",
                means="the program has a reloader of its own; there is to be one",
            ),
            said(
                "unusable",
                "no module named 'myap' in 'myap:main', did you mean 'myapp'?",
                waiting=True,
                means="the target cannot be run as it was named",
            ),
        ),
        "Changes": (
            said("changed", [VIEWS, PRICES], ROOT, means="a restart begins, because of these"),
            said(
                "because",
                VIEWS,
                ROOT,
                "loaded as shop.views",
                means="with `--verbose` or `--explain`: why the file counts",
            ),
            said(
                "warm",
                [VIEWS],
                ROOT,
                0.034,
                ["http://127.0.0.1:8000"],
                means="all of a warm restart in one line, at its end",
            ),
            said(
                "looped",
                f"{ROOT}/build.txt",
                ROOT,
                5,
                4.0,
                means="the program writes it whenever it starts, which would restart it for ever",
            ),
            said(
                "refreshed",
                [f"{ROOT}/shop/templates/shelf.html"],
                ROOT,
                "Django",
                means="no restart is needed, the framework reads the file anew",
            ),
            said(
                "same",
                [VIEWS],
                ROOT,
                means="with `--verbose`: a touch, or a save without a change",
            ),
            said(
                "installed",
                [Installation("requests", "2.31", "2.32")],
                means="a package that the program uses was installed anew",
            ),
            said("waiting_for", "git", means="many files are one change: its end is awaited"),
            said(
                "unanswered",
                [VIEWS],
                ROOT,
                means="the program holds up its own watcher, so it is restarted from outside",
            ),
            said("asked_by_program", means="by `autoreload.restart()`"),
            said(
                "kept",
                [VIEWS],
                ROOT,
                means="a debugger waits for you; when the program goes on, the restart follows",
            ),
            said("asked", means="by a key or `autorun restart`"),
            said("paused", 60, means="by a key or `autorun pause`"),
            said("resumed", "time", means="the pause has ended by itself"),
            said(
                "watched",
                62,
                9,
                "inotify",
                means="the last line of `--explain`, and with `--verbose`",
            ),
        ),
        "Warm restarts": (
            said(
                "colder",
                "shop/models.py:3 starts a thread",
                ROOT,
                cure="start it in main()",
                means="with `--verbose`: what keeps a restart from being warmer",
            ),
            said("verified", 214, means="with `--verify-warm`: the warm run is as a cold one"),
            said("verifying_again", means="two cold starts may differ too, which is looked at"),
            said("not_verified", means="there was nothing that could be compared"),
            said(
                "not_as_cold",
                "shop.models",
                "STARTED",
                more=0,
                means="this value would be another one after a cold start",
            ),
            said("repeated", [VIEWS], ROOT, means="a checkpoint and the disk do not agree"),
        ),
        "Broken code": (
            said(
                "held",
                BROKEN,
                ROOT,
                means="the file does not compile; nothing is restarted until it does",
            ),
            said(
                "crashed",
                FAILED,
                ROOT,
                1,
                waiting=True,
                means="below the traceback of the program, in the same form",
            ),
            said("unheld", means="the mistake was taken back"),
            said("ended", 1, 1.3, means="the program has failed; the next save starts it"),
            said("ended", 0, 1.3, means="the program is done; the next save starts it"),
            said("ended", -11, 1.3, means="a signal has ended it; the next save starts it"),
        ),
        "Stopping": (
            said(
                "slow_stop",
                "SIGINT",
                ["worker"],
                ["ffmpeg (pid 4250)"],
                means="the program was asked to end and has not; these keep it",
            ),
            said(
                "killed",
                3.0,
                means="`--stop-timeout` is over; code at its end has not run",
            ),
            said(
                "swept",
                ["ffmpeg (pid 4250)"],
                means="the program had started it and not ended it; `--leave NAME` lets it live",
            ),
        ),
        "Ports": (
            said(
                "in_use",
                PORT,
                4250,
                "python server.py",
                "~/other",
                means="somebody else has the port; it is taken as soon as it is free",
            ),
            said(
                "in_use_by_leftover",
                PORT,
                4250,
                "python server.py",
                means="an earlier autorun was killed before it could clear away",
            ),
            said(
                "in_use_by_autorun",
                PORT,
                4250,
                "python server.py",
                means="see `autorun status`, `autorun stop`",
            ),
            said(
                "in_use_by_app",
                PORT,
                4250,
                "python server.py",
                means="the program binds it twice",
            ),
            said("in_use_by_user", PORT, "root", means="it is somebody else's"),
            said("in_use_by_unseen", PORT, means="from another namespace"),
            said("in_use_by_nobody", PORT, means="it passes within a minute"),
            said("in_use_by_unknown", PORT, means="the system does not tell"),
            said(
                "in_use_by_file",
                Address(socket.AF_UNIX, f"{ROOT}/app.sock"),
                means="a unix socket whose server is gone",
            ),
            said("free_again", PORT, means="the program is started again"),
            said(
                "still_in_use", PORT, 60, means="a save tries again; nothing else does from now on"
            ),
            said(
                "not_kept",
                "127.0.0.1:8000",
                means="the server binds in an extension module",
            ),
            said(
                "no_notices",
                "the kernel does not offer it",
                means="`--keep-sockets=any`, or a command, cannot be served here",
            ),
            said(
                "no_privileges",
                means="what keeping the sockets of other programs costs: no `sudo` below",
            ),
        ),
        "Noticing": (
            said(
                "polling",
                "--poll",
                0.5,
                means="files are compared all the time instead of waiting for events",
            ),
            said(
                "doubted",
                Doubt(Why.SILENT, "", value="9p", is_windows=True),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="this file system sends no events, so this part is compared",
            ),
            said(
                "doubted",
                Doubt(Why.LIMIT, "fs.inotify.max_user_watches", value="8192"),
                [],
                ROOT,
                0.5,
                means="a limit of the kernel, and how to raise it",
            ),
            said(
                "doubted",
                Doubt(Why.UNANNOUNCED, VIEWS),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="events were promised and did not come",
            ),
            said(
                "doubted",
                Doubt(Why.UNWATCHED, "Permission denied"),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="the event source has given up here",
            ),
            said("overflow", 16384, means="nothing was missed: everything was compared"),
            said(
                "untraced",
                ["worker.py"],
                means="a Python process below the program does not tell what it loads",
            ),
            said(
                "too_many_files",
                "assets",
                25_000,
                20_000,
                is_more=False,
                means="`--watch` names a very large place",
            ),
            said("no_match", "assets/*.css", means="it is watched as soon as it is there"),
        ),
        "Logs and event streams": (
            said(
                "not_written",
                "build/run.log",
                "No space left on device",
                means="what is lost is marked in the log when it can be written again",
            ),
        ),
        "Settings": (
            said(
                "settings_changed",
                "pyproject.toml",
                restarts=True,
                means="the settings were read again; the program is restarted if they concern it",
            ),
            said(
                "settings_same",
                "pyproject.toml",
                means="something else was changed in the file",
            ),
            said(
                "settings_bad",
                "pyproject.toml:12: no setting 'wacth', did you mean 'watch'?",
                means="the file is wrong; the settings before count",
            ),
            said(
                "settings_wait",
                "pyproject.toml",
                ["name", "socket"],
                means="these are needed at the start of autorun",
            ),
        ),
    }


def unsaid() -> set[str]:
    """The functions that make lines and have no example here."""
    return MAKERS.keys() - {one.name for found in sections().values() for one in found}


def page() -> str:
    """The page of the reference."""
    parts = [
        f"## {title}\n\n" + "".join(one_of(one) for one in found)
        for title, found in sections().items()
    ]
    return f"""\
# What autorun says

On stderr, each line behind `[autorun]`. With `--quiet` only what is wrong is said, with `--verbose`
why for each decision.

{"".join(parts)}"""


def one_of(one: Said) -> str:
    lines = "".join(f"{line}\n" for line in one.lines)
    return f"```\n{lines}```\n\n{one.means[:1].upper()}{one.means[1:]}.\n\n"
