"""What a config file may say, and what is said of one that is wrong."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.gitignore import of_option
from autoreload.core.options import OptionsProblem
from autoreload.core.patterns import Patterns
from autoreload.core.settings import Setting, Table, anchored, checked, line_of, words

SETTINGS = [
    Setting("watch", "texts"),
    Setting("quiet", "flag"),
    Setting("reload", "flag", opposites=["no-reload", "noreload"]),
    Setting("stop-timeout", "seconds"),
    Setting("poll", "seconds", least=0.01, alone=0.5),
    Setting("color", "choice", choices=["auto", "never"]),
    Setting(
        "keep-sockets",
        "choice",
        choices=["auto", "any", "none"],
        alone="auto",
        denied="none",
        opposites=["no-keep-sockets"],
    ),
    Setting("python", "text"),
]


def table(name: str = "autorun.toml", text: str = "", **values: object) -> Table:
    named = {key.replace("__", "-"): value for key, value in values.items()}
    return Table(f"/p/{name}", named, text)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("watch", "a", ("a",)),
        ("watch", ["a", "b c"], ("a", "b c")),
        ("watch", [], ()),
        ("quiet", True, True),
        ("stop-timeout", 5, 5.0),
        ("stop_timeout", 0.5, 0.5),
        ("poll", True, 0.5),
        ("poll", False, None),
        ("poll", 2, 2.0),
        ("color", "never", "never"),
        ("keep-sockets", "any", "any"),
        ("keep_sockets", True, "auto"),
        ("keep-sockets", False, "none"),
        ("python", "3.12", "3.12"),
        ("target", "manage.py runserver -v 2", ("manage.py", "runserver", "-v", "2")),
        ("target", ["a b.py", "c d"], ("a b.py", "c d")),
        ("target", "-- node 'a b.js'", ("--", "node", "a b.js")),
    ],
)
def test_a_good_value_is_taken(key: str, value: object, found: object) -> None:
    assert checked(Table("/p/autorun.toml", {key: value}), SETTINGS) == {
        key.replace("-", "_"): found
    }


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("wacht", "a", "no setting 'wacht', did you mean 'watch'?"),
        ("stop_timout", 1, "no setting 'stop_timout', did you mean 'stop-timeout'?"),
        ("targte", "a", "no setting 'targte', did you mean 'target'?"),
        ("zzz", "a", "no setting 'zzz'; autorun --print-config has all"),
        ("no-reload", True, "'no-reload' is written reload = false"),
        ("noreload", True, "'noreload' is written reload = false"),
        ("no_keep_sockets", True, "'no_keep_sockets' is written keep-sockets = false"),
        ("tool", {}, "the settings stand in this file without [tool.autorun]"),
        ("watch", 1, "watch wants a text or a list of texts, found 1"),
        ("watch", ["a", 1], "watch wants a text or a list of texts, found a list"),
        ("watch", "a\0b", "watch holds a NUL character"),
        ("quiet", "yes", "quiet wants true or false, found 'yes'"),
        ("quiet", 1, "quiet wants true or false, found 1"),
        ("stop-timeout", "1", "stop-timeout wants a number of seconds, found '1'"),
        ("stop-timeout", True, "stop-timeout wants a number of seconds, found true"),
        ("stop-timeout", -1, "stop-timeout = -1 is not between 0 and 86400 s"),
        ("stop-timeout", float("nan"), "stop-timeout = nan is not between 0 and 86400 s"),
        ("stop-timeout", 10**400, "stop-timeout = that is not between 0 and 86400 s"),
        ("poll", 0, "poll = 0 is not between 0.01 and 86400 s"),
        ("poll", [], "poll wants a number of seconds, true or false, found a list"),
        ("color", "red", "color wants 'auto' or 'never', found 'red'"),
        ("color", True, "color wants 'auto' or 'never', found true"),
        ("python", {}, "python wants a text, found a table"),
        ("python", "x" * 99, None),
        ("quiet", "x" * 99, f"quiet wants true or false, found '{'x' * 38}…"),
        ("target", 1, "target wants a text or a list of texts, found 1"),
        ("target", [1], "target wants a text or a list of texts, found a list"),
        ("target", " ", "target is empty"),
        ("target", [], "target is empty"),
        ("target", "a\0", "target holds a NUL character"),
        ("target", "a 'b", "target cannot be split: no closing quotation"),
    ],
)
def test_a_bad_value_is_one_sentence(key: str, value: object, sentence: str | None) -> None:
    tried = Table("/p/autorun.toml", {key: value})
    if sentence is None:
        assert checked(tried, SETTINGS)
        return
    with pytest.raises(OptionsProblem) as problem:
        checked(tried, SETTINGS)
    assert str(problem.value) == f"autorun.toml: {sentence}"


def test_a_setting_is_not_there_twice() -> None:
    twice = Table("/p/autorun.toml", {"stop-timeout": 1, "stop_timeout": 1})
    with pytest.raises(OptionsProblem, match="'stop_timeout' is there already"):
        checked(twice, SETTINGS)


TEXT = """\
watch = "elsewhere"

