"""What is read from the bytes of whoever knocks: tables, and any bytes in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.request import LARGEST_HEAD, Kind, Request, Unread, is_loopback, read

CURL = b"GET /a HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n"
TLS_HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(64))
HTTP_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            CURL,
            Request(
                "GET", "/a", {"host": "localhost:8000", "user-agent": "curl/8", "accept": "*/*"}
            ),
        ),
        (b"GET / HTTP/1.0\r\n\r\n", Request("GET", "/", {})),
        (b"GET / HTTP/1.1\n\n", Request("GET", "/", {})),
        (b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", Request("GET", "/", {})),
        (b"GET / HTTP/1.1\r\nA: 1\n\r\nB: 2\r\n\r\n", Request("GET", "/", {"a": "1"})),
        (b"GET / HTTP/1.1\r\nA: 1\r\nb\r\n: c\r\na:2\r\n\r\n", Request("GET", "/", {"a": "1, 2"})),
        (b"POST /x HTTP/1.1\r\nA: \xe9\r\n\r\n\x00\xffbody", Request("POST", "/x", {"a": "é"})),
        (b"M-SEARCH * HTTP/1.1\r\n\r\n", Request("M-SEARCH", "*", {})),
        (b"", Unread.MORE),
        (b"\r\n", Unread.MORE),
        (b"G", Unread.MORE),
        (b"GET ", Unread.MORE),
        (b"GET / HTTP/1.1\r", Unread.MORE),
        (b"GET / HTTP/1.1\r\n", Unread.MORE),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", Unread.MORE),
        (TLS_HELLO, Unread.FOREIGN),
        (TLS_HELLO[:1], Unread.FOREIGN),
        (HTTP_2, Unread.FOREIGN),
        (b"PRI * HTTP/2", Unread.FOREIGN),
        (b"get / HTTP/1.1\r\n\r\n", Unread.FOREIGN),
        (b"GET /\r\n", Unread.FOREIGN),  # HTTP/0.9
        (b"GET  / HTTP/1.1\r\n\r\n", Unread.FOREIGN),
        (b"GET / HTTP/1.10\r\n\r\n", Unread.FOREIGN),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Unread.FOREIGN),
        (b"*1\r\n$4\r\nPING\r\n", Unread.FOREIGN),  # Redis
        (b"A" * 21, Unread.FOREIGN),
        (b"GET /" + b"a" * LARGEST_HEAD, Unread.FOREIGN),
    ],
)
def test_read(data: bytes, expected: object) -> None:
    assert read(data) == expected


def test_a_head_without_end_is_answered_at_last() -> None:
    data = b"GET / HTTP/1.1\r\nA: 1\r\nB: " + b"b" * LARGEST_HEAD
    assert read(data[: LARGEST_HEAD - 1]) is Unread.MORE
    asked = read(data)
    assert isinstance(asked, Request)
    assert asked.headers["a"] == "1"
    assert read(data + b"\r\n\r\n") == asked


tokens = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20).map(str.encode)
targets = st.binary(min_size=1, max_size=30).map(
    lambda raw: bytes(one for one in raw if one > 0x20 and one != 0x7F) or b"/"
)
newlines = st.sampled_from([b"\r\n", b"\n"])
headers = st.lists(
    st.tuples(st.sampled_from([b"Accept", b"host", b"X-Autorun-Wait"]), st.binary(max_size=12)),
    max_size=4,
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Well-formed ones, with whatever comes after them."""
    newline = draw(newlines)
    line = draw(tokens) + b" " + draw(targets) + b" HTTP/1." + draw(st.sampled_from([b"0", b"1"]))
    lines = [line]
    for name, value in draw(headers):
        lines.append(name + b": " + value.replace(b"\n", b"").replace(b"\r", b""))
    return newline.join([*lines, b"", b""]) + draw(st.binary(max_size=20))


@given(st.one_of(st.binary(max_size=200), requests()), st.lists(st.integers(0, 300), max_size=5))
def test_the_pieces_in_which_it_comes_make_no_difference(data: bytes, cuts: list[int]) -> None:
    """Once it is known what it is, nothing that follows changes it, and before that more is due."""
    whole = read(data)
    for cut in cuts:
        part = read(data[:cut])
        assert part in (whole, Unread.MORE)


@given(requests())
def test_a_request_is_read_at_its_last_byte(data: bytes) -> None:
    known = [isinstance(read(data[:cut]), Request) for cut in range(len(data) + 1)]
    assert known == sorted(known)
    assert known[-1]


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nAccept: "]),
)
def test_any_bytes_have_a_meaning(data: bytes, before: bytes) -> None:
    asked = read(before + data)
    if isinstance(asked, Request):
        assert asked.kind in Kind
        assert asked.is_from_here in (True, False)


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", Kind.PLAIN),
        ("*/*", Kind.PLAIN),
        (BROWSER, Kind.HTML),
        ("TEXT/HTML", Kind.HTML),
        ("application/json, text/plain, */*", Kind.JSON),
        ("application/vnd.api+json", Kind.JSON),
        ("text/plain, text/html", Kind.PLAIN),
        ("text/plain;q=0.5, text/html", Kind.HTML),
        ("text/html;q=0, application/json;q=0.1", Kind.JSON),
        ("text/html;q=much", Kind.PLAIN),
        ("text/html;q=nan", Kind.PLAIN),
        ("image/png, */*", Kind.PLAIN),
        (",;,=;q", Kind.PLAIN),
    ],
)
def test_the_form_that_is_liked_best(accept: str, kind: Kind) -> None:
    assert Request("GET", "/", {"accept": accept}).kind is kind


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("127.0.0.1.example.com", False),
        ("::2", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"host": "localhost:8000"}, True),
        ({"host": "127.0.0.1:8000"}, True),
        ({"host": "192.168.1.7"}, True),
        ({"host": "[::1]:8000"}, True),
        ({"host": "devbox"}, True),
        ({"host": "shop.localhost:8000"}, True),
        ({"host": "shop.test."}, True),
        ({"host": "evil.example.com:8000"}, False),
        ({"host": "127.0.0.1.example.com"}, False),
        ({"host": "localhost.example.com"}, False),
        ({"x-forwarded-for": "127.0.0.1, ::1"}, True),
        ({"x-forwarded-for": "::ffff:127.0.0.1"}, True),
        ({"x-forwarded-for": "203.0.113.5, 127.0.0.1"}, False),
        ({"x-forwarded-for": "nonsense"}, False),
        ({"x-real-ip": "203.0.113.5"}, False),
        ({"forwarded": 'proto=http;for="203.0.113.5:80"'}, False),
        ({"forwarded": "For=127.0.0.1;proto=http"}, True),
    ],
)
def test_who_asks_from_elsewhere(headers: dict[str, str], expected: bool) -> None:
    assert Request("GET", "/", headers).is_from_here is expected
