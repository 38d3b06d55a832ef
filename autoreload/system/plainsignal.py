"""The module `signal` without the enums that it makes of its numbers: an import of 4 ms."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import *  # noqa: F403
else:
    from _signal import *  # noqa: F403
