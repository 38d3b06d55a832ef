"""An option beats a variable, that beats the file, and the file the default."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.precedence import ORDER, Given, variable
from autoreload.core.settings import Table

FIELDS = ("watch", "quiet", "stop_timeout")
SAYS = st.dictionaries(
    st.sampled_from(ORDER), st.dictionaries(st.sampled_from(FIELDS), st.integers())
)


@given(SAYS, st.permutations(ORDER))
def test_the_nearest_who_says_anything_decides(
    says: dict[str, dict[str, int]], order: list[str]
) -> None:
    """In whichever order they are asked."""
    found = Given()
    for origin in order:
        found.add(says.get(origin, {}), origin)
    for field in FIELDS:
        who = [origin for origin in ORDER if field in says.get(origin, {})]
        if not who:
            assert field not in found.values
            continue
        assert found.origins[field] == who[0]
        assert found.values[field] == says[who[0]][field]
        assert found.of(who[0])[field] == says[who[0]][field]


@pytest.mark.parametrize(
    ("origin", "called"),
    [
        ("option", "--stop-timeout"),
        ("variable", "AUTORUN_STOP_TIMEOUT"),
        ("file", "autorun.toml:2: stop-timeout"),
        ("default", "--stop-timeout"),
    ],
)
@pytest.mark.parametrize("key", ["stop-timeout", "stop_timeout"])
def test_a_setting_is_called_by_where_it_was_set(origin: str, called: str, key: str) -> None:
    table = Table("/p/autorun.toml", {key: 1}, f"# ours\n{key} = 1\n")
    found = Given()
    found.put("stop_timeout", 1, origin)
    assert found.called("stop_timeout", table) == called


def test_each_option_has_its_variable() -> None:
    assert variable("keep_sockets") == "AUTORUN_KEEP_SOCKETS"
