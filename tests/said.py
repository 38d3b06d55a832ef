"""Every line that autorun says, as it is made by the functions of `core/wording*`, with its meaning."""

import inspect
import socket
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NamedTuple

from autoreload.core import wording, wording_broken, wording_outage, wording_settings
from autoreload.core.decisions import Broken
from autoreload.core.keeping import Address
from autoreload.core.packages import Installation
from autoreload.core.trust import Doubt, Why
from autoreload.core.wording import Line

MODULES: tuple[ModuleType, ...] = (wording, wording_broken, wording_outage, wording_settings)

ROOT = "/project"
VIEWS = f"{ROOT}/shop/views.py"
PRICES = f"{ROOT}/prices.py"
BROKEN = Broken(VIEWS, 9, 9, "SyntaxError", "'(' was never closed", 'TITLE = ("Corner shop"')
FAILED = Broken(VIEWS, 12, 12, "NameError", "name 'shelf' is not defined", "")
PORT = Address(socket.AF_INET, "127.0.0.1", 8000)


class Said(NamedTuple):
    """One line, or those of one event."""

    function: Callable[..., object]
    lines: tuple[str, ...]
    means: str


def said(function: Callable[..., object], *args: object, means: str, **more: object) -> Said:
    """What the function says of these values."""
    found = function(*args, **more)
    lines = found if isinstance(found, list) else [found]
    return Said(function, tuple(str(getattr(one, "text", one)) for one in lines), means)


