"""Takes the place at which this autorun is found; the same line is not run twice at once."""

import os

from autoreload.core import control
from autoreload.system import instance
from autoreload.system.instance import Instance, Taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Taken", "claim"]


def claim(words: "Sequence[str]", name: str, environment: "Mapping[str, str]") -> "Instance | None":
    """The place of this target in this directory, or of this name; None where there is none.

    Raises Taken when another autorun has it.
    """
    stem = control.stem(os.getcwd(), f"name {name}" if name else "\0".join(words))
    try:
        return Instance(instance.folder(environment), stem)
    except OSError:
        return None  # no runtime directory, a full disk: then nobody can ask us anything
