"""Words that one run writes down for the next ones: a piece of memory that a whole chain shares."""

import os

from autoreload.system.channel import settle_high

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Memo:
    """Without such memory, or when the program has closed it, it holds nothing."""

    def __init__(self, name: str) -> None:
        self.fd: int | None = None
        """Its descriptor."""
        try:
            self.fd = settle_high(os.memfd_create(name, os.MFD_CLOEXEC))
        except (AttributeError, OSError):
            pass

    def words(self) -> list[str]:
        """What was written; while somebody writes, one may be half of a word."""
        if self.fd is None:
            return []
        try:
            return os.pread(self.fd, os.fstat(self.fd).st_size, 0).decode().split()
        except OSError:
            self.fd = None
        except ValueError:  # half of a letter
            pass
        return []

    def write(self, words: "Sequence[str]") -> None:
        """Write these in the place of what was there; they only ever get more."""
        if self.fd is not None:
            os.pwrite(self.fd, "\n".join(words).encode(), 0)
