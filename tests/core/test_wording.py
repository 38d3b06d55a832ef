"""Sentences as the user reads them."""

import pytest

from autoreload.core import wording, wording_outage, wording_sources
from autoreload.core.keeping import Address
from autoreload.core.packages import Installation
from autoreload.core.trust import Doubt, Why
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
    (
        wording.started("myapp:main", 0, "polling"),
        "myapp:main started, watching what it loads (polling)",
    ),
    (wording.ready(0.034, []), "ready in 34 ms"),
    (wording.ready(0.034, ["http://a:1"], pid=7), "ready in 34 ms, pid 7  http://a:1"),
    (wording.ready(1.25, ["http://a:1", "http://b:2"]), "ready in 1.2 s  http://a:1  http://b:2"),
    (wording.ready(0.2, [], how="warm"), "ready in 200 ms (warm)"),
    (
        wording.ready(0.2, ["http://a:1"], how=wording.cold(f"{ROOT}/a.py is loaded first", ROOT)),
        "ready in 200 ms (cold: a.py is loaded first)  http://a:1",
    ),
    (
        wording.ready(1, [], how=wording.cold("", ROOT)),
        "ready in 1.0 s (cold: nothing is left to go on from)",
    ),
    (wording.warm(PATHS, ROOT, 0.034, []), "shop/views.py changed, ready in 34 ms (warm)"),
    (
        wording.warm(PATHS, ROOT, 0.034, ["http://a:1"], more=13),
        "shop/views.py and 13 more changed, ready in 34 ms (warm)  http://a:1",
    ),
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
    (
        wording.killed(3, ["worker (a.py:3)"], ["7 (sh)", "8 (sh)"]),
        (
            "the app had not stopped after 3.0 s, killed; "
            "still alive: thread worker (a.py:3) and children 7 (sh), 8 (sh)"
        ),
    ),
    (wording.stopped_at_once(), "killed"),
    (
        wording.looped(f"{ROOT}/data/cache.py", ROOT, 5, 3),
        (
            "5 restarts in 3.0 s, each for data/cache.py, which the app writes itself: "
            "ignored from now on (--ignore data/cache.py says so)"
        ),
    ),
    (wording.swept(["7 (sh)", "8 (sh)"]), "ended what the app left behind: 7 (sh), 8 (sh)"),
    (wording.stopped(), "stopped"),
    (
        wording.own_reloader("manage.py runserver", "--noreload"),
        "manage.py runserver: its own reloader is switched off (--noreload)",
    ),
    (wording.no_match("*.toml"), "--watch *.toml matches no file yet"),
    (
        wording_sources.polling("inotify limit reached", 0.5),
        "inotify limit reached, polling every 0.5 s",
    ),
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


def test_a_line_can_be_read_in_a_failure() -> None:
    assert repr(Line("a", "bad")) == "Line('a', 'bad')"


@pytest.mark.parametrize(
    ("doubt", "folders", "expected"),
    [
        (
            Doubt(Why.SILENT, f"{ROOT}/src", value="nfs4"),
            [f"{ROOT}/src/a", f"{ROOT}/src/b"],
            (
                "src is on nfs4, which does not tell of changes made elsewhere: "
                "compared every 0.5 s; on a local disk, a save is noticed at once"
            ),
        ),
        (
            Doubt(Why.SILENT, "/mnt/c", value="9p", is_windows=True),
            [ROOT, f"{ROOT}/src"],
            (
                "this directory is on 9p, which does not tell of changes made elsewhere: "
                "compared every 0.5 s; in Linux's own folders, as ~, a save is noticed at once"
            ),
        ),
        (
            Doubt(Why.LIMIT, "fs.inotify.max_user_watches", value="8192"),
            [f"{ROOT}/a", f"{ROOT}/b", "/elsewhere"],
            (
                "inotify limit max_user_watches (8192) is reached: 3 folders are compared every "
                "0.5 s; raise it: sudo sysctl fs.inotify.max_user_watches=524288, "
                "then start autorun again"
            ),
        ),
        (
            Doubt(Why.LIMIT, "fs.inotify.max_user_watches", value="600000"),
            [f"{ROOT}/a"],
            (
                "inotify limit max_user_watches (600000) is reached: 1 folder is compared every "
                "0.5 s; raise it: sudo sysctl fs.inotify.max_user_watches=1200000, "
                "then start autorun again"
            ),
        ),
        (
            Doubt(Why.LIMIT, "fs.inotify.max_user_instances", value="128"),
            [],
            (
                "inotify limit max_user_instances (128) is reached: everything is compared every "
                "0.5 s; raise it: sudo sysctl fs.inotify.max_user_instances=1024, "
                "then start autorun again"
            ),
        ),
        (
            Doubt(Why.UNANNOUNCED, f"{ROOT}/src/a.py"),
            [f"{ROOT}/src"],
            (
                "src/a.py changed without a file event: from now on src is compared every 0.5 s; "
                "--poll does so from the start"
            ),
        ),
        (
            Doubt(Why.UNWATCHED, "ValueError: torn"),
            [],
            (
                "no file events any more (ValueError: torn): compared every 0.5 s; "
                "starting autorun again tries once more"
            ),
        ),
        (
            Doubt(Why.UNWATCHED, "ValueError: torn"),
            [f"{ROOT}/src"],
            (
                "no file events for src (ValueError: torn): compared every 0.5 s; "
                "starting autorun again tries once more"
            ),
        ),
    ],
)
def test_why_a_part_is_polled(doubt: Doubt, folders: list[str], expected: str) -> None:
    line = wording_sources.doubted(doubt, folders, ROOT, 0.5)
    assert line.text == expected
    assert line.tone == "held"


