"""The few functions of C's library that Python does not offer.

Not by `ctypes`, an import of 5 ms: what it is made of can call a function that takes numbers.
"""

import _ctypes
import os


class Word(_ctypes._SimpleCData):  # type: ignore[type-arg]  # at run time it takes none
    """An address or a size: a plain number is passed on as a C int."""

    _type_ = "L"


class _Alone(_ctypes.CFuncPtr):
    """A function during which no other thread of Python runs."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI


class _Checked(_ctypes.CFuncPtr):
    """A function that says by errno why it failed."""

    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO


def call(name: str, *arguments: "int | Word") -> int:
    """Call a function by its name; AttributeError or OSError where there is none."""
    found: int = _ctypes.call_function(_address(name), arguments)
    return found


def call_alone(name: str, *arguments: "int | Word | bytes") -> int:
    """As `call`, while no other thread of Python runs: the interpreter's lock is kept."""
    found: int = _Alone(_address(name))(*arguments)
    return found


def call_checked(name: str, *arguments: "int | Word | bytes") -> int:
    """As `call`, for a function that gives -1 when it fails. Raises OSError with its errno."""
    found: int = _Checked(_address(name))(*arguments)
    if found == -1:
        number = _ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


def _address(name: str) -> int:
    library = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # the program itself
    return _ctypes.dlsym(library, name)