def sections() -> dict[str, Sequence[Said]]:
    """All lines, by what they are about."""
    return {
        "Beginning and end": (
            said(
                wording.started,
                "manage.py runserver",
                4242,
                "file events",
                means="a run begins; in brackets how changes are noticed",
            ),
            said(
                wording.command_started,
                "node server.js",
                4242,
                ".",
                means="the same for another program: all files there are watched",
            ),
            said(
                wording.ready,
                0.301,
                ["http://127.0.0.1:8000"],
                means="the program listens, or was called and imports nothing more; the time is "
                "since the save, or since the start",
            ),
            said(
                wording.stopped_at_once,
                means="the answer to a second Ctrl-C; the program did not come to its clean-up",
            ),
            said(wording.stopped, means="the end of autorun, and of all that it started"),
            said(
                wording.own_reloader,
                "manage.py runserver",
                "--noreload added",
                means="the program has a reloader of its own; there is to be one",
            ),
            said(
                wording.unusable,
                "no module named 'myap' in 'myap:main', did you mean 'myapp'?",
                waiting=True,
                means="the target cannot be run as it was named",
            ),
        ),
        "Changes": (
            said(wording.changed, [VIEWS, PRICES], ROOT, means="a restart begins, because of these"),
            said(
                wording.because,
                VIEWS,
                ROOT,
                "loaded as shop.views",
                means="with `--verbose` or `--explain`: why the file counts",
            ),
            said(
                wording.warm,
                [VIEWS],
                ROOT,
                0.034,
                ["http://127.0.0.1:8000"],
                means="all of a warm restart in one line, at its end",
            ),
            said(
                wording.looped,
                f"{ROOT}/build.txt",
                ROOT,
                5,
                4.0,
                means="the program writes it whenever it starts, which would restart it for ever",
            ),
            said(
                wording.refreshed,
                [f"{ROOT}/shop/templates/shelf.html"],
                ROOT,
                "Django",
                means="no restart is needed, the framework reads the file anew",
            ),
            said(
                wording.same,
                [VIEWS],
                ROOT,
                means="with `--verbose`: a touch, or a save without a change",
            ),
            said(
                wording.installed,
                [Installation("requests", "2.31", "2.32")],
                means="a package that the program uses was installed anew",
            ),
            said(wording.waiting_for, "git", means="many files are one change: its end is awaited"),
            said(
                wording.unanswered,
                [VIEWS],
                ROOT,
                means="the program holds up its own watcher, so it is restarted from outside",
            ),
            said(wording.asked, means="by a key or `autorun restart`"),
            said(wording.paused, 60, means="by a key or `autorun pause`"),
            said(wording.resumed, "time", means="the pause has ended by itself"),
            said(
                wording.watched,
                62,
                9,
                "inotify",
                means="the last line of `--explain`, and with `--verbose`",
            ),
        ),
        "Broken code": (
            said(
                wording_broken.held,
                BROKEN,
                ROOT,
                means="the file does not compile; nothing is restarted until it does",
            ),
            said(
                wording_broken.crashed,
                FAILED,
                ROOT,
                1,
                waiting=True,
                means="below the traceback of the program, in the same form",
            ),
            said(wording.unheld, means="the mistake was taken back"),
            said(wording.ended, 1, 1.3, means="the program has failed; the next save starts it"),
            said(wording.ended, 0, 1.3, means="the program is done; the next save starts it"),
            said(wording.ended, -11, 1.3, means="a signal has ended it; the next save starts it"),
        ),
        "Stopping": (
            said(
                wording.slow_stop,
                "SIGINT",
                ["worker"],
                ["ffmpeg (pid 4250)"],
                means="the program was asked to end and has not; these keep it",
            ),
            said(
                wording.killed,
                3.0,
                means="`--stop-timeout` is over; code at its end has not run",
            ),
            said(
                wording.swept,
                ["ffmpeg (pid 4250)"],
                means="the program had started it and not ended it; `--leave NAME` lets it live",
            ),
        ),
        "Ports": (
            said(
                wording_outage.in_use,
                PORT,
                4250,
                "python server.py",
                "~/other",
                means="somebody else has the port; it is taken as soon as it is free",
            ),
            said(
                wording_outage.in_use_by_leftover,
                PORT,
                4250,
                "python server.py",
                means="an earlier autorun was killed before it could clear away",
            ),
            said(
                wording_outage.in_use_by_autorun,
                PORT,
                4250,
                "python server.py",
                means="see `autorun status`, `autorun stop`",
            ),
            said(
                wording_outage.in_use_by_app,
                PORT,
                4250,
                "python server.py",
                means="the program binds it twice",
            ),
            said(wording_outage.in_use_by_user, PORT, "root", means="it is somebody else's"),
            said(wording_outage.in_use_by_unseen, PORT, means="from another namespace"),
            said(wording_outage.in_use_by_nobody, PORT, means="it passes within a minute"),
            said(wording_outage.in_use_by_unknown, PORT, means="the system does not tell"),
            said(
                wording_outage.in_use_by_file,
                Address(socket.AF_UNIX, f"{ROOT}/app.sock"),
                means="a unix socket whose server is gone",
            ),
            said(wording_outage.free_again, PORT, means="the program is started again"),
            said(
                wording_outage.still_in_use, PORT, 60, means="a save tries again; nothing else does from now on"
            ),
            said(
                wording.not_kept,
                "127.0.0.1:8000",
                means="the server binds in an extension module",
            ),
            said(
                wording.no_notices,
                "the kernel does not offer it",
                means="`--keep-sockets=any`, or a command, cannot be served here",
            ),
            said(
                wording.no_privileges,
                means="what keeping the sockets of other programs costs: no `sudo` below",
            ),
        ),
        "Noticing": (
            said(
                wording.polling,
                "--poll",
                0.5,
                means="files are compared all the time instead of waiting for events",
            ),
            said(
                wording.doubted,
                Doubt(Why.SILENT, "", value="9p", is_windows=True),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="this file system sends no events, so this part is compared",
            ),
            said(
                wording.doubted,
                Doubt(Why.LIMIT, "fs.inotify.max_user_watches", value="8192"),
                [],
                ROOT,
                0.5,
                means="a limit of the kernel, and how to raise it",
            ),
            said(
                wording.doubted,
                Doubt(Why.UNANNOUNCED, VIEWS),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="events were promised and did not come",
            ),
            said(
                wording.doubted,
                Doubt(Why.UNWATCHED, "Permission denied"),
                [f"{ROOT}/shop"],
                ROOT,
                0.5,
                means="the event source has given up here",
            ),
            said(wording.overflow, 16384, means="nothing was missed: everything was compared"),
            said(
                wording.untraced,
                ["worker.py"],
                means="a Python process below the program does not tell what it loads",
            ),
            said(
                wording.too_many_files,
                "assets",
                25_000,
                20_000,
                is_more=False,
                means="`--watch` names a very large place",
            ),
            said(wording.no_match, "assets/*.css", means="it is watched as soon as it is there"),
        ),
        "Settings": (
            said(
                wording_settings.settings_changed,
                "pyproject.toml",
                restarts=True,
                means="the settings were read again; the program is restarted if they concern it",
            ),
            said(
                wording_settings.settings_same,
                "pyproject.toml",
                means="something else was changed in the file",
            ),
            said(
                wording_settings.settings_bad,
                "pyproject.toml:12: no setting 'wacth', did you mean 'watch'?",
                means="the file is wrong; the settings before count",
            ),
            said(
                wording_settings.settings_wait,
                "pyproject.toml",
                ["name", "socket"],
                means="these are needed at the start of autorun",
            ),
        ),
    }


def unsaid() -> list[str]:
    """The functions that make lines and have no example here."""
    shown = {one.function for found in sections().values() for one in found}
    return [
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and makes_lines(function)
        and function not in shown
    ]


def makes_lines(function: Callable[..., object]) -> bool:
    made = inspect.signature(function).return_annotation
    return made is Line or "Line" in str(made)


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
