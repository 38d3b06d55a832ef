"""Addresses as the kernel has them: the bytes of a `bind`, and which keep each other out."""

import os.path

from autoreload.core.keeping import UNIX, Address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

INET, INET6 = 2, 10
"""AF_INET and AF_INET6 as Linux numbers them, the only system whose bytes are read here."""

LARGEST = 128
"""No address is longer (struct sockaddr_storage)."""

_SHORTEST = {INET: 16, INET6: 24}
"""The kernel refuses what is shorter, so there is nothing to decide (inet_bind, inet6_bind)."""


def read(raw: bytes, host_text: "Callable[[int, bytes], str]") -> Address | None:
    """The address that a program hands to bind; None for one that is never kept.

    `host_text` is `inet_ntop`. A path is given as the program wrote it, relative perhaps. Never
    kept: abstract and unnamed unix sockets, other families, addresses cut short.
    """
    family = int.from_bytes(raw[:2], "little")
    if family == UNIX:
        path = raw[2:].partition(b"\0")[0]
        return Address(UNIX, _path_text(path)) if path else None
    if len(raw) < _SHORTEST.get(family, len(raw) + 1):
        return None
    port = int.from_bytes(raw[2:4], "big")
    if family == INET:
        return Address(INET, host_text(INET, raw[4:8]), port)
    host = raw[8:24]
    # Only a link-local address keeps the interface that came with it (getsockname afterwards).
    is_local = host[0] == 0xFE and host[1] & 0xC0 == 0x80
    scope = int.from_bytes(raw[24:28], "little") if is_local else 0
    return Address(INET6, host_text(INET6, host), port, scope)


def located(address: Address, folder: str, real: "Callable[[str], str]") -> Address:
    """The address with its path made whole; `folder` is the program's, `real` is `realpath`."""
    if not address.is_unix:
        return address
    return Address(UNIX, real(os.path.join(folder, address.host)))


def conflicts(
    one: Address, its_options: "tuple[int, int]", other: Address, options: "tuple[int, int]"
) -> bool:
    """Whether a listener at one address keeps a socket with `options` from binding the other.

    Options are SO_REUSEPORT and IPV6_V6ONLY. SO_REUSEADDR helps nobody while one of them listens.
    """
    if one.is_unix or other.is_unix:
        return one == other
    if one.port != other.port or other.port == 0 or (its_options[0] and options[0]):
        return False
    places = _places(one, its_options[1]), _places(other, options[1])
    return any(
        family in places[1] and _meet(host, places[1][family]) for family, host in places[0].items()
    )


def _places(address: Address, v6only: int) -> dict[int, str]:
    """Where a socket listens, by family; the empty text is everywhere."""
    if address.family == INET:
        return {INET: "" if address.host == "0.0.0.0" else address.host}
    if address.host.startswith("::ffff:") and "." in address.host:
        return {INET: address.host.removeprefix("::ffff:").replace("0.0.0.0", "")}
    if address.host != "::":
        return {INET6: f"{address.host}%{address.scope}"}
    return {INET6: ""} if v6only else {INET: "", INET6: ""}


def _meet(one: str, other: str) -> bool:
    return not one or not other or one == other


def _path_text(path: bytes) -> str:
    """As `os.fsdecode` has it on Linux in UTF-8, undecodable bytes included."""
    return path.decode("utf-8", "surrogateescape")
