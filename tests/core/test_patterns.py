"""Globs against paths: what each letter means, where a pattern begins, and what is no pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.patterns import Patterns, expression

ROOT = "/home/me/project"


def matches(pattern: str, path: str) -> bool:
    """`path` is below the root unless it is absolute."""
    return Patterns([pattern], ROOT).match(path if path.startswith("/") else f"{ROOT}/{path}")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        # without a slash: a name at any depth
        ("a.py", "a.py"),
        ("a.py", "deep/er/a.py"),
        ("*.py", "a.py"),
        ("*.py", "deep/er/a.py"),
        ("?.py", "a.py"),
        ("*.html", "/elsewhere/page.html"),
        # with one: from the root
        ("src/*.py", "src/a.py"),
        ("./a.py", "a.py"),
        ("src/./a.py", "src/a.py"),
        ("src//a.py", "src/a.py"),
        ("../shared/*.py", "/home/me/shared/a.py"),
        ("../../you", "/home/you/a.py"),
        ("/etc/*.conf", "/etc/a.conf"),
        ("/etc/../var/./log", "/var/log/a"),
        ("src/../data", "data/a.json"),
        # any number of folders
        ("src/**/a.py", "src/a.py"),
        ("src/**/a.py", "src/deep/a.py"),
        ("src/**/a.py", "src/deep/er/a.py"),
        ("**/a.py", "a.py"),
        ("**/a.py", "deep/er/a.py"),
        ("src/**", "src/a.py"),
        ("src/**", "src/deep/er/a.py"),
        ("src/**.py", "src/deep/er/a.py"),
        ("a**/b.py", "ab/b.py"),
        ("/**/a.py", "/a.py"),
        # a folder means all that is in it
        ("build", "build/a.py"),
        ("build", "deep/build/er/a.py"),
        ("build/", "build/a.py"),
        ("src/gen", "src/gen/deep/a.py"),
        ("src/gen/", "src/gen/deep/a.py"),
        ("/etc", "/etc/a.conf"),
        (".", "a.py"),
        ("./", "deep/a.py"),
        ("..", "/home/me/other/a.py"),
        ("*.d", "rules.d/deep/a"),
        # classes
        ("[abc].py", "b.py"),
        ("[a-c].py", "b.py"),
        ("[!a-c].py", "d.py"),
        ("[^a-c].py", "d.py"),
        ("[]].py", "].py"),
        ("[!]].py", "a.py"),
        ("[]a].py", "a.py"),
        ("[a-].py", "-.py"),
        ("[-a].py", "-.py"),
        ("[a^].py", "^.py"),
        ("[[].py", "[.py"),
        ("[a&&b].py", "&.py"),
        ("[a||b~~c].py", "|.py"),
        ("[\\d].py", "d.py"),
        # letters that are something else elsewhere
        ("a+b.py", "a+b.py"),
        ("a(b){2}.py", "a(b){2}.py"),
        ("a$^|.py", "a$^|.py"),
        ("\ta b\n.py", "\ta b\n.py"),
        ("\udcff.py", "\udcff.py"),
        # no class: the letters themselves
        ("[z-a].py", "[z-a].py"),
        ("[z-a]*.py", "deep/[z-a]b.py"),
        ("[", "["),
        ("[]", "[]"),
        ("[!]", "[!]"),
        ("a[b.py", "a[b.py"),
    ],
)
def test_matches(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.py", "ba.py"),
        ("a.py", "a.pyc"),
        ("a.py", "aXpy"),
        ("*.py", "a.py.txt"),
        ("?.py", ".py"),
        ("?.py", "ab.py"),
        ("src/*.py", "src/deep/a.py"),
        ("src/*.py", "deep/src/a.py"),
        ("src/*.py", "/elsewhere/src/a.py"),
        ("./a.py", "deep/a.py"),
        ("src?a.py", "src/a.py"),
        ("src/**/a.py", "src/deep/b.py"),
        ("src/**/a.py", "src/deepa.py"),
        ("a**/b.py", "ab.py"),
        ("src/**", "srcs/a.py"),
        ("build", "builder/a.py"),
        ("build", "rebuild/a.py"),
        (".", "/home/me/other.py"),
        (".", "/home/me/project2/a.py"),
        ("..", "/home/a.py"),
        ("[abc].py", "d.py"),
        ("[!a-c].py", "b.py"),
        ("[!]].py", "].py"),
        ("src[!a]a.py", "src/a.py"),
        ("src[+-9]a.py", "src/a.py"),
        ("[z-a].py", "z.py"),
        ("", "a.py"),
        ("A.py", "a.py"),
    ],
)
def test_does_not_match(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


def test_one_of_several_is_enough() -> None:
    patterns = Patterns(["*.html", "src/*.py"], ROOT)
    assert patterns.match(f"{ROOT}/src/a.py")
    assert patterns.match(f"{ROOT}/a.html")
    assert not patterns.match(f"{ROOT}/a.py")
    assert not Patterns([], ROOT).match(f"{ROOT}/a.py")


def test_a_root_is_no_pattern() -> None:
    assert Patterns(["src/*.py"], "/odd [a+b]*").match("/odd [a+b]*/src/a.py")
    assert not Patterns(["src/*.py"], "/odd [a+b]*").match("/odd a/src/a.py")


@pytest.mark.parametrize("root", ["/", "/home/me/", "/home/me"])
def test_a_root_with_or_without_a_slash(root: str) -> None:
    path = f"{root.rstrip('/')}/src/a.py"
    assert Patterns(["src/a.py"], root).match(path)
    assert Patterns(["."], root).match(path)


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert matches("~/lib/*.py", "/home/me/lib/a.py")
    assert matches("a~", "deep/a~")


letters = st.text(st.sampled_from("ab*?[]!^-/\\.~&|+({\n\udcff"), max_size=12)


@given(letters, letters)
def test_every_pattern_means_something(pattern: str, path: str) -> None:
    """`[z-a]` ended autorun with a traceback, `[a&&b]` with a warning."""
    Patterns([pattern], ROOT).match(f"{ROOT}/{path}")
    re.compile(expression(pattern, "/"))


@given(letters, letters)
def test_every_folder_above_what_is_named_leads_to_it(pattern: str, path: str) -> None:
    patterns = Patterns([pattern], ROOT)
    whole = f"{ROOT}/{path}"
    if patterns.match(whole):
        folders = [whole[:at] for at, letter in enumerate(whole) if letter == "/"]
        assert [folder for folder in folders if not patterns.leads(folder)] == []


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("/etc/hosts", "/etc", True),
        ("/etc/hosts", "/etc/ssl", False),
        ("/etc/*.d", "/etc/conf.d", True),
        ("/etc/*.d", "/etc/conf.d/deep", True),
        ("/etc/*.d", "/etc/conf", False),
        ("src/*/a.py", f"{ROOT}/src/deep", True),
        ("src/*/a.py", f"{ROOT}/src/deep/er", False),
        ("src/**/a.py", f"{ROOT}/src/deep/er", True),
        ("src/a**b/c", f"{ROOT}/src/a/er", True),
        ("src/[a/b]/c", f"{ROOT}/src/a", True),
        ("src/[]/]/c", f"{ROOT}/src/]", True),
        ("*.py", "/anywhere", True),
        ("/", "/anywhere", True),
        ("/**/a.py", "/", True),
        ("/etc/../var/log", "/var", True),
        ("", "/etc", False),
    ],
)
def test_which_folders_lead_to_what_is_named(pattern: str, folder: str, expected: bool) -> None:
    assert Patterns([pattern], ROOT).leads(folder) is expected


plain = st.text(st.sampled_from("ab.-+ ({$\udcff"), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(plain, min_size=1, max_size=4), st.lists(plain, max_size=3))
def test_a_plain_path_means_itself_and_what_is_in_it(above: list[str], below: list[str]) -> None:
    pattern = "/".join(above)
    assert matches(pattern, "/".join(above + below))
    assert matches(f"./{pattern}", "/".join(above + below))
    assert matches(f"{ROOT}/{pattern}", "/".join(above + below))
    assert matches(f"**/{pattern}", "/".join(below + above))
    assert not matches(pattern, f"{pattern}x")


@given(st.lists(plain, min_size=1, max_size=4))
def test_a_star_stays_in_its_folder(parts: list[str]) -> None:
    path = "/".join(parts)
    assert matches(f"./{'/'.join('*' for _ in parts)}", path)
    assert not matches(f"./{'/'.join('*' for _ in parts)}/*", path)
    assert matches("./**", path)
