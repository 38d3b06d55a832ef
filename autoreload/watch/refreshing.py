"""Files that the framework reads again itself, so that nothing has to be restarted for them."""

from autoreload.core import protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Change
    from autoreload.system.channel import Channel
    from autoreload.watch.app import App
    from autoreload.watch.traces import Traces


class Refreshing:
    """Asks the framework, and tells the outer what it did."""

    def __init__(self, channel: "Channel", traces: "Traces", app: "App") -> None:
        self._channel = channel
        self._traces = traces
        self._app = app

    def read(self, paths: list[str]) -> bool:
        """Have these read again; false when nobody does. Raises ChannelClosed."""
        by = self._app.refresh(paths)
        if by:
            self._channel.send("refreshed", paths=protocol.shortened(paths), by=by)
        return bool(by)

    def take(self, changes: "list[Change]") -> bool:
        """Whether these are data that the framework reads again; it may not have said so yet."""
        records = [self._traces.loaded.get(change.path) for change in changes]
        if not all(record is not None and record.is_data for record in records):
            return False
        paths = [change.path for change in changes]
        by = self._app.refresh(paths)
        if by:
            self._traces.drop(*paths)
            self._channel.send("refreshed", paths=protocol.shortened(paths), by=by)
        return bool(by)
