"""`--socket ADDR` as it is typed."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.listenfds import Place, SocketProblem, doubled, parse, variables


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8000", Place(host="127.0.0.1", port=8000)),
        ("0", Place(host="127.0.0.1", port=0)),
        ("127.0.0.1:8000", Place(host="127.0.0.1", port=8000)),
        ("0.0.0.0:65535", Place(host="0.0.0.0", port=65535)),
        ("localhost:8000", Place(host="127.0.0.1", port=8000)),
        ("*:8000", Place(host="0.0.0.0", port=8000)),
        ("[::1]:8000", Place(host="::1", port=8000)),
        ("[::]:0", Place(host="::", port=0)),
        ("[fe80::1%eth0]:80", Place(host="fe80::1%eth0", port=80)),
        ("[::ffff:127.0.0.1]:80", Place(host="::ffff:127.0.0.1", port=80)),
        ("./app.sock", Place(path="./app.sock")),
        ("/run/app:1.sock", Place(path="/run/app:1.sock")),
        ("run/8000", Place(path="run/8000")),
    ],
)
def test_an_address(text: str, place: Place) -> None:
    assert parse(text) == place


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no address: 8000, 127.0.0.1:8000, [::1]:8000 or ./app.sock"),
        ("app.sock", "'app.sock' is no address: 8000, 127.0.0.1:8000, [::1]:8000 or ./app.sock"),
        ("@name", "'@name' is no address: 8000, 127.0.0.1:8000, [::1]:8000 or ./app.sock"),
        (":8000", "':8000' is no address: 8000, 127.0.0.1:8000, [::1]:8000 or ./app.sock"),
        ("65536", "port 65536 is above 65535"),
        ("9" * 5000, f"port {'9' * 5000} is above 65535"),
        ("127.0.0.1:http", "'http' in '127.0.0.1:http' is no port"),
        ("127.0.0.1:", "'' in '127.0.0.1:' is no port"),
        ("127.0.0.1:-1", "'-1' in '127.0.0.1:-1' is no port"),
        ("127.0.0.1:\u0664", "'\u0664' in '127.0.0.1:\u0664' is no port"),
        ("::1:8000", "an IPv6 address stands in brackets, as in [::1]:8000: '::1:8000'"),
        ("a:b:80", "an IPv6 address stands in brackets: 'a:b:80'"),
        ("[::1", "an IPv6 address stands in brackets: '[::1'"),
        ("[127.0.0.1]:80", "[127.0.0.1] in '[127.0.0.1]:80' is no IPv6 address"),
        ("256.0.0.1:80", "'256.0.0.1' in '256.0.0.1:80' is no address: names are not looked up"),
        ("web:80", "'web' in 'web:80' is no address: names are not looked up"),
        ("./run/", "'./run/' is a folder, a socket needs a name in it"),
        (
            "/" + "a" * 107,
            f"'/{'a' * 107}' has 108 bytes, the path of a socket has 107 at most",
        ),
    ],
)
def test_no_address(text: str, problem: str) -> None:
    with pytest.raises(SocketProblem) as found:
        parse(text)
    assert str(found.value) == problem


@given(st.text(alphabet="0123456789abcdef:.[]%/@lo *", max_size=24) | st.text())
def test_any_text_is_a_place_or_a_problem(text: str) -> None:
    try:
        place = parse(text)
    except SocketProblem:
        return
    assert parse(str(place)) == place


@given(st.text(alphabet="0123af:.", max_size=20) | st.ip_addresses(v=6).map(str))
def test_ipv6_addresses_are_those_of_the_library(text: str) -> None:
    try:
        is_address = bool(ipaddress.IPv6Address(text))
    except ValueError:
        is_address = False
    else:
        is_address = True
    try:
        is_taken = bool(parse(f"[{text}]:1"))
    except SocketProblem:
        is_taken = False
    assert is_taken == is_address


@given(st.text(alphabet="0125.", max_size=16) | st.ip_addresses(v=4).map(str))
def test_ipv4_addresses_are_those_of_the_library(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
        is_address = True
    except ValueError:
        is_address = False
    try:
        is_taken = bool(parse(f"{text}:1"))
    except SocketProblem:
        is_taken = False
    assert is_taken == is_address


def test_what_is_named_twice() -> None:
    assert doubled([parse("8000"), parse("[::1]:8000")]) is None
    assert doubled([parse("8000"), parse("127.0.0.1:8000")]) == parse("8000")
    assert doubled([parse("0"), parse("0")]) is None
    assert doubled([parse("./a"), parse("./b"), parse("./a")]) == parse("./a")


def test_what_the_program_is_told() -> None:
    assert variables(2, 77) == {"LISTEN_FDS": "2", "LISTEN_PID": "77"}
