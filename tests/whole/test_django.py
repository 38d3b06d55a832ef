"""Django's own project layout under autorun: every kind of edit, and only one reloader."""

import struct
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.driver import App, free_port

GERMAN = {"Accept-Language": "de"}

STATE = """

def state(request: HttpRequest) -> HttpResponse:
    from django.conf import settings

    from . import models

    return HttpResponse(f"{TITLE}, {getattr(models, 'MARK', '-')}, {settings.TIME_ZONE}")


def newest(request: HttpRequest) -> HttpResponse:
    from django.template.loader import select_template

    return HttpResponse(select_template(["shop/new.html", "shop/shelf.html"]).render())
"""


def start(app: App, *words: str, env: Mapping[str, str] | None = None) -> int:
    """Start the sample with two further pages; the port."""
    app.copy_sample()
    views = (app.project / "shop/views.py").read_text()
    app.write("shop/views.py", views + STATE)
    urls = (app.project / "shop/urls.py").read_text()
    more = 'path("state/", views.state), path("newest/", views.newest),\n]'
    app.write("shop/urls.py", urls.replace("\n]", f"\n    {more}"))
    port = free_port()
    app.start(*(word.replace("PORT", str(port)) for word in words), env=env)
    app.wait_answer(port, "Fresh every morning")
    return port


def compiled(messages: Mapping[str, str]) -> bytes:
    """The bytes of a .mo file: tables of the originals and translations, then the texts."""
    head = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = sorted({"": head, **messages}.items())
    texts = [one.encode() for one, _ in pairs] + [other.encode() for _, other in pairs]
    start = 28 + 8 * len(texts)
    table = b""
    for text in texts:
        table += struct.pack("<II", len(text), start)
        start += len(text) + 1
    number = len(pairs)
    header = struct.pack("<7I", 0x950412DE, 0, number, 28, 28 + 8 * number, 0, 0)
    return header + table + b"".join(text + b"\0" for text in texts)


def test_views_urls_models_and_settings_are_served_anew(app: App) -> None:
    port = start(app, "manage.py", "runserver", "PORT")
    assert app.get(port, "/state/") == "Corner shop, -, UTC"
    app.replace("shop/views.py", "Corner shop", "Corner store")
    app.wait_answer(port, "Corner store, -, UTC", "/state/")
    app.edit("shop/models.py", (app.project / "shop/models.py").read_text() + "\nMARK = 'mark'\n")
    app.wait_answer(port, "Corner store, mark, UTC", "/state/")
    app.replace("sample/settings.py", '"UTC"', '"Asia/Tokyo"')
    app.wait_answer(port, "Corner store, mark, Asia/Tokyo", "/state/")
    app.replace("shop/urls.py", '"state/"', '"now/"')
    app.wait_answer(port, "Corner store, mark, Asia/Tokyo", "/now/")
    assert app.get(port, "/state/").startswith("404")
    app.assert_restarts(4)
    assert app.stop_leaves_nothing(port) == 0


def test_what_django_caches_is_in_the_next_answer_without_a_restart(app: App) -> None:
    port = start(app, "manage.py", "runserver", "PORT")
    assert "Fresh every morning" in app.get(port, "/newest/")
    running = app.wait_running(1)
    app.replace("shop/templates/shop/shelf.html", "<h1>", "<h1>Our ")
    app.wait_answer(port, "<h1>Our Corner shop")
    app.replace("templates/base.html", "</body>", "<p>the foot</p></body>")
    app.wait_answer(port, "<p>the foot</p>")
    (app.project / "shop/templates/shop/new.html").write_text("a new file")
    app.wait_answer(port, "a new file", "/newest/")
    assert "Jeden Morgen frisch" in app.get(port, "/", GERMAN)
    words = {"Fresh every morning": "Täglich frisch"}
    (app.project / "shop/locale/de/LC_MESSAGES/django.mo").write_bytes(compiled(words))
    app.wait_answer(port, "Täglich frisch", Accept_Language="de")
    assert app.wait_running(1) == running, app.said()
    app.wait_for("Django reads it again", times=4)
    assert app.count("changed, (restarting|ready)") == 0


