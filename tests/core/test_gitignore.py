"""Patterns of .gitignore: each rule of gitignore(5) as a table, and git itself as the judge."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoreload.core.gitignore import Ignored, of_option


def ignored(patterns: Sequence[str], path: str) -> bool:
    """Whether patterns in /project ignore a path there; a slash at its end means a folder."""
    made = Ignored()
    made.add(patterns, "/project")
    return made.match(f"/project/{path.rstrip('/')}", is_folder=path.endswith("/"))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        # A blank line matches nothing, and separates.
        ("", (), ("a", " ")),
        # A # begins a comment; a backslash before it ends that.
        ("#a", (), ("#a", "a")),
        ("\\#a", ("#a",), ("a",)),
        ("a#b", ("a#b",), ("a",)),
        # Spaces at the end are left out unless a backslash is before them.
        ("a  ", ("a",), ("a ", "a  ")),
        ("a\\ ", ("a ",), ("a",)),
        ("a\\  ", ("a ",), ("a", "a  ")),
        (" a", (" a",), ("a",)),
        ("a\r", ("a",), ("a\r",)),
        # Without a slash it is a name at any depth.
        ("a", ("a", "b/a", "b/c/a", "a/"), ("ab", "ba", "b")),
        # With one at the start or in the middle it is tied to the folder.
        ("/a", ("a", "a/b"), ("b/a",)),
        ("a/b", ("a/b", "a/b/c"), ("c/a/b",)),
        ("/a/b", ("a/b",), ("c/a/b", "b")),
        # One at the end means folders only, and ties nothing.
        ("a/", ("a/", "b/a/", "a/b", "b/a/c"), ("a", "b/a")),
        ("/a/", ("a/", "a/b"), ("a", "b/a/")),
        # An asterisk matches anything but a slash, a question mark one letter of that.
        ("*", ("a", "a/b", ".a"), ()),
        ("*.log", ("a.log", ".log", "a/b.log"), ("a.logs", "log")),
        ("a*c", ("ac", "abc", "abbc"), ("a/c",)),
        ("a/*", ("a/b", "a/b/c"), ("a", "b/a/c")),
        ("a/*.py", ("a/b.py",), ("a/b/c.py",)),
        ("a?c", ("abc",), ("ac", "a/c", "abbc")),
        # Brackets.
        ("[ab]", ("a", "b"), ("c", "ab")),
        ("[a-c]", ("a", "b", "c"), ("d", "-")),
        ("[!a]", ("b",), ("a",)),
        ("[^a]", ("b",), ("a",)),
        ("a[!b]c", ("adc",), ("abc", "a/c")),
        ("[]a]", ("]", "a"), ("b",)),
        ("[a-]", ("a", "-"), ("b",)),
        ("[[:digit:]]", ("1",), ("a", "d")),
        ("[[:digit:]x]", ("1", "x"), ("a",)),
        ("[[:no:]]", (), ("n", ":")),
        ("[a", (), ("a", "[a")),
        ("[\\]]", ("]",), ("a",)),
        # Two asterisks: at the start, at the end, between slashes; otherwise as one.
        ("**/a", ("a", "b/a", "b/c/a"), ("ab",)),
        ("**/a/b", ("a/b", "c/a/b"), ("a/c/b",)),
        ("a/**", ("a/b", "a/b/c"), ("a", "b/a/c")),
        ("a/b**", ("a/b", "a/bc", "a/b/c"), ("a", "b")),
        ("a/**/b", ("a/b", "a/c/b", "a/c/d/b"), ("b", "ab")),
        ("a**b", ("ab", "acb"), ("a/b",)),
        ("**", ("a", "a/b"), ()),
        # A backslash takes the meaning from the next letter.
        ("\\*", ("*",), ("a",)),
        ("\\a", ("a",), ("\\a",)),
        ("a\\", (), ("a", "a\\")),
        ("\\!a", ("!a",), ("a",)),
        # Letters that only regular expressions know.
        ("a.c", ("a.c",), ("abc",)),
        ("a+", ("a+",), ("aa",)),
        ("(a|b)$", ("(a|b)$",), ("a",)),
        ("é", ("é",), ("e",)),
        ("\udcff", ("\udcff",), ("a",)),
        ("a", ("a/b\nc",), ("b\na",)),
        # Nothing is left of these.
        ("/", (), ("a", "a/")),
        ("!", (), ("a", "!")),
    ],
)
def test_each_rule(pattern: str, yes: Sequence[str], no: Sequence[str]) -> None:
    assert {path: ignored([pattern], path) for path in (*yes, *no)} == {
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
    }


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["*.log", "!keep.log"], "keep.log", False),
        (["*.log", "!keep.log"], "deep/keep.log", False),
        (["*.log", "!keep.log"], "a.log", True),
        (["!keep.log", "*.log"], "keep.log", True),
        (["a", "!a", "a"], "a", True),
        (["!a"], "a", False),
        # What lies in an ignored folder stays ignored.
        (["build/", "!build/keep"], "build/keep", True),
        (["build/*", "!build/keep"], "build/keep", False),
        (["/*", "!/src"], "src/a.py", False),
        (["/*", "!/src"], "lib/a.py", True),
        (["a/", "!a"], "a/b", False),
        (["*", "!*/", "!*.py"], "deep/er/a.py", False),
        (["*", "!*/", "!*.py"], "deep/er/a.txt", True),
    ],
)
def test_the_last_that_matches_decides(patterns: list[str], path: str, expected: bool) -> None:
    assert ignored(patterns, path) == expected


def test_patterns_count_below_their_folder_only_and_deeper_ones_decide() -> None:
    made = Ignored()
    made.add(["*.log", "/a"], "/project")
    made.add(["!*.log", "/b"], "/project/deep")
    matched = ("a", "a.log", "deep/b", "other/a.log")
    free = ("b", "deep/a", "deep/a.log", "deep/er/a.log", "deep/er/b")
    for path in matched:
        assert made.match(f"/project/{path}"), path
    for path in free:
        assert not made.match(f"/project/{path}"), path
    assert not made.match("/elsewhere/a.log")
    assert not made.match("/projects/a.log")


def test_without_a_pattern_it_is_false() -> None:
    made = Ignored()
    made.add(["", "# nothing"], "/project")
    assert not made
    assert not made.match("/project/a")
    made.add(["a"], "/")
    assert made
    assert made.match("/project/a")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.log", ("/project/a.log", "/project/deep/a.log"), ("/elsewhere/a.log",)),
        ("/a", ("/project/a", "/a"), ("/project/deep/a",)),
        ("/project/a", ("/project/a", "/project/a/b"), ("/project/deep/a", "/a")),
        ("/elsewhere/*.py", ("/elsewhere/a.py",), ("/elsewhere/deep/a.py", "/project/a.py")),
        ("src/", ("/project/src/a.py",), ("/project/src",)),
    ],
)
def test_of_an_option(pattern: str, yes: Sequence[str], no: Sequence[str]) -> None:
    made = of_option([pattern], "/project")
    assert {path: made.match(path) for path in (*yes, *no)} == {
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
    }


def test_options_take_back_what_options_ignore() -> None:
    made = of_option(["*.log", "!keep.log"], "/project")
    assert made.match("/project/a.log")
    assert not made.match("/project/keep.log")


ATOMS = (
    *("a", "b", "ab", "c.py", ".", "-", " ", "x ", "!", "#a"),
    *("*", "**", "?", "*.py", "a*"),
    *("[ab]", "[a-c]", "[!a]", "[^b]", "[]a]", "[a-]", "[a", "[\\]]", "[[:alpha:]]", "[[:no:]]"),
    *("\\", "\\a", "\\ ", "\\!", "\\#a", "\\*"),
)
NAMES = ("a", "b", "ab", "ba", "c.py", "x", "aa", "cab", "#a", "!a", "a ", "-", "*", "]")

parts = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=2).map("".join)
patterns = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(parts, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "", "/"]),
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty one; which of the paths are folders is unknown to it, so none is."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def judged(repository: Path, lines: list[str], asked: list[str]) -> dict[str, bool]:
    """What git says: the last pattern that matched, which may be one that takes back."""
    (repository / ".gitignore").write_text("\n".join(lines) + "\n")
    words = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n"],
        input="\0".join(asked) + "\0",
        capture_output=True,
        text=True,
        check=False,  # 1 when none is ignored
    ).stdout.split("\0")
    return {
        words[place + 3]: bool(words[place + 2]) and not words[place + 2].startswith("!")
        for place in range(0, len(words) - 1, 4)
    }


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(patterns, min_size=1, max_size=4),
    st.lists(paths, min_size=15, max_size=25, unique=True),
)
def test_as_git_decides(repository: Path, lines: list[str], asked: list[str]) -> None:
    made = Ignored()
    made.add(lines, str(repository))
    expected = judged(repository, lines, asked)
    assert {path: made.match(f"{repository}/{path}") for path in asked} == expected