@pytest.mark.parametrize(
    ("interval_s", "expected"), [(0.5, "0.5"), (0.5796, "0.6"), (2.04, "2"), (0.05, "0.05")]
)
def test_a_pace_is_said_roughly(interval_s: float, expected: str) -> None:
    doubt = Doubt(Why.SILENT, "/mnt", value="nfs")
    text = wording_sources.doubted(doubt, ["/mnt/a"], ROOT, interval_s).text
    assert f"compared every {expected} s;" in text


def test_an_overflow_names_its_limit() -> None:
    assert wording_sources.overflow(16384).text == (
        "more file events at once than are kept (max_queued_events is 16384), "
        "compared everything; raise it: sudo sysctl fs.inotify.max_queued_events=65536"
    )


WEB = Address(2, "127.0.0.1", 8000)
PATH = Address(1, "/run/me/app.sock")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            wording_outage.in_use(WEB, 3777, "python -m http.server 8000", "~/x"),
            (
                "port 8000 is in use by pid 3777 (python -m http.server 8000, in ~/x): "
                "stop it (kill 3777) or choose another port; "
                "autorun starts again when the port is free"
            ),
        ),
        (
            wording_outage.in_use(PATH, 3777, "nc -lU app.sock", again=False),
            (
                "/run/me/app.sock is in use by pid 3777 (nc -lU app.sock): "
                "stop it (kill 3777) or choose another path"
            ),
        ),
        (
            wording_outage.in_use_by_leftover(WEB, 7, "python app.py"),
            (
                "port 8000 is in use by pid 7 (python app.py), left over from an earlier autorun: "
                "stop it (kill 7); autorun starts again when the port is free"
            ),
        ),
        (
            wording_outage.in_use_by_autorun(WEB, 7, "autorun app.py"),
            (
                "port 8000 is in use by another autorun of this project (pid 7): "
                "stop it (kill 7) or choose another port; "
                "autorun starts again when the port is free"
            ),
        ),
        (
            wording_outage.in_use_by_autorun(WEB, 7, "autorun app.py", "~/other", again=False),
            (
                "port 8000 is in use by another autorun (pid 7, autorun app.py, in ~/other): "
                "stop it (kill 7) or choose another port"
            ),
        ),
        (
            wording_outage.in_use_by_app(WEB, 7, "python app.py"),
            "port 8000 is in use by this app itself, pid 7 (python app.py)",
        ),
        (
            wording_outage.in_use_by_user(WEB, "root", again=False),
            (
                "port 8000 is in use by a process of root, "
                "which sudo ss -ltnp sport = :8000 names: choose another port"
            ),
        ),
        (
            wording_outage.in_use_by_user(PATH, "root", again=False),
            "/run/me/app.sock is in use by a process of root: choose another path",
        ),
        (
            wording_outage.in_use_by_unseen(WEB, again=False),
            (
                "port 8000 is in use by a process that cannot be seen from here, "
                "in a container perhaps: choose another port"
            ),
        ),
        (
            wording_outage.in_use_by_nobody(WEB, again=False),
            (
                "port 8000 is in use, though nobody listens there, "
                "connections of an ended program may remain: wait or choose another port"
            ),
        ),
        (
            wording_outage.in_use_by_unknown(WEB, again=False),
            "port 8000 is in use (lsof -nP -iTCP:8000 names it): choose another port",
        ),
        (
            wording_outage.in_use_by_file(PATH),
            (
                "/run/me/app.sock is in use by a file that nobody listens at any more: "
                "remove it (rm /run/me/app.sock); autorun starts again when the path is free"
            ),
        ),
        (wording_outage.free_again(WEB), "port 8000 is free, starting again"),
        (
            wording_outage.still_in_use(WEB, 600),
            "port 8000 is still in use after 10 min 0 s, waiting for a change",
        ),
    ],
)
def test_an_address_in_use(line: Line, text: str) -> None:
    assert line.text == text


@pytest.mark.parametrize(
    ("path", "home", "expected"),
    [
        ("/home/me/x", "/home/me", "~/x"),
        ("/home/me", "/home/me", "~"),
        ("/home/mee", "/home/me", "/home/mee"),
        ("/srv", "", "/srv"),
        ("", "/home/me", ""),
    ],
)
def test_folder_shown(path: str, home: str, expected: str) -> None:
    assert wording_outage.folder_shown(path, home) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (3, "app.py ended with exit code 3; its output is in the terminal"),
        (-9, "app.py was killed by SIGKILL; its output is in the terminal"),
        (-64, "app.py was killed by signal 64; its output is in the terminal"),
    ],
)
def test_how_an_app_ended_on_its_page(code: int, expected: str) -> None:
    assert wording_outage.ended_on_page("app.py", code) == expected
