"""Sentences as the user reads them."""

import pytest

from autoreload.core import wording
from autoreload.core.decisions import Broken
from autoreload.core.packages import Installation
from autoreload.core.wording import Line

ROOT = "/home/me/project"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "0 ms"),
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.034, "34 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (1.34, "1.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (60, "1 min 0 s"),
        (125.4, "2 min 5 s"),
        (3599.7, "60 min 0 s"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert wording.duration(seconds) == expected


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        (f"{ROOT}/a.py", ROOT, "a.py"),
        (f"{ROOT}/shop/a.py", f"{ROOT}/", "shop/a.py"),
        ("/home/me/project2/a.py", ROOT, "/home/me/project2/a.py"),
        (ROOT, ROOT, ROOT),
        ("/a.py", "/", "/a.py"),
        ("C:\\me\\a.py", "C:\\me", "a.py"),
        (f"{ROOT}/a\nb\x1b[2J\x9b.py", ROOT, "a\\nb\\x1b[2J\\x9b.py"),
        (f"{ROOT}/größe \udce9\u200b.py", ROOT, "größe \udce9\u200b.py"),
    ],
)
def test_path_shown(path: str, root: str, expected: str) -> None:
    assert wording.path_shown(path, root) == expected


def test_counted() -> None:
    assert [wording.counted(number, "file") for number in (0, 1, 2)] == [
        "0 files",
        "1 file",
        "2 files",
    ]


@pytest.mark.parametrize(
    ("paths", "more", "expected"),
    [
        ([], 0, "a file"),
        ([f"{ROOT}/a.py"], 0, "a.py"),
        ([f"{ROOT}/a.py", f"{ROOT}/b.py"], 0, "a.py and 1 more"),
        ([f"{ROOT}/a.py", f"{ROOT}/b.py"], 7, "a.py and 8 more"),
        ([f"{ROOT}/a.py"], 3, "a.py and 3 more"),
    ],
)
def test_names(paths: list[str], more: int, expected: str) -> None:
    assert wording.names(paths, ROOT, more=more) == expected


PATHS = [f"{ROOT}/shop/views.py"]

LINES = [
    (
        wording.started("myapp:main", 7, "inotify"),
        "myapp:main started, pid 7, watching what it loads (inotify)",
    ),
    (
        wording.command_started("node", 7, "/a"),
        "node started, pid 7, watching the files below /a",
    ),
    (wording.ready(0.034, []), "ready in 34 ms"),
    (wording.ready(1.25, ["http://a:1", "http://b:2"]), "ready in 1.2 s  http://a:1  http://b:2"),
    (wording.changed(PATHS, ROOT), "shop/views.py changed, restarting"),
    (wording.changed(PATHS, ROOT, more=2), "shop/views.py and 2 more changed, restarting"),
    (
        wording.unanswered(PATHS, ROOT),
        "shop/views.py changed and the app does not react, restarting",
    ),
    (wording.refreshed(PATHS, ROOT, "Django"), "shop/views.py changed, Django reads it again"),
    (wording.same(PATHS, ROOT), "shop/views.py written with the same content, nothing to do"),
    (wording.unheld(), "the files are as they were, the running code is current"),
    (wording.ended(0, 1.3), "finished in 1.3 s, exit code 0, waiting for a change"),
    (wording.ended(0, 1.3, waiting=False), "finished in 1.3 s, exit code 0"),
    (wording.ended(3, 0.2), "failed after 200 ms, exit code 3, waiting for a change"),
    (wording.ended(-9, 0.2, waiting=False), "killed by SIGKILL after 200 ms"),
    (wording.ended(-64, 2), "killed by signal 64 after 2.0 s, waiting for a change"),
    (wording.unusable("no module named 'a'", waiting=False), "no module named 'a'"),
    (
        wording.unusable("no module named 'a'", waiting=True),
        "no module named 'a'; waiting for a change",
    ),
    (wording.slow_stop("SIGINT", [], []), "waiting for the app to stop (SIGINT sent)"),
    (
        wording.slow_stop("SIGINT", ["worker (a.py:3)"], []),
        "waiting for the app to stop (SIGINT sent), kept by thread worker (a.py:3)",
    ),
    (
        wording.slow_stop("SIGTERM", ["a", "b"], ["7 (sh)"]),
        "waiting for the app to stop (SIGTERM sent), kept by threads a, b and child 7 (sh)",
    ),
    (
        wording.slow_stop("SIGTERM", [], ["7 (sh)", "8 (sh)"]),
        "waiting for the app to stop (SIGTERM sent), kept by children 7 (sh), 8 (sh)",
    ),
    (wording.killed(3), "the app had not stopped after 3.0 s, killed"),
    (wording.swept(["7 (sh)", "8 (sh)"]), "ended what the app left behind: 7 (sh), 8 (sh)"),
    (wording.stopped(), "stopped"),
    (
        wording.own_reloader("manage.py runserver", "--noreload"),
        "manage.py runserver: its own reloader is switched off (--noreload)",
    ),
    (wording.no_match("*.toml"), "--watch *.toml matches no file yet"),
    (wording.polling("inotify limit reached", 0.5), "inotify limit reached, polling every 0.5 s"),
    (
        wording.untraced(["gunicorn"]),
        "gunicorn cannot be followed, watching every *.py below this directory",
    ),
    (
        wording.too_many_files("", 34_512, 20_000, is_more=False),
        "34,512 files here, watching 20,000; name what matters by --watch",
    ),
    (
        wording.too_many_files("/", 100_000, 20_000, is_more=True),
        "--watch / leads to more than 100,000 files, watching 20,000; name fewer",
    ),
    (
        wording.installed([Installation("requests", "2.31", "2.32")]),
        "requests 2.31 → 2.32 was installed, restarting",
    ),
    (
        wording.installed([Installation("six", "1.0", "1.0")]),
        "six 1.0 was installed again, restarting",
    ),
    (
        wording.installed([Installation("six", "", "1.0"), Installation("pip", "1", "2")]),
        "six 1.0 and 1 more were installed, restarting",
    ),
    (wording.installed([Installation("mine", "", "")]), "mine was installed, restarting"),
]


