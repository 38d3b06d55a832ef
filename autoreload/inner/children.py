"""Children that multiprocessing spawns: interpreters of their own, which report what they load.

A forked child has our hooks already. A spawned one is a new interpreter that is sent a dict before
anything else; an object in it opens the traces over there when it is unpickled, with the channel
passed on as multiprocessing passes its own descriptors.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from autoreload.inner.wishes import Wishes
    from autoreload.system.channel import Channel

_channel: "Channel | None" = None


def connect(channel: "Channel") -> None:
    """The channel that spawned children get."""
    global _channel
    _channel = channel


def trace_spawned(spawn: "Any") -> None:
    """Let `multiprocessing.spawn` hand our traces to its children."""
    if sys.platform == "win32" or _channel is None:
        return
    original = spawn.get_preparation_data

    def get_preparation_data(name: str) -> "dict[str, object]":
        data = original(name)
        # First, so that it is there before `prepare` imports the main module.
        return {"autorun": _Traced(), **data}

    spawn.get_preparation_data = get_preparation_data


class _Traced:
    """Opens the traces where it is unpickled."""

    def __reduce__(self) -> "tuple[object, tuple[object, ...]]":
        from multiprocessing.context import get_spawning_popen
        from multiprocessing.reduction import DupFd

        from autoreload.inner import hooks

        package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        if get_spawning_popen() is None or _channel is None or not _channel.is_ours():
            return (bool, ())
        # exec is what every interpreter can find by name, whether or not it has our package.
        # What DupFd leaves behind knows how this child gets its descriptors: spawn or forkserver.
        handed = {"handed": DupFd(_channel.fd), "package": package, "changes": hooks.changes()}
        return (exec, (_OPEN, handed))


_OPEN = """
import sys
sys.path.insert(0, package)
try:
    from autoreload.inner.children import open_traces
    open_traces(handed.detach(), changes)
except Exception:
    pass
finally:
    sys.path.remove(package)
"""


def open_traces(fd: int, changes: "Sequence[str]" = ()) -> None:
    """In the spawned child: report every file that is loaded from here on, and hear its wishes."""
    from autoreload.inner import hooks
    from autoreload.system.channel import Channel, ChannelClosed, settle_high
    from autoreload.watch.traces import Traces

    channel = Channel(settle_high(fd))
    traces = Traces()

    def tell(word: str, **fields: object) -> None:
        try:
            channel.send(word, **fields)
        except ChannelClosed:
            pass  # autorun is gone, and its guard ends this process as well

    traces.on_load = lambda record: tell("loaded", files=[record.entry()])
    traces.on_links = lambda links: tell("linked", links=links)
    traces.installed.on_note = lambda *note: tell("installed", note=note)
    traces.install()

    def open_ear() -> "Wishes":
        from autoreload.inner.wishes import Wishes

        return Wishes(channel, traces)

    hooks.connect(open_ear)
    hooks.begin(changes)
    # Also by a child that loads nothing of the project, like a multiprocessing manager: one that
    # says nothing counts as one that cannot be followed.
    channel.send("loaded", files=[])
    connect(channel)
    traces.on_module["multiprocessing.spawn"] = trace_spawned
    if "multiprocessing.spawn" in sys.modules:
        trace_spawned(sys.modules["multiprocessing.spawn"])