[project]
watch = "not ours"

[tool.autorun]
# watch = "no longer"
  'quiet'=1
watch = [
    "a",
]
[tool.autorun.apps]
color = "x"
[tool.other]
python = 3
"""


@pytest.mark.parametrize(
    ("key", "header", "line"),
    [
        ("watch", "", 1),
        ("watch", "tool.autorun", 9),
        ("quiet", "tool.autorun", 8),
        ("apps", "tool.autorun", 12),
        ("color", "tool.autorun", None),
        ("python", "tool.autorun", None),
        ("project", "", 3),
    ],
)
def test_a_key_is_found_on_its_line(key: str, header: str, line: int | None) -> None:
    assert line_of(key, TEXT, header) == line


def test_a_complaint_names_file_and_line() -> None:
    with pytest.raises(OptionsProblem, match=r"pyproject\.toml:8: quiet wants"):
        checked(table("pyproject.toml", TEXT, quiet=1), SETTINGS)


@given(st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1), min_size=1))
def test_a_target_may_be_a_list_or_its_words_as_typed(target: list[str]) -> None:
    import shlex

    assert words(target) == words(shlex.join(target)) == tuple(target)


# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("python", "python3.12", "python3.12"),
        ("python", ".venv/bin/python", "/p/.venv/bin/python"),
        ("python", "/usr/bin/python", "/usr/bin/python"),
        ("python", "~/bin/python", "~/bin/python"),
        ("python", None, None),
        ("socket", ("8000", "./a.sock", "[::1]:8000"), ("8000", "/p/a.sock", "[::1]:8000")),
        ("explain", "a.py", "/p/a.py"),
        ("explain", "./a.py", "/p/a.py"),
        ("explain", "", ""),
        ("watch", ("a", "*.py", "a/*.py", "/a", "~/b", ""), None),
        ("quiet", True, True),
    ],
)
def test_a_relative_path_is_anchored(field: str, value: object, found: object) -> None:
    if field == "watch":
        found = ("/p/a", "/p/**/*.py", "/p/a/*.py", "/a", "~/b", "")
    assert anchored({field: value}, "/p") == {field: found}
    assert anchored(anchored({field: value}, "/p"), "/q") == {field: found}


@pytest.mark.parametrize("folder", ["/p", "/", "/a [b]*?", "/p/q"])
@pytest.mark.parametrize(
    ("pattern", "below"),
    [("*.py", "x/y.py"), ("a/*.py", "a/y.py"), ("data", "data/x"), ("a/**/b", "a/c/d/b")],
)
def test_an_anchored_glob_means_the_same_files(folder: str, pattern: str, below: str) -> None:
    path = os.path.join(folder, below)
    assert Patterns([pattern], folder).match(path)
    moved = anchored({"watch": (pattern,)}, folder)["watch"]
    assert isinstance(moved, tuple)
    for root in ("/elsewhere", folder):
        assert Patterns(moved, root).match(path)
        assert not Patterns(moved, root).match(f"/none/{below}.no")


@pytest.mark.parametrize("folder", ["/p", "/a [b]*?", "/p/q"])
@pytest.mark.parametrize(
    ("patterns", "ignored", "kept"),
    [
        (("*.log",), "x/y.log", "x/y.py"),
        (("a/*.py",), "a/y.py", "b/a/y.py"),
        (("/a",), "a", "b/a"),
        (("build/",), "x/build/y", "x/y"),
        (("*.log", "!keep.log"), "x.log", "x/keep.log"),
        (("# no", "", "*.x"), "a.x", "# no"),
    ],
)
def test_anchored_ignores_mean_the_same_files(
    folder: str, patterns: tuple[str, ...], ignored: str, kept: str
) -> None:
    moved = anchored({"ignore": patterns}, folder)["ignore"]
    assert isinstance(moved, tuple)
    for rules, root in ((patterns, folder), (moved, "/elsewhere"), (moved, f"{folder}/sub")):
        assert of_option(rules, root).match(f"{folder}/{ignored}")
        assert not of_option(rules, root).match(f"{folder}/{kept}")
