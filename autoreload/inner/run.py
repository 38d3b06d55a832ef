"""The inner's life: channel, traces, watcher, launch, and the end by the sentinel."""

import os
import stat
import sys

from autoreload.core import protocol
from autoreload.core.changes import LONE_WAIT_S
from autoreload.inner import disguise, hooks, launch, leaving, occasions
from autoreload.inner.ahead import Ahead, Scouting
from autoreload.inner.app import App, nap
from autoreload.inner.callables import Unusable
from autoreload.inner.keeping import Keeping
from autoreload.system import channel as channels
from autoreload.system import plainsignal as signal
from autoreload.system.channel import Channel, ChannelClosed
from autoreload.watch import telling
from autoreload.watch.app import Settings
from autoreload.watch.reads import Reads
from autoreload.watch.traces import Traces
from autoreload.watch.watcher import Watcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.protocol import Message
    from autoreload.inner.wishes import Wishes

LAST_WORDS, LAST_WORD_S = 100, 0.005
"""How often, and after which pause, the last messages are tried; an outer that lives reads them."""


def main() -> bool:
    """Run the app if there is an outer that waits for us; False when the flag has only leaked."""
    opened = _open_channel()
    if opened is None:
        return False
    channel, start = opened
    _prepare(start)
    settings = _settings(start)
    app = App(channel, int(start.number("signal")) or signal.SIGINT)
    app.longest_stop_s = start.number("stop_timeout_s")
    app.overlaps = start.flag("overlap")
    app.mask = [int(number) for number in start.texts("mask")]
    if start.flag("warm"):  # before the traces: what we need ourselves is none of the program's
        from autoreload.inner import checkpoints, hastening  # noqa: F401
        from autoreload.system import listeners  # noqa: F401
    traces = Traces()
    app.settings = settings
    watcher = Watcher(channel, traces, app, settings)
    traces.on_load = watcher.loaded
    traces.on_links = lambda links: telling.tell_links(channel, links)
    traces.on_drop = lambda paths: telling.tell_dropped(channel, paths)
    traces.installed.on_note = lambda *note: channel.tell("installed", note=note)
    traces.install()
    if start.flag("data"):
        roots = {
            start.text("root"),
            os.path.dirname(os.path.join(start.text("root"), start.text("name"))),
        }
        app.reads = Reads(
            traces, roots, on_written=lambda path: telling.tell_written(channel, path)
        )
        app.reads.install()
    if start.flag("keep"):
        app.keeping = Keeping(channel, is_below=start.flag("below"))
        app.keeping.install(traces)
    if start.flag("verify"):
        from autoreload.inner.showing import Showing

        app.showing = Showing(channel, traces, app, is_twin=start.flag("twin"))
        app.showing.install()
    if offered := int(start.number("sockets")):
        from autoreload.core import listenfds

        os.environ.update(listenfds.variables(offered, os.getpid()))
        if app.keeping is not None:
            app.keeping.note(range(listenfds.FIRST_FD, listenfds.FIRST_FD + offered))
    occasions.tell_of_children(channel)
    occasions.keep_one_reloader(channel, traces)
    occasions.hasten_stops(traces)
    traces.on_module["pydevd"] = lambda _: watcher.wake()  # before a debugger stops every thread
    os.register_at_fork(
        before=watcher.park, after_in_parent=watcher.start, after_in_child=watcher.forget
    )
    then: Callable[[str], None] = _nothing
    if start.flag("warm"):
        then = _keep_checkpoints(channel, start, app, traces, watcher)
    hooks.connect(lambda: _hear_wishes(channel, app, traces, watcher, settings, start))

    def begin(turn: "Message") -> None:
        """The run has its turn: what the last one left is known, and signals are its own."""
        app.begin(turn, traces)
        if app.chain is not None:
            app.chain.begin(turn)
        watcher.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, app.mask)

    if modules := start.texts("ahead"):
        app.ahead = ahead = Ahead(channel, traces, modules, begin)

        def wait(path: str) -> None:
            ahead.wait()
            then(path)

        traces.before_project = wait
    else:
        app.scouting = scouting = Scouting(channel, traces.scope)

        def meet(path: str) -> None:
            traces.before_project = then
            scouting.meet()
            then(path)

        traces.before_project = meet
    try:
        _run(channel, app, start, traces, begin)
    except BaseException:
        _tell_last(watcher, channel)
        if not app.restarting:
            raise
    else:
        _tell_last(watcher, channel)
    if app.restarting:
        leaving.leave(protocol.SENTINEL, part=app.part)
    return True


def _nothing(path: str) -> None:
    """Nothing waits for the first file of the project any more."""


def _keep_checkpoints(
    channel: Channel, start: "Message", app: App, traces: Traces, watcher: Watcher
) -> "Callable[[str], None]":
    """Let the program leave checkpoints behind while it starts."""
    from autoreload.inner import facts

    if reason := facts.incapable():
        channel.tell("cold", reason=reason)
        return _nothing
    from autoreload.inner import early
    from autoreload.inner.checkpoints import Chain

    early.install(traces)
    chain = app.chain = Chain(channel, traces, watcher, app, start.text("root"))
    wanted = start.fields.get("standby")
    chain.wants_standby = wanted if isinstance(wanted, bool) else None
    return chain.consider


