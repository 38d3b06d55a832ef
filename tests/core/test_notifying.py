"""When a run is started so that the kernel tells of its binds."""

import itertools

import pytest

from autoreload.core.notifying import wants_notices


@pytest.mark.parametrize(
    ("keeps_foreign", "gained", "wanted"),
    [
        (False, "", False),  # the first run, and programs that serve nothing
        (True, "", True),
        (True, "sudo", False),
        (False, "sudo", False),
    ],
)
def test_by_itself_only_for_what_it_gives(keeps_foreign: bool, gained: str, wanted: bool) -> None:
    assert wants_notices("auto", keeps_foreign=keeps_foreign, gained=gained) is wanted


def test_the_user_decides() -> None:
    for keeps_foreign, gained in itertools.product((False, True), ("", "sudo")):
        assert wants_notices("any", keeps_foreign=keeps_foreign, gained=gained)
        assert not wants_notices("python", keeps_foreign=keeps_foreign, gained=gained)
