"""Sockets whose methods look for a kept listener first, and an `os.unlink` that spares its path.

They are replaced on the class, for all the sockets that there are, and only in a run for which
something was kept.
"""

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autoreload.inner.keeping import Keeping


def replace_methods(kind: "Any", keeping: "Keeping") -> None:
    """Let a class of sockets look for what is kept before it binds, listens or connects."""
    bind, listen = kind.bind, kind.listen
    connect, connect_ex = kind.connect, kind.connect_ex

    # With any number of arguments: a wrong one is told by the method itself.
    def bind_or_take(self: "Any", *address: "Any") -> None:
        if len(address) != 1 or not keeping.take(self, address[0]):
            keeping.bind(self, address, bind)

    def take_or_listen(self: "Any", *backlog: int) -> None:
        keeping.listens(self)
        listen(self, *backlog)

    def connect_past(self: "Any", *address: "Any") -> None:
        if keeping.is_nobody(self, address):
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        keeping.give_up(self, bind)
        connect(self, *address)

    def connect_ex_past(self: "Any", *address: "Any") -> int:
        if keeping.is_nobody(self, address):
            return errno.ECONNREFUSED
        keeping.give_up(self, bind)
        found: int = connect_ex(self, *address)
        return found

    for name, function in (
        ("bind", bind_or_take),
        ("listen", take_or_listen),
        ("connect", connect_past),
        ("connect_ex", connect_ex_past),
    ):
        function.__name__ = name
        function.__qualname__ = f"{kind.__qualname__}.{name}"
        setattr(kind, name, function)


def spare_paths(paths: set[str]) -> None:
    """Let nobody remove these paths; servers do when they stop, and before they bind."""
    if getattr(os.unlink, "keeps_paths", False):
        return
    for name in ("unlink", "remove"):
        original = getattr(os, name)
        setattr(os, name, _sparing(original, paths))
        if original in os.supports_dir_fd:  # what `shutil` looks at before it trusts a descriptor
            os.supports_dir_fd.add(getattr(os, name))


def _sparing(original: "Callable[..., None]", paths: set[str]) -> "Callable[..., None]":
    def unlink(path: "Any", *args: "Any", **named: "Any") -> None:
        try:
            if not args and not named and os.path.realpath(os.fsdecode(path)) in paths:
                return
        except (TypeError, ValueError, OSError):
            pass
        original(path, *args, **named)

    unlink.keeps_paths = True  # type: ignore[attr-defined]
    unlink.__name__ = original.__name__
    return unlink