@pytest.mark.parametrize(("line", "text"), LINES, ids=[text for _, text in LINES])
def test_sentence(line: Line, text: str) -> None:
    assert line.text == text


def test_sentences_have_one_manner() -> None:
    for line, _ in LINES:
        assert not line.text.endswith("."), line
        assert "\n" not in line.text
        assert line.tone in ("plain", "good", "held", "bad", "dim")


@pytest.mark.parametrize(
    ("source", "column", "shown", "above"),
    [
        ("x = (\n", 5, "x = (", "("),
        ("    x = (\n", 9, "x = (", "("),
        ("\tx = (\n", 6, "x = (", "("),
        ("if a:\tx = (\n", 11, "if a:   x = (", "("),
        ("x = 1 1\r\n", 7, "x = 1 1", "1"),
        ("x\n  = '''\n", 1, "x", "x"),
    ],
)
def test_the_caret_stands_below_the_error(source: str, column: int, shown: str, above: str) -> None:
    """A tab counts as one column for the compiler and as several on the screen."""
    broken = Broken(f"{ROOT}/a.py", 3, column, "SyntaxError", "bad", source)
    first, text, caret = wording.held(broken, ROOT)
    assert first.text == "a.py:3: SyntaxError: bad. Held, the previous code keeps running"
    assert text.text == f"    {shown}"
    assert caret.text.strip() == "^"
    assert text.text[caret.text.index("^")] == above


@pytest.mark.parametrize("column", [-5, 0, 1, 6, 99])
def test_the_caret_stays_near_the_line(column: int) -> None:
    broken = Broken("/a.py", 1, column, "SyntaxError", "bad", "  x = (\n")
    _, text, caret = wording.held(broken, ROOT)
    assert 4 <= caret.text.index("^") <= len(text.text)


def test_an_error_without_a_place_is_one_line() -> None:
    broken = Broken(f"{ROOT}/a.py", 0, 0, "ValueError", "null bytes", " \n")
    assert [line.text for line in wording.held(broken, ROOT)] == [
        "a.py: ValueError: null bytes. Held, the previous code keeps running"
    ]


def test_a_line_can_be_read_in_a_failure() -> None:
    assert repr(Line("a", "bad")) == "Line('a', 'bad')"
