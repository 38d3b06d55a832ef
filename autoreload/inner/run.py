"""The inner's life: channel, traces, watcher, launch, and the end by the sentinel."""

import _thread
import os
import signal
import stat
import sys

from autoreload.core import protocol
from autoreload.inner import disguise, hooks, launch, leaving
from autoreload.inner.callables import Unusable
from autoreload.system import channel as channels
from autoreload.system.channel import Channel, ChannelClosed
from autoreload.system.waiting import wait
from autoreload.watch.app import Settings
from autoreload.watch.reads import Reads
from autoreload.watch.traces import Traces
from autoreload.watch.watcher import Watcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from autoreload.core.protocol import Message

LAST_WORDS, LAST_WORD_S = 100, 0.005
"""How often, and after which pause, the last messages are tried; an outer that lives reads them."""

GUARD_GRACE_S = 0.4
"""What the app gets to clean up when the outer is gone; all is over within a second."""


class App:
    """The program in the main thread of this process."""

    def __init__(self, channel: Channel, stop_signal: int) -> None:
        self._channel = channel
        self._main = _thread.get_ident()
        self._signal = stop_signal
        self._asked_at: tuple[FrameType | None, int] | None = None
        self.mask: list[int] = []
        """The signals that the program is to find blocked."""
        self.called = False
        self.reads: Reads | None = None
        self.restarting = False
        self.asked = False

    def is_called(self) -> bool:
        return self.called

    def stop(self, *, restart: bool) -> None:
        """Ask as a user would: the signal, to the main thread, which it wakes from any wait."""
        self.asked = True
        self.restarting = restart
        self._asked_at = self._position()
        signal.pthread_kill(self._main, self._signal)

    def nudge(self) -> None:
        """Wake a main thread that did not move; the signal itself is not sent twice.

        Servers count them, and take the second one for "at once".
        """
        if self._asked_at is not None and self._asked_at[0] is not None:
            from autoreload.system import interrupts

            if self._asked_at == self._position():
                interrupts.wake(self._main)

    def _position(self) -> "tuple[FrameType | None, int]":
        frame = sys._current_frames().get(self._main)
        return frame, frame.f_lasti if frame is not None else -1

    def force(self) -> None:
        """End now; buffers and logs are still written, what else was to be cleaned up is lost."""
        _tell(self._channel, "forced")
        _flush()
        os._exit(protocol.SENTINEL if self.restarting else 1)  # noqa: TID251

    def kept_by(self) -> list[str]:
        """The threads that keep the process, each with the line where it stands."""
        threading = sys.modules.get("threading")
        frames = sys._current_frames()
        found = [
            f"{thread.name} ({_where(frames[thread.ident])})"
            for thread in (threading.enumerate() if threading is not None else ())
            if not thread.daemon
            and thread.ident in frames
            # The main thread at its very end, waiting for the others, keeps nothing.
            and not (
                thread.ident == self._main and frames[thread.ident].f_code.co_name == "_shutdown"
            )
        ]
        if not found and self._main in frames:
            found.append(f"MainThread ({_where(frames[self._main])})")
        return found

    def ready(self) -> None:
        """It is up: what it reads from now on is its own affair."""
        if self.reads is not None:
            self.reads.close()

    def refresh(self, paths: list[str]) -> str:
        """Let the framework read files again."""
        from autoreload.inner import frameworks

        return frameworks.refresh(paths)

    def cached(self) -> "list[tuple[str, str]] | None":
        """What the framework caches; None while it is not set up."""
        if "django.utils.autoreload" not in sys.modules:
            return None
        from autoreload.inner import frameworks

        return frameworks.cached()

    def orphaned(self) -> None:
        """The outer is gone without a word: end what was started, the app, and this process."""
        from autoreload.system import processes

        def below() -> set[int]:
            mine = {one.pid for one in processes.descendants(os.getpid(), processes.table())}
            return mine | {one.pid for one in _carriers()}

        self.asked = True
        left = below()
        if left:
            processes.end(left, 0.2, _nap)
        signal.pthread_kill(self._main, self._signal)
        _nap(GUARD_GRACE_S)
        for pid in below():
            processes.send(pid, signal.SIGKILL)
        _flush()
        os._exit(1)  # noqa: TID251


def _carriers() -> "list[processes.Process]":  # type: ignore[name-defined]  # noqa: F821
    from autoreload.system import processes

    identity = os.environ.get(protocol.IDENTITY, "")
    return processes.carriers(protocol.IDENTITY, identity) if identity else []


def _nap(seconds: float) -> None:
    wait([], seconds)


