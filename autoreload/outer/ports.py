"""An app that failed because an address is taken: says by whom, and knows when to try again.

Many programs try one port after the other, so a bind that fails is only remembered; it means
something when the run then ends by failing before it was ready.
"""

import os

from autoreload.core import wording_outage
from autoreload.core.holders import Whose, whose
from autoreload.system import ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.holders import Holder
    from autoreload.core.keeping import Address
    from autoreload.core.wording import Line

PACE_S = 0.25
LONGEST_S = 600.0
"""Who has not left by then stays, and a change decides."""
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""How long it is left after so many tries in vain: what looks free may not be."""
_MOST_ADDRESSES = 16


class Busy:
    """The addresses that the present run could not bind, and the wait for one of them."""

    def __init__(self, root: str, home: str) -> None:
        self._root = root
        self._home = home
        self._noted: list[Address] = []
        self._until: float | None = None
        self._look_at = 0.0
        self._longest = 0.0
        self._tries = 0

    def noted(self, address: "Address") -> None:
        """The app was refused this address."""
        if address not in self._noted and len(self._noted) < _MOST_ADDRESSES:
            self._noted.append(address)

    def begin(self) -> None:
        """A run begins, for whatever reason."""
        self._noted = []
        self._until = None

    def ready(self) -> None:
        """The run is up: what it was refused it can do without."""
        self._noted = []
        self._tries = 0

    def failed(self, now: float, *, again: bool) -> "Line | None":
        """The run has ended by failing: what to say of it; with `again` a wait begins."""
        if not self._noted:
            self._tries = 0
            return None
        address = self._noted[-1]
        found = ports.occupation(address)
        kinds = {whose(one, os.getpid(), self._root) for one in found.holders}
        if again and Whose.APP not in kinds:
            if not self._tries:
                self._longest = now + LONGEST_S
            self._until = self._longest
            self._look_at = now + PAUSES_S[min(self._tries, len(PAUSES_S) - 1)]
        return self._line(address, found, again=again)

    def timeouts(self, now: float) -> list[float]:
        """Seconds until it looks again."""
        return [] if self._until is None else [self._look_at - now]

    def freed(self, now: float) -> "Address | None":
        """The address that can be bound now, if one of them can; the wait is over then."""
        if self._until is None or now < self._look_at:
            return None
        self._look_at = now + PACE_S
        for address in self._noted:
            if ports.is_free(address):
                self._until = None
                self._tries += 1
                return address
        return None

    def given_up(self, now: float) -> "Address | None":
        """The address that was waited for in vain, once, when it has been long enough.

        To be asked after `freed`.
        """
        if self._until is None or now < self._until:
            return None
        self._until = None
        return self._noted[-1]

    def _line(self, address: "Address", found: ports.Occupation, *, again: bool) -> "Line":
        if not ports.can_tell():
            return wording_outage.in_use_by_unknown(address, again=again)
        if found.holders:
            return self._line_of(address, found.holders[0], again=again)
        if found.is_listened_at:
            if found.uid not in (-1, os.getuid()):
                return wording_outage.in_use_by_user(address, ports.user(found.uid), again=again)
            return wording_outage.in_use_by_unseen(address, again=again)
        if address.is_unix:
            return wording_outage.in_use_by_file(address, again=again)
        return wording_outage.in_use_by_nobody(address, again=again)

    def _line_of(self, address: "Address", holder: "Holder", *, again: bool) -> "Line":
        folder = "" if holder.folder == self._root else holder.folder
        where = wording_outage.folder_shown(folder, self._home)
        match whose(holder, os.getpid(), self._root):
            case Whose.APP:
                return wording_outage.in_use_by_app(address, holder.pid, holder.title)
            case Whose.LEFTOVER:
                return wording_outage.in_use_by_leftover(
                    address, holder.pid, holder.title, again=again
                )
            case Whose.STRANGER:
                return wording_outage.in_use(address, holder.pid, holder.title, where, again=again)
            case Whose.PROJECT | Whose.AUTORUN:
                outer = holder.outer
                assert outer is not None
                place = "" if outer.folder == self._root else outer.folder
                place = wording_outage.folder_shown(place, self._home)
                return wording_outage.in_use_by_autorun(
                    address, outer.pid, outer.title, place, again=again
                )
