"""What line, environment and config file say together, setting by setting."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoreload import cli
from autoreload.configuring import Configuration
from autoreload.core.wording_settings import as_toml

# Each setting: three values, as the line has them, as a variable, and as TOML; and the field.
SAID: dict[str, tuple[str, list[tuple[list[str], str, str, object]]]] = {
    "watch": ("watch", [(["-w", "a", "-w", "b"], "a:b", '["a", "b"]', ("a", "b"))]),
    "ignore": ("ignore", [(["-i", "a"], "a", '"a"', ("a",))]),
    "delay": ("delay_s", [(["-d", "2"], "2", "2", 2.0)]),
    "poll": ("poll_s", [(["--poll"], "0.5", "true", 0.5), (["--poll=3"], "3", "3", 3.0)]),
    "backend": ("backend", [(["--backend=watchdog"], "watchdog", '"watchdog"', "watchdog")]),
    "data": ("data", [(["--no-data"], "0", "false", False), (["--data"], "1", "true", True)]),
    "reload": ("reload", [(["--noreload"], "0", "false", False)]),
    "hold": ("hold", [(["--no-hold"], "0", "false", False), (["--hold"], "1", "true", True)]),
    "signal": ("signal", [(["--signal", "TERM"], "TERM", '"TERM"', "TERM")]),
    "stop-timeout": ("stop_timeout_s", [(["--stop-timeout", "1"], "1", "1.0", 1.0)]),
    "exit": ("exit", [(["--exit"], "1", "true", True)]),
    "exit-on-error": ("exit_on_error", [(["--exit-on-error"], "1", "true", True)]),
    "keep-sockets": (
        "keep_sockets",
        [
            (["--keep-sockets=any"], "any", '"any"', "any"),
            (["--no-keep-sockets"], "none", "false", "none"),
            (["--keep-sockets"], "auto", "true", "auto"),
        ],
    ),
    "warm": ("warm", [(["--warm"], "1", "true", True), (["--no-warm"], "0", "false", False)]),
    "verify-warm": ("verify_warm", [(["--verify-warm"], "1", "true", True)]),
    "standby": (
        "standby",
        [(["--standby"], "1", "true", True), (["--no-standby"], "0", "false", False)],
    ),
    "overlap": (
        "overlap",
        [(["--overlap"], "1", "true", True), (["--no-overlap"], "0", "false", False)],
    ),
    "clear": ("clear", [(["-c"], "1", "true", True)]),
    "quiet": ("quiet", [(["-q"], "1", "true", True)]),
    "verbose": ("verbose", [(["-v"], "1", "true", True)]),
    "color": ("color", [(["--color=never"], "never", '"never"', "never")]),
    "python": ("python", [(["--python", "p"], "p", '"p"', "p")]),
    "keys": ("keys", [(["--no-keys"], "0", "false", False), (["--keys"], "1", "true", True)]),
    "leave": ("leave", [(["--leave", "x"], "x", '["x"]', ("x",))]),
    "json": ("json", [(["--json"], "1", "true", True)]),
    "events": ("events", [(["--events", "fd:5"], "fd:5", '"fd:5"', "fd:5")]),
    "log-file": ("log_file", [(["--log-file", "/x"], "/x", '"/x"', "/x")]),
    "name": ("name", [(["--name", "x"], "x", '"x"', "x")]),
}
SPECIAL = {"socket"}
"""Not compared here by value."""

WHERE = ("option", "variable", "file")


def read(folder: Path, words: list[str], variables: dict[str, str], file: str | None) -> object:
    """What is settled; click looks for variables in the environment of this process."""
    path = folder / "autorun.toml"
    path.unlink(missing_ok=True)
    if file is not None:
        path.write_text(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("AUTORUN_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        return Configuration(words, os.environ).begin()


def test_every_setting_is_tried_here() -> None:
    assert {one.name for one in cli.settings()} == {*SAID, *SPECIAL}


choices = st.dictionaries(
    st.sampled_from(sorted(SAID)),
    st.dictionaries(st.sampled_from(WHERE), st.integers(0, 2)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(choices, st.booleans())
def test_the_nearest_decides(
    tmp_path: Path, chosen: dict[str, dict[str, int]], underscores: bool
) -> None:
    """An option, then a variable, then the file; and each way to say it means the same."""
    words: list[str] = []
    variables: dict[str, str] = {}
    lines: list[str] = []
    expected: dict[str, tuple[object, str]] = {}
    for name, said in chosen.items():
        field, ways = SAID[name]
        for where in reversed(WHERE):
            if where not in said:
                continue
            typed, variable, literal, value = ways[said[where] % len(ways)]
            if where == "option":
                words += typed
            elif where == "variable":
                variables[f"AUTORUN_{name.replace('-', '_').upper()}"] = variable
            else:
                key = name.replace("-", "_") if underscores else name
                lines.append(f"{key} = {literal}\n")
            expected[name] = value, where
    settled = read(tmp_path, [*words, "x.py"], variables, "".join(lines))
    options, given_ = settled.options, settled.given  # type: ignore[attr-defined]  # not None
    for name, (field, _) in SAID.items():
        value, where = expected.get(name, (None, "default"))
        assert given_.origins[name.replace("-", "_")] == where
        if where != "default":
            assert getattr(options, field) == value, name
    printed = as_toml(given_, settled.table, settled.line)  # type: ignore[attr-defined]
    again = read(tmp_path, [], {}, printed)
    assert again.options.differing(options) == []  # type: ignore[attr-defined]
    assert again.line.words == ("x.py",)  # type: ignore[attr-defined]


def test_of_two_options_that_say_the_same_the_nearer_counts(tmp_path: Path) -> None:
    for words, variables, kept in (
        (["--keep-sockets=any"], {"AUTORUN_NO_KEEP_SOCKETS": "1"}, "any"),
        (["--no-keep-sockets"], {"AUTORUN_KEEP_SOCKETS": "any"}, "none"),
        (["--no-keep-sockets", "--keep-sockets=any"], {}, "none"),
        ([], {"AUTORUN_NO_KEEP_SOCKETS": "1"}, "none"),
    ):
        settled = read(tmp_path, [*words, "x.py"], variables, "keep-sockets = 'python'")
        assert settled.options.keep_sockets == kept  # type: ignore[attr-defined]


def test_without_a_file_and_options_nothing_is_asked_of_click(tmp_path: Path) -> None:
    settled = read(tmp_path, ["x.py"], {}, None)
    assert settled.given is None  # type: ignore[attr-defined]
    assert read(tmp_path, ["x.py"], {}, "").given is not None  # type: ignore[attr-defined]
