"""Whether a run may go on from where this process stands, or would differ from a fresh start."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.inner.driver import Driver
    from autoreload.inner.safety import Safety


class Validity:
    """All that this process has taken in, and what it has open."""

    def __init__(self, safety: "Safety", driver: "Driver") -> None:
        self._safety = safety
        self._driver = driver

    def stale(self) -> str:
        """The same as `refusal` among the installed files, which takes long to tell."""
        return self._safety.past.stale_installed()

    def refusal(self, path: str) -> str:
        """What would be otherwise in a fresh start that came to this file; empty if nothing."""
        if path and not os.path.isfile(path):
            return f"{path} is gone"
        if moved := self._driver.moved():
            return f"{moved} lies elsewhere now"
        if moved := self._safety.renewing.moved():
            return f"{moved}: open, and another file has its name now"
        for found in self._safety.past.differences():
            if not found.is_source:
                return f"{found.path}: {found.reason}"
            if self._driver.is_stale(found.path):
                return f"{found.path} is loaded first"
        return ""

    def turn_refusal(self, path: str) -> str:
        """The same of a run that begins here, with all that it is going to execute compiled."""
        if reason := self.refusal(path):
            return reason
        if path:
            self._driver.look_ahead(path)
        broken = self._driver.uncompilable()
        return f"{broken} does not compile" if broken else ""
