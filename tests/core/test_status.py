"""How an autorun stands after its events, and what the commands show of it."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import events, wording_control
from autoreload.core.decisions import Broken
from autoreload.core.events import EVENTS
from autoreload.core.protocol import Message
from autoreload.core.status import STATES, Status

if TYPE_CHECKING:
    from autoreload.core.events import Value

    Happened = tuple[str, dict[str, Value]]

ERROR: "dict[str, Value]" = {
    "type": "NameError",
    "message": "name 'x' is not defined",
    "file": "shop/views.py",
    "line": 12,
    "column": 0,
    "source": "    return x",
    "trace": "",
}
STARTED: "Happened" = ("started", {"run": 1, "pid": 10})
READY: "Happened" = (
    "ready",
    {"run": 1, "pid": 11, "ms": 34.2, "mode": "warm", "urls": ["http://a:1"]},
)
CHANGED: "Happened" = ("changed", {"files": ["a.py"], "count": 3, "cause": "file", "why": []})
HELD: "Happened" = ("held", {"error": ERROR})
CRASHED: "Happened" = (
    "crashed",
    {"run": 1, "exit_code": 1, "signal": None, "ms": 5, "error": ERROR},
)
KILLED: "Happened" = (
    "crashed",
    {"run": 1, "exit_code": None, "signal": "SIGSEGV", "ms": 5, "error": None},
)
FINISHED: "Happened" = ("finished", {"run": 1, "ms": 5})
KEPT: "Happened" = ("kept", {"files": ["a.py"], "count": 1, "by": "pause"})
PAUSED: "Happened" = ("paused", {"seconds": 60})

CASES: "list[tuple[str, list[Happened], str, int]]" = [
    ("nothing yet", [], "starting", 4),
    ("started", [STARTED], "starting", 4),
    ("ready", [STARTED, READY], "ready", 0),
    ("changed", [STARTED, READY, CHANGED], "restarting", 4),
    ("next one", [STARTED, READY, CHANGED, ("started", {"run": 2, "pid": 12})], "starting", 4),
    ("held", [STARTED, READY, HELD], "ready", 1),
    ("no longer held", [STARTED, READY, HELD, ("unheld", {})], "ready", 0),
    ("held, then better", [STARTED, READY, HELD, CHANGED], "restarting", 4),
    ("crashed", [STARTED, CRASHED], "crashed", 1),
    ("killed", [STARTED, KILLED], "crashed", 1),
    ("crashed, then changed", [STARTED, CRASHED, CHANGED], "crashed", 1),
    ("crashed, then better", [STARTED, CRASHED, CHANGED, STARTED, READY], "ready", 0),
    ("finished", [STARTED, FINISHED], "finished", 0),
    ("paused", [STARTED, READY, PAUSED], "ready", 0),
    ("kept", [STARTED, READY, PAUSED, KEPT], "ready", 4),
    ("resumed", [STARTED, READY, PAUSED, KEPT, ("resumed", {"by": "time"})], "ready", 0),
    ("stopping", [STARTED, READY, ("stopping", {})], "stopping", 4),
]


def after(happened: "list[Happened]") -> Status:
    status = Status()
    for at, (event, fields) in enumerate(happened):
        status.apply(event, fields, float(at))
    return status


@pytest.mark.parametrize(("happened", "state", "code"), [case[1:] for case in CASES])
def test_what_has_happened_makes_the_state(
    happened: "list[Happened]", state: str, code: int
) -> None:
    shown = after(happened).shown()
    assert shown["state"] == state
    assert wording_control.code_of(shown) == code


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(EVENTS)),
            st.dictionaries(
                st.sampled_from(sorted({name for _, fields in EVENTS.values() for name in fields})),
                VALUES,
            ),
        )
    )
)
def test_no_order_of_events_is_too_much(happened: "list[Happened]") -> None:
    """Whatever comes, the state is one of those that are told of, and can be shown."""
    status = after(happened)
    assert status.state in STATES
    shown = status.shown()
    assert wording_control.code_of(shown) in wording_control.EXIT_CODES
    assert all(isinstance(line, str) for line in wording_control.status({}, shown))


def test_how_it_is_shown() -> None:
    greeting: dict[str, Value] = {"target": "manage.py runserver"}
    shown = wording_control.status(greeting, after([STARTED, READY, HELD]).shown())
    assert shown == [
        "manage.py runserver: ready, run 1, pid 11, 34 ms (warm), http://a:1",
        "  shop/views.py:12: NameError: name 'x' is not defined",
        "      return x",
    ]
    crashed = wording_control.status(greeting, after([STARTED, KILLED]).shown())
    assert crashed == ["manage.py runserver: crashed, run 1, killed by SIGSEGV"]


@pytest.mark.parametrize(
    ("happened", "text"),
    [
        ([STARTED], "run 1 is the first one"),
        ([CHANGED, STARTED], "run 1: a.py and 2 more changed"),
        (
            [("changed", {"cause": "command", "files": []}), STARTED],
            "run 1: a restart was asked for",
        ),
        ([("changed", {"cause": "port", "files": []}), STARTED], "run 1: the port is free again"),
        (
            [("changed", {"cause": "package", "files": ["flask"], "count": 1}), STARTED],
            "run 1: flask was installed",
        ),
    ],
)
def test_what_a_run_is_for(happened: "list[Happened]", text: str) -> None:
    assert wording_control.cause(after(happened).shown()) == text


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([0], 0), ([0, 4], 4), ([4, 1, 0], 1), ([124, 0], 124), ([3, 0], 3), ([], 0)],
)
def test_of_several_the_worst_counts(codes: list[int], worst: int) -> None:
    assert wording_control.worst(codes) == worst


def test_an_error_is_one_line_for_editors() -> None:
    assert events.as_one_line(ERROR) == "shop/views.py:12: NameError: name 'x' is not defined"
    broken = events.of_broken(
        Broken("/p/a.py", 3, 7, "SyntaxError", "'(' was never closed", "x = (\n"), "a.py"
    )
    assert events.as_one_line(broken) == "a.py:3:7: SyntaxError: '(' was never closed"
    assert broken["source"] == "x = ("
    assert events.as_one_line(events.of_usage("no module here")) == "no module here"


def test_an_exception_is_an_error_with_its_line() -> None:
    fields = {
        "kind": "ValueError",
        "text": "no",
        "path": "/p/a.py",
        "line": 4,
        "first": 3,
        "source": "three\nfour\nfive",
        "trace": "Traceback …",
    }
    found = events.of_failed(Message("failed", 1, fields), "/p")
    assert set(found) == set(events.ERROR)
    assert (found["file"], found["line"], found["source"]) == ("a.py", 4, "four")
