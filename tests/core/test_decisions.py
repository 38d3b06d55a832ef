"""Changes to verdict, and verdicts as values."""

import pytest

from autoreload.core.changes import Change
from autoreload.core.decisions import Broken, Hold, Nothing, Restart, Verdict, verdict

SAVED = Change("a.py", "modified", (1, 2, 3))
BROKEN = Broken("a.py", 3, 7, "SyntaxError", "invalid syntax", "x = (\n")


@pytest.mark.parametrize(
    ("changes", "broken", "hold", "expected"),
    [
        ([], [], True, Nothing()),
        ([], [BROKEN], True, Nothing()),  # it is again what was loaded
        ([SAVED], [], True, Restart([SAVED])),
        ([SAVED], [BROKEN], True, Hold([BROKEN])),
        ([SAVED], [BROKEN], False, Restart([SAVED])),
        ([SAVED], [], False, Restart([SAVED])),
    ],
)
def test_verdict(
    changes: list[Change], broken: list[Broken], hold: bool, expected: Verdict
) -> None:
    assert verdict(changes, broken, hold=hold) == expected


def test_a_save_is_held_unless_told_otherwise() -> None:
    assert verdict([SAVED], [BROKEN]) == Hold([BROKEN])


def test_verdicts_of_two_kinds_are_never_equal() -> None:
    verdicts: list[object] = [Nothing(), Hold([]), Restart([]), Hold([BROKEN]), Restart([SAVED])]
    for one in verdicts:
        assert [other for other in verdicts if other == one] == [one]
    assert len(set(verdicts)) == len(verdicts)


def test_a_broken_file_is_a_value_and_plain_data() -> None:
    again = Broken("a.py", 3, 7, "SyntaxError", "invalid syntax", "x = (\n")
    assert again == BROKEN
    assert hash(BROKEN) == hash(again)
    assert Broken("a.py", 4, 7, "SyntaxError", "invalid syntax", "x = (\n") != BROKEN
    assert BROKEN != "a.py"
    assert BROKEN.fields() == {
        "path": "a.py",
        "line": 3,
        "column": 7,
        "kind": "SyntaxError",
        "text": "invalid syntax",
        "source": "x = (\n",
        "start": 0,
    }
    assert "a.py" in repr(BROKEN)