def _tell_last(watcher: Watcher, channel: Channel) -> None:
    """What the outer needs to know to wake up, should this be the end."""
    try:
        watcher.tell_probes()
        # The watcher's thread may be in the middle of sending, or the socket full: what is kept
        # when the interpreter ends is lost, and the program would never wake up.
        for _ in range(LAST_WORDS):
            if channel.flush():
                return
            nap(LAST_WORD_S)
    except ChannelClosed:
        pass


def _run(
    channel: Channel,
    app: App,
    start: "Message",
    traces: Traces,
    begin: "Callable[[Message], None]",
) -> None:
    def called() -> None:
        if app.ahead is not None:
            app.ahead.run()
        app.called = True
        channel.tell("called")

    what = launch.Launch(
        kind=start.text("kind"),
        name=start.text("name"),
        # Behind the door, and `-m` or the like: as many as the system can pass to a program.
        args=sys.argv[3 if start.text("kind") == "module" else 2 :],
        argv0=start.text("argv0"),
        read=traces.read,
        called=called,
        execute=app.chain.driver.execute if app.chain is not None else None,
    )
    try:
        if app.ahead is None:
            begin(start)  # a signal that has waited for it ends the run like any other
        try:
            status = launch.exit_status(launch.launch(what))
        finally:
            if app.ahead is not None:
                app.ahead.wait()  # an end that came early is shown in its turn
    except Unusable as problem:
        channel.tell("usage", text=str(problem))
        sys.exit(2)
    except KeyboardInterrupt:
        if app.asked:
            sys.exit(0)
        disguise.show_without_us()
        raise
    except SystemExit as error:
        _tell_failed(channel, app, error, start)
        raise
    except BaseException as error:
        disguise.cut_runners(error)
        if app.restarting:
            sys.excepthook(type(error), disguise.cut_our_frames(error), error.__traceback__)
        else:
            disguise.show_without_us()
            _tell_failed(channel, app, error, start)
        raise
    if status is not None:
        end = SystemExit(status)
        _tell_failed(channel, app, end, start)
        raise end


def _tell_failed(channel: Channel, app: App, error: BaseException, start: "Message") -> None:
    """Tell why the program ends, unless it was asked to, or is a fork of the one that counts."""
    if not app.asked and os.getpid() == app.pid:
        from autoreload.inner import failing

        if (fields := failing.told(error, start.text("root"))) is None:
            return
        # The traceback follows; what it is of is said before, also what may be warm and waits.
        if app.chain is None or channel.ask("failed", (), **fields) is None:
            channel.tell("failed", **fields)


def _open_channel() -> "tuple[Channel, Message] | None":
    """The inherited channel with the first message; None when the variables have only leaked."""
    number, _, nonce = os.environ.pop(protocol.CHANNEL, "").partition(":")
    try:
        fd = int(number)
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            return None
    except (ValueError, OSError):
        return None
    channel = Channel(channels.settle_high(fd))
    try:
        channel.wait(None)
        start = channel.receive()
        if start is None or start.word != "start" or start.text("nonce") != nonce:
            return None
        channel.send("hello", nonce=nonce)
    except (ChannelClosed, protocol.ProtocolError):
        sys.exit(0)  # nothing is to follow: the interpreter was booted in vain
    return channel, start


def _hear_wishes(
    channel: Channel,
    app: App,
    traces: Traces,
    watcher: Watcher,
    settings: Settings,
    start: "Message",
) -> "Wishes":
    """Be ready for what the program asks, which it does for the first time now."""
    from autoreload.inner.farewell import Farewell
    from autoreload.inner.wishes import Program, Wishes

    patterns = start.texts("ignore")
    farewell = Farewell(watcher.wake)

    def on_reload(function: "Callable[[], object]") -> None:
        app.farewell = farewell
        farewell.add(function)

    def ignore(more: list[str]) -> None:
        patterns.extend(more)
        settings.is_ignored = _ignored(patterns, start)

    program = Program(
        is_here=lambda: os.getpid() == app.pid,
        on_reload=on_reload,
        ignore=ignore,
        ready=app.close_boot,
        restart=watcher.want_restart,
    )
    app.wishes = Wishes(channel, traces, program)
    return app.wishes


def _prepare(start: "Message") -> None:
    """Make the interpreter look as if the program had been started by hand."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The line that runs the target without us: a callable is called by our door.
    door = len(sys.orig_argv) - len(sys.argv)
    if start.text("kind") == "callable":
        sys.orig_argv.insert(door + 1, "--call")
    else:
        del sys.orig_argv[door]


def _settings(start: "Message") -> Settings:
    patterns = start.texts("ignore")
    return Settings(
        delay_s=start.number("delay_s"),
        poll_s=start.number("poll_s"),
        hold=start.flag("hold"),
        stop_timeout_s=start.number("stop_timeout_s"),
        is_ignored=_ignored(patterns, start) if patterns else None,
        lone_wait_s=0.0 if start.flag("warm") else LONE_WAIT_S,
    )


def _ignored(patterns: list[str], start: "Message") -> "Callable[[str], bool]":
    from autoreload.core.gitignore import of_option

    return of_option(patterns, start.text("root")).match
