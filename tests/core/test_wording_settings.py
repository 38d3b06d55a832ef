"""What is said of settings, and all of them as TOML."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import wording_settings as wording
from autoreload.core.commandline import Line
from autoreload.core.precedence import ORDER, Given
from autoreload.core.settings import Table

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(0, 86_400),
    TEXT,
    st.lists(TEXT).map(tuple),
)
NOTHING = Line((), (), dashed=False)


@given(
    st.dictionaries(st.sampled_from(["watch", "poll", "keep_sockets", "warm", "python"]), VALUES),
    st.sampled_from(ORDER),
    st.lists(TEXT, min_size=1).map(tuple),
    st.booleans(),
)
def test_what_is_printed_is_a_config_file_that_says_the_same(
    values: dict[str, object], origin: str, target: tuple[str, ...], dashed: bool
) -> None:
    found = Given()
    found.add(values, origin)
    line = Line((), target, dashed=dashed)
    table = Table("/p/autorun.toml", {})
    read = tomllib.loads(wording.as_toml(found, table, line))
    assert tuple(read.pop("target")) == line.words
    expected = {
        field.replace("_", "-"): list(value) if isinstance(value, tuple) else value
        for field, value in values.items()
        if value is not None
    }
    assert read == expected


def test_each_value_has_a_comment_with_where_it_comes_from() -> None:
    table = Table("/p/pyproject.toml", {"watch": "a"}, '[tool.autorun]\nwatch = "a"\n')
    found = Given()
    found.put("watch", ("a",), "file")
    found.put("stop_timeout", 5.0, "variable")
    found.put("warm", True, "option")
    found.put("quiet", False, "default")
    found.put("python", None, "default")
    found.put("explain", None, "default")
    line = Line((), ("app.py",), dashed=False)
    assert wording.as_toml(found, table, line) == (
        "# /p/pyproject.toml\n"
        'target = ["app.py"]  # typed\n'
        "# python is not set\n"
        "quiet = false  # default\n"
        "stop-timeout = 5.0  # AUTORUN_STOP_TIMEOUT\n"
        "warm = true  # --warm\n"
        'watch = ["a"]  # pyproject.toml:2\n'
    )
    assert wording.as_toml(Given(), None, NOTHING) == "# no config file\n# target is not set\n"


@pytest.mark.parametrize(
    ("field", "name"),
    [("sockets", "socket"), ("stop_timeout_s", "stop-timeout"), ("keep_sockets", "keep-sockets")],
)
def test_a_field_is_said_as_it_is_typed(field: str, name: str) -> None:
    assert wording.setting(field) == name


def test_what_is_said_of_a_change() -> None:
    said = [
        wording.settings_changed("autorun.toml", restarts=True),
        wording.settings_changed("autorun.toml", restarts=False),
        wording.settings_same("autorun.toml"),
        wording.settings_bad("autorun.toml:1: no setting 'x'"),
        wording.settings_wait("autorun.toml", ["python"]),
        wording.settings_wait("autorun.toml", ["target", "python", "socket"]),
    ]
    assert [line.text for line in said] == [
        "autorun.toml changed, settings applied, restarting",
        "autorun.toml changed, settings applied",
        "autorun.toml changed, the settings are as they were",
        "autorun.toml:1: no setting 'x'. The settings stay as they were",
        "autorun.toml changed: python takes effect when autorun is started again",
        "autorun.toml changed: target, python and socket take effect when autorun is started again",
    ]
