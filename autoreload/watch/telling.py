"""Tells the outer what was loaded, by way of which links, and where modules were looked for."""

from autoreload.core import protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.system.channel import Channel
    from autoreload.watch.links import Link
    from autoreload.watch.traces import Traces


def tell_loaded(
    channel: "Channel", traces: "Traces", paths: "Iterable[str]", **more: object
) -> None:
    """Tell of files as they are known now. Raises ChannelClosed."""
    entries = [traces.loaded[path].entry() for path in paths]
    for batch in protocol.batches(entries):
        channel.send("loaded", files=batch, **more)


def tell_links(channel: "Channel", links: "Iterable[Link]", **more: object) -> None:
    """Tell of links that were followed for the first time, if anybody is there."""
    for batch in protocol.batches(list(links)):
        channel.tell("linked", links=batch, **more)


def tell_written(channel: "Channel", path: str) -> None:
    """Tell of a file that the program writes itself, in this run and in others."""
    channel.tell("dropped", paths=[path], own=True)


def tell_dropped(channel: "Channel", paths: "Iterable[str]") -> None:
    """Tell of what is not to be compared any more, if anybody is there."""
    for batch in protocol.batches(list(paths)):
        channel.tell("dropped", paths=batch)


def tell_probes(channel: "Channel", traces: "Traces") -> None:
    """Tell what was asked for and not found, and not told yet. Raises ChannelClosed."""
    told = traces.searches.untold
    count = len(told)
    for batch in protocol.batches(list(told[:count])):
        channel.send("probed", questions=batch)
    del told[:count]


def tell_ahead(channel: "Channel", traces: "Traces") -> None:
    """Tell of all that a run has from the one whose past it shares, before it begins.

    Raises ChannelClosed.
    """
    tell_loaded(channel, traces, list(traces.loaded), ahead=True)
    tell_links(channel, traces.links.said.items(), ahead=True)
    questions = [
        (folder, name, answer)
        for folder, names in traces.searches.probes.asked.items()
        for name, answer in names.items()
    ]
    traces.searches.untold.clear()
    for batch in protocol.batches(list(questions)):
        channel.send("probed", questions=batch, ahead=True)
