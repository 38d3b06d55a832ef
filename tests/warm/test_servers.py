"""Frameworks and servers that are restarted warm: what they import is imported once."""

import sys

import pytest

from tests.driver import App, free_port
from tests.slow import SLOW

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")


ASGI = """\
import slow
import quick

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        body = f"{slow.BORN} value {quick.VALUE} here 1".encode()
        await send({"type": "http.response.body", "body": body})
"""

FLASK = """\
import slow
import flask
import quick

app = flask.Flask(__name__)

@app.get("/")
def index():
    return f"{slow.BORN} value {quick.VALUE} here 1"
"""


def edited_warm(app: App, port: int, file: str) -> None:
    """Edit a module and the program itself; the slow module is not imported again."""
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    first = app.wait_answer(port, "value 1").split()[0]
    for number in (2, 3):
        app.edit("quick.py", f"VALUE = {number}\n")
        assert app.wait_answer(port, f"value {number}").split()[0] == first
    for number in (2, 3):
        app.replace(file, f"here {number - 1}", f"here {number}")
        assert app.wait_answer(port, f"here {number}").split()[0] == first
    assert app.count(r"\(cold: ") == 0, app.said()


@pytest.mark.parametrize(
    ("line", "file", "text"),
    [
        ("uvicorn main:app --port PORT", "main.py", ASGI),
        ("-m uvicorn main:app --port PORT --loop uvloop", "main.py", ASGI),
        ("flask --app shop run --port PORT", "shop.py", FLASK),
        ("flask --app shop --debug run --port PORT", "shop.py", FLASK),
    ],
)
def test_servers_are_restarted_warm(app: App, line: str, file: str, text: str) -> None:
    port = free_port()
    app.write(file, text)
    app.write("slow.py", SLOW)
    app.write("quick.py", "VALUE = 1\n")
    app.start("--warm", "--verbose", *line.replace("PORT", str(port)).split())
    edited_warm(app, port, file)
    assert app.stop_leaves_nothing(port) == 0


def test_django_is_restarted_warm(app: App) -> None:
    app.copy_sample()
    settings = (app.project / "sample" / "settings.py").read_text()
    app.write("sample/settings.py", f"{SLOW}{settings}")
    views = (app.project / "shop" / "views.py").read_text()
    shows = "import sample.settings\nTITLE = sample.settings.BORN + ' Corner shop 1' #"
    app.write("shop/views.py", views.replace("TITLE =", shows, 1))
    port = free_port()
    app.start("--warm", "--verbose", "manage.py", "runserver", str(port))
    found = app.wait_answer(port, "Corner shop 1")
    first = found.partition(" Corner shop 1")[0][-8:]
    for number in (2, 3):
        app.replace("shop/views.py", f"shop {number - 1}", f"shop {number}")
        app.wait_answer(port, f"{first} Corner shop {number}")
    assert app.count(r"\(cold: ") == 0, app.said()
