"""Requests and places: what is read of a line, and how the place of an autorun is called."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import control
from autoreload.core.control import COMMANDS, ControlProblem, Request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def taken(line: bytes) -> str:
    """The command of a line, or the code of what is wrong with it."""
    try:
        return control.request(line).command
    except ControlProblem as problem:
        return problem.code


OUTCOMES = {*COMMANDS, "bad-request", "bad-version", "unknown-command"}


@given(st.binary())
def test_bytes_are_a_request_or_a_problem(line: bytes) -> None:
    assert taken(line) in OUTCOMES


@given(JSON)
def test_an_object_is_a_request_or_a_problem(value: object) -> None:
    assert taken(json.dumps(value).encode()) in OUTCOMES


@given(st.sampled_from(sorted(COMMANDS)), JSON, st.dictionaries(st.text(), JSON))
def test_what_was_sent_is_read(command: str, number: object, more: dict[str, object]) -> None:
    more.pop("v", None)
    fields = {**more, "id": number, "cmd": command}
    found = control.request(json.dumps(fields).encode())
    assert found.command == command
    assert json.dumps(found.number) == json.dumps(number)


@given(JSON)
def test_a_field_has_its_kind_or_is_refused(value: object) -> None:
    request = Request(1, "wait", {"x": value})  # type: ignore[dict-item]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    for read, fits in (
        (lambda: request.text("x"), isinstance(value, str)),
        (lambda: request.seconds("x", 1.0, most=60), is_number and 0 <= value <= 60),  # type: ignore[operator]
        (lambda: request.count("x"), type(value) is int and value >= 0),
    ):
        if fits:
            assert read() == value
        else:
            with pytest.raises(ControlProblem, match="'x' is to be"):
                read()


def test_what_is_missing_has_its_default() -> None:
    request = Request(None, "wait", {})
    assert (request.text("x"), request.count("x"), request.flag("x")) == ("", 0, False)
    assert request.seconds("x", 30.0, most=60) == 30.0


@given(st.text(min_size=1), st.text(), st.text())
def test_a_place_fits_everywhere(root: str, key: str, other: str) -> None:
    stem = control.stem(root, key)
    assert stem.startswith(control.prefix(root))
    assert stem.isascii()
    assert "/" not in stem
    assert len(stem) <= 40  # a path of a socket has at most 108 bytes, on macOS 104
    assert (control.stem(root, other) == stem) == (key == other)


def test_the_directory_shows_in_the_name() -> None:
    assert control.stem("/home/ada/my shop", "x").startswith("my-shop-")
    assert control.prefix("/a/shop") != control.prefix("/b/shop")


def test_a_refusal_names_its_request() -> None:
    line = control.refusal(7, ControlProblem("busy", "later"))
    assert line.endswith(b"\n")
    assert json.loads(line) == {"id": 7, "ok": False, "error": {"code": "busy", "text": "later"}}


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(ControlProblem, match="speaks version 1"):
        control.request(json.dumps({"cmd": "status", "v": version}).encode())
