"""The few functions of C's library that Python does not offer.

Not by `ctypes`, an import of 5 ms: what it is made of can call a function that takes numbers.
"""

import _ctypes


class Word(_ctypes._SimpleCData):  # type: ignore[type-arg]  # at run time it takes none
    """An address or a size: a plain number is passed on as a C int."""

    _type_ = "L"


def call(name: str, *arguments: "int | Word") -> int:
    """Call a function by its name; AttributeError or OSError where there is none."""
    library = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # the program itself
    found: int = _ctypes.call_function(_ctypes.dlsym(library, name), arguments)
    return found
