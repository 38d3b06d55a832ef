"""Many edits in any way and at any time: the last version is what runs in the end."""

import pytest

from tests.driver import App
from tests.soaking import MODES, Mode, Soak

EDITS = 80
SEED = 20_240_607


@pytest.mark.timeout(150)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_last_of_many_edits_is_what_runs(app: App, mode: Mode) -> None:
    """`python -m bench soak` makes many more of them."""
    for lost in Soak(app, mode, SEED).run(EDITS):
        pytest.fail(lost)
    assert app.stop() == 0, app.said()
    assert "autoreload" not in app.err(), app.said()
    app.assert_nothing_left()