def test_broken_views_are_held_while_the_page_is_served(app: App) -> None:
    port = start(app, "manage.py", "runserver", "PORT")
    running = app.wait_running(1)
    app.replace("shop/views.py", "TITLE = ", "TITLE == (")
    app.wait_for(r"shop/views\.py:\d+:\d+: SyntaxError: .*\. Held, the previous code keeps running")
    assert "Corner shop" in app.get(port)
    assert app.wait_running(1) == running, app.said()
    app.replace("shop/views.py", 'TITLE == ("Corner shop"', 'TITLE = no_name("Corner store")')
    app.wait_for(
        r"shop/views\.py:\d+:\d+: NameError: name 'no_name' is not defined\. "
        r"Crashed \(exit code 1\), waiting for a change"
    )
    app.replace("shop/views.py", "no_name", "str")
    app.wait_answer(port, "Corner store")
    assert "autoreload" not in app.out()
    assert app.stop_leaves_nothing(port) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("manage.py", "runserver", "PORT"),
        (sys.executable, "-W", "default", "manage.py", "runserver", "127.0.0.1:PORT"),
        ("-m", "django", "runserver", "PORT"),
        ("django-admin", "runserver", "--pythonpath", ".", "PORT"),
    ],
    ids=["script", "python", "module", "console script"],
)
def test_there_is_one_reloader(app: App, words: tuple[str, ...]) -> None:
    port = start(app, *words, env={"DJANGO_SETTINGS_MODULE": "sample.settings"})
    app.wait_for("its own reloader is switched off")
    assert app.count(r"runserver: its own reloader is switched off \(--noreload added\)") == 1
    assert app.count("Watching for file changes") == 0  # what Django's own says
    first = app.wait_running(1)
    app.replace("shop/views.py", "Corner shop", "Corner store")
    app.wait_answer(port, "Corner store")
    assert app.wait_running(1) != first
    assert app.count("switched off") == 1
    assert app.stop_leaves_nothing(port) == 0


def test_noreload_of_the_line_is_not_added_again(app: App) -> None:
    port = start(app, "manage.py", "runserver", "--noreload", "PORT")
    app.replace("shop/views.py", "Corner shop", "Corner store")
    app.wait_answer(port, "Corner store")
    assert app.count("switched off") == 0


def test_without_reloading_runserver_is_one_process(app: App) -> None:
    port = start(app, "--noreload", "manage.py", "runserver", "PORT")
    assert app.left() == [app.pid]
    words = Path(f"/proc/{app.pid}/cmdline").read_bytes().split(b"\0")
    assert words[1:-1] == [b"manage.py", b"runserver", b"--noreload", str(port).encode()]
    environment = Path(f"/proc/{app.pid}/environ").read_bytes()
    assert b"RELOAD_ENV" not in environment
    assert b"AUTORUN" not in environment
    assert app.count("switched off") == 1
    app.stop_leaves_nothing(port)


def test_a_management_command_ends_as_without_us(app: App) -> None:
    app.copy_sample()
    app.start("--exit", "manage.py", "check", "shop")
    assert app.wait() == 0
    assert "no issues" in app.out()
    assert app.count("switched off") == 0


def test_gunicorn_with_two_workers_serves_the_edit_from_both(app: App) -> None:
    port = start(app, "gunicorn", "sample.wsgi", "-w", "2", "-b", "127.0.0.1:PORT")
    before = app.wait_running(3)
    app.replace("shop/views.py", "Corner shop", "Corner store")
    app.wait_renewed(before)
    app.wait_answer(port, "Corner store")
    assert app.stop_leaves_nothing(port) == 0
