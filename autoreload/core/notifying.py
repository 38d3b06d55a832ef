"""Whether a run is started so that the kernel tells us of its binds, which has a price.

Without CAP_SYS_ADMIN nothing below such a run gains privileges (sudo fails), so it is done only for
what it gives: a listener is kept, and nothing else could give it back. The first run is as without.
That a run fails is no reason to start the next one otherwise: most fail for what was just saved.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Mode = Literal["auto", "python", "any"]


def wants_notices(mode: "Mode", *, keeps_foreign: bool, gained: str) -> bool:
    """Whether the next run is to be started with the filter.

    `keeps_foreign`: a listener is kept that Python did not bind, so that no hook can give it back.
    `gained`: a process of the last run that had more privileges than we, if there was one.
    """
    match mode:
        case "any":
            return True
        case "python":
            return False
        case _:
            return keeps_foreign and not gained
