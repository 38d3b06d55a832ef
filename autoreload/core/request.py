"""What a client wants that knocks while the app is down, read from what it has sent so far.

Only as much of HTTP/1 is read as is needed for an answer that is always the same page: the request
line, and which headers there are. A body is not looked at.
"""

import re
from enum import Enum

LARGEST_HEAD = 64 * 1024
"""Bytes after which a head that has not ended is answered as if it had."""

_LINE = re.compile(rb"([A-Z][A-Z-]{0,19}) ([\x21-\x7e\x80-\xff]+) HTTP/1\.[0-9]")
_LINE_BEGUN = re.compile(
    rb"[A-Z][A-Z-]{0,19}"
    rb"( ([\x21-\x7e\x80-\xff]+( (H(T(T(P(/(1(\.([0-9]\r?)?)?)?)?)?)?)?)?)?)?)?"
)
_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LOCAL_NAMES = ("localhost", "test", "local", "internal", "lan", "home.arpa")
"""Last parts of names that nobody can register (RFC 6761, 6762, 8375)."""


class Unread(Enum):
    """Why there is no request to be answered."""

    MORE = "more has to come"
    FOREIGN = "it is no HTTP/1"


class Kind(Enum):
    """The form of an answer, as a client asks for it."""

    HTML = "text/html"
    JSON = "application/json"
    PLAIN = "text/plain"


class Request:
    """One request: its method, its target, and the headers by their names in small letters."""

    __slots__ = ("headers", "method", "target")

    def __init__(self, method: str, target: str, headers: "dict[str, str]") -> None:
        self.method = method
        self.target = target
        self.headers = headers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and (self.method, self.target, self.headers) == (
            other.method,
            other.target,
            other.headers,
        )

    __hash__ = None  # type: ignore[assignment]  # the headers are a dict

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.target!r}, {self.headers!r})"

    @property
    def waits(self) -> bool:
        """Whether it is a page of ours that waits for the next run."""
        return "x-autorun-wait" in self.headers

    @property
    def kind(self) -> Kind:
        """The form that the client likes best; who names none gets plain text."""
        best, weight = Kind.PLAIN, 0.0
        for part in self.headers.get("accept", "").split(","):
            kind, quality = _accepted(part)
            if kind is not None and quality > weight:
                best, weight = kind, quality
        return best

    @property
    def is_from_here(self) -> bool:
        """Whether nothing in it speaks of a client on another machine.

        A proxy or a tunnel on this machine hands on what comes from elsewhere, and says so. A page
        of somebody else's, whose name has been made to lead here, asks under that name.
        """
        told = re.findall(r'for="?([^;,"]*)', self.headers.get("forwarded", "").lower())
        for name in ("x-forwarded-for", "x-real-ip"):
            told += self.headers[name].split(",") if name in self.headers else []
        if not all(is_loopback(one.strip()) for one in told):
            return False
        host = self.headers.get("host")
        return host is None or _is_local_name(host)


def read(data: bytes) -> "Request | Unread":
    """The request at the beginning of what has come; whatever comes later does not change it."""
    head = data[:LARGEST_HEAD].lstrip(b"\r\n")  # RFC 9112 2.2: empty lines before it are ignored
    line, newline, rest = head.partition(b"\n")
    if not newline:
        is_possible = not line or _LINE_BEGUN.fullmatch(line) is not None
        return Unread.MORE if is_possible and len(data) < LARGEST_HEAD else Unread.FOREIGN
    asked = _LINE.fullmatch(line.removesuffix(b"\r"))
    if asked is None:
        return Unread.FOREIGN
    end = _END.search(head, len(line.removesuffix(b"\r")))
    if end is None and len(data) < LARGEST_HEAD:
        return Unread.MORE
    told = len(rest) if end is None else max(end.start() - len(line) - 1, 0)
    method, target = (part.decode("latin-1") for part in asked.groups())
    return Request(method, target, _headers(rest[:told].decode("latin-1")))


def is_loopback(host: str) -> bool:
    """Whether an address leads back to this machine."""
    bare = host.strip("[]").lower().removeprefix("::ffff:")
    return bare == "::1" or re.fullmatch(r"127(\.[0-9]{1,3}){3}", bare) is not None


def _headers(text: str) -> "dict[str, str]":
    """The headers of a head; the values of one name are put together (RFC 9110 5.2)."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and _NAME.fullmatch(name):
            key = name.lower()
            found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found


def _accepted(part: str) -> "tuple[Kind | None, float]":
    """One part of an Accept header: the form that it stands for, and how much it is liked."""
    name, *parameters = (one.strip().lower() for one in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                quality = 0.0
    if name in ("text/html", "application/xhtml+xml"):
        return Kind.HTML, quality
    if name == "application/json" or (name.startswith("application/") and name.endswith("+json")):
        return Kind.JSON, quality
    return (Kind.PLAIN if name == "text/plain" else None), quality


def _is_local_name(host: str) -> bool:
    """Whether a Host header is an address, or a name that leads nobody else here."""
    if host.startswith("["):
        return True
    name = re.sub(r":[0-9]*$", "", host).rstrip(".").lower()
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", name) or "." not in name:
        return True
    return name.endswith(tuple(f".{last}" for last in _LOCAL_NAMES))