def _flush() -> None:
    logging = sys.modules.get("logging")
    if logging is not None:
        try:
            logging.shutdown()
        except Exception:  # a handler of the app's that fails must not keep the process
            pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, replaced or None
            pass


def _where(frame: "FrameType") -> str:
    """The innermost line outside of the standard library's waiting."""
    inner: FrameType | None = frame
    standard = os.path.dirname(os.__file__)
    while inner is not None and inner.f_back and inner.f_code.co_filename.startswith(standard):
        inner = inner.f_back
    chosen = inner if inner is not None else frame
    return f"{os.path.basename(chosen.f_code.co_filename)}:{chosen.f_lineno}"


def main() -> bool:
    """Run the app if there is an outer that waits for us; False when the flag has only leaked."""
    opened = _open_channel()
    if opened is None:
        return False
    channel, start = opened
    _prepare(start)
    app = App(channel, int(start.number("signal")) or signal.SIGINT)
    app.mask = [int(number) for number in start.texts("mask")]
    traces = Traces(frozenset(start.texts("distrusted")))
    watcher = Watcher(channel, traces, app, _settings(start))
    traces.on_load = watcher.loaded
    traces.installed.on_note = lambda *note: _tell(channel, "installed", note=note)
    traces.install()
    if start.flag("data"):
        roots = {start.text("root"), os.path.dirname(os.path.abspath(start.text("name")))}
        app.reads = Reads(traces, roots, written=start.texts("written"), on_written=watcher.written)
        app.reads.install()
    _keep_one_reloader(channel, traces)
    os.register_at_fork(
        before=watcher.park, after_in_parent=watcher.start, after_in_child=watcher.forget
    )
    hooks.connect(lambda pid: _tell(channel, "leave", process=pid))
    watcher.start()
    try:
        _run(channel, app, start, traces)
    except BaseException:
        _tell_last(watcher, channel)
        if not app.restarting:
            raise
    else:
        _tell_last(watcher, channel)
    if app.restarting:
        leaving.leave(protocol.SENTINEL)
    return True


def _tell_last(watcher: Watcher, channel: Channel) -> None:
    """What the outer needs to know to wake up, should this be the end."""
    try:
        watcher.tell_probes()
        # The watcher's thread may be in the middle of sending, or the socket full: what is kept
        # when the interpreter ends is lost, and the program would never wake up.
        for _ in range(LAST_WORDS):
            if channel.flush():
                return
            _nap(LAST_WORD_S)
    except ChannelClosed:
        pass


def _run(channel: Channel, app: App, start: "Message", traces: Traces) -> None:
    def called() -> None:
        app.called = True
        _tell(channel, "called")

    what = launch.Launch(
        kind=start.text("kind"),
        name=start.text("name"),
        # Behind the door, and `-m` or the like: as many as the system can pass to a program.
        args=sys.argv[3 if start.text("kind") == "module" else 2 :],
        argv0=start.text("argv0"),
        read=traces.read,
        called=called,
    )
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, app.mask)
        status = launch.exit_status(launch.launch(what))
    except Unusable as problem:
        _tell(channel, "usage", text=str(problem))
        sys.exit(2)
    except KeyboardInterrupt:
        if app.asked:
            sys.exit(0)
        disguise.show_without_us()
        raise
    except SystemExit:
        raise
    except BaseException as error:
        if app.restarting:
            sys.excepthook(type(error), disguise.cut_our_frames(error), error.__traceback__)
        else:
            disguise.show_without_us()
        raise
    if status is not None:
        sys.exit(status)


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
    ignore = start.texts("ignore")
    is_ignored = None
    if ignore:
        from autoreload.core.gitignore import of_option

        is_ignored = of_option(ignore, start.text("root")).match
    return Settings(
        delay_s=start.number("delay_s"),
        poll_s=start.number("poll_s"),
        hold=start.flag("hold"),
        stop_timeout_s=start.number("stop_timeout_s"),
        is_ignored=is_ignored,
    )


def _keep_one_reloader(channel: Channel, traces: Traces) -> None:
    """Reloaders that the program itself would start are switched off when their module comes in."""

    def later(name: str) -> None:
        def patch(module: object) -> None:
            from autoreload.inner import children, frameworks

            children.connect(channel)
            frameworks.switch_off(name, module, lambda what: _tell(channel, "own", what=what))

        traces.on_module[name] = patch

    for name in (
        "werkzeug.serving",
        "uvicorn.config",
        "django.utils.autoreload",
        "gunicorn.config",
        "hypercorn.config",
        "multiprocessing.spawn",
    ):
        later(name)


def _tell(channel: Channel, word: str, **fields: object) -> None:
    try:
        channel.send(word, **fields)
    except ChannelClosed:
        pass  # the watcher meets the same end and knows what to do
