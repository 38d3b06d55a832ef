"""When a run is started so that the kernel tells of its binds."""

import itertools

import pytest

from autoreload.core.notifying import wants_notices


@pytest.mark.parametrize(
    ("keeps_foreign", "gained", "has_failed", "wanted"),
    [
        (False, "", False, False),  # the first run, and programs that serve nothing
        (True, "", False, True),
        (True, "sudo", False, False),
        (True, "", True, False),
        (True, "sudo", True, False),
    ],
)
def test_by_itself_only_for_what_it_gives(
    keeps_foreign: bool, gained: str, has_failed: bool, wanted: bool
) -> None:
    found = wants_notices("auto", keeps_foreign=keeps_foreign, gained=gained, has_failed=has_failed)
    assert found is wanted


def test_the_user_decides() -> None:
    for keeps_foreign, gained, has_failed in itertools.product((False, True), ("", "su"), (0, 1)):
        facts = {"gained": gained, "has_failed": bool(has_failed)}
        assert wants_notices("any", keeps_foreign=keeps_foreign, **facts)  # type: ignore[arg-type]
        assert not wants_notices("python", keeps_foreign=keeps_foreign, **facts)  # type: ignore[arg-type]
