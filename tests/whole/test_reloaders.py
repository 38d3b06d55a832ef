"""Commands that bring a reloader of their own are given exactly one: ours."""

import re

import pytest

from tests.driver import App, free_port

WSGI = """\
from words import GREETING


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [GREETING.encode()]
"""

ASGI = """\
from words import GREETING


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("http only")
    headers = [(b"content-length", b"%d" % len(GREETING))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": GREETING.encode()})
"""

FLASK = """\
from flask import Flask

from words import GREETING

app = Flask(__name__)


@app.get("/")
def index():
    return GREETING
"""

SANIC = """\
from sanic import Sanic, text

from words import GREETING

app = Sanic("greeter")


@app.get("/")
async def index(request):
    return text(GREETING)
"""

FLASK_MAIN = """

if __name__ == "__main__":
    app.run(port=PORT, debug=True)
"""

WERKZEUG_MAIN = """

if __name__ == "__main__":
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", PORT, app, use_reloader=True)
"""

UVICORN_MAIN = """
import uvicorn

if __name__ == "__main__":
    uvicorn.run("asgi:app", port=PORT, reload=True)
"""

UVICORN_CALLABLE = """
import uvicorn


def main():
    uvicorn.run("asgi:app", port=PORT, reload=True)
"""

FILES = {
    "wsgi.py": WSGI,
    "asgi.py": ASGI,
    "flaskapp.py": FLASK,
    "greeter.py": SANIC,
    "flaskmain.py": FLASK + FLASK_MAIN,
    "wsgimain.py": WSGI + WERKZEUG_MAIN,
    "uvicornmain.py": UVICORN_MAIN,
    "uvicorncall.py": UVICORN_CALLABLE,
    "reloading.py": "reload = True",
    "reloading.toml": "use_reloader = true",
}

BIND = "--bind 127.0.0.1:PORT"

LINES = [
    ("uvicorn asgi:app --reload --port PORT", "", 1, "--reload removed"),
    ("uvicorn asgi:app --reload --reload-dir . --port PORT", "", 1, "--reload --reload-dir . rem"),
    ("-m uvicorn asgi:app --reload --port PORT", "", 1, "--reload removed"),
    ("uvicorn asgi:app --port PORT", "UVICORN_RELOAD=1", 1, "UVICORN_RELOAD overridden"),
    (f"gunicorn wsgi:app --reload {BIND}", "", 2, "--reload removed"),
    (f"gunicorn wsgi:app {BIND}", "GUNICORN_CMD_ARGS=--reload", 2, "GUNICORN_CMD_ARGS overridden"),
    (f"hypercorn asgi:app --reload {BIND}", "", 3, "--reload removed"),
    ("granian --interface asgi asgi:app --reload --port PORT", "", 2, "--reload removed"),
    ("granian --interface asgi asgi:app --port PORT", "GRANIAN_RELOAD=true", 2, "GRANIAN_RELOAD"),
    ("flask --app flaskapp run --reload --port PORT", "", 1, "--reload removed, --no-reload added"),
    ("flask --app flaskapp run --port PORT", "FLASK_DEBUG=1", 1, "--no-reload added"),
    (
        "-m flask --app flaskapp --debug run --port PORT",
        "FLASK_RUN_RELOAD=1",
        1,
        "--no-reload added",
    ),
    ("sanic greeter:app --dev --port PORT", "", 4, "--dev removed, --debug added"),
    (f"gunicorn wsgi:app -c reloading.py {BIND}", "", 2, "reload = True ignored"),
    (f"hypercorn asgi:app -c reloading.toml {BIND}", "", 3, "use_reloader = True ignored"),
    ("flaskmain.py", "", 1, "use_reloader=True ignored"),
    ("wsgimain.py", "", 1, "use_reloader=True ignored"),
    ("uvicornmain.py", "", 1, "reload=True ignored"),
    ("uvicorncall:main", "", 1, "reload=True ignored"),
]

OWN = re.compile("Started reloader process|Restarting with|Watching for file|WatchFiles|StatReload")
"""What the reloaders themselves say."""


@pytest.mark.parametrize(
    ("line", "variable", "processes", "said"),
    LINES,
    ids=[f"{variable} {line}".strip() for line, variable, _, _ in LINES],
)
def test_there_is_one_reloader_and_it_is_said(
    app: App, line: str, variable: str, processes: int, said: str
) -> None:
    port = free_port()
    app.write("words.py", "GREETING = 'hello'\n")
    for name, text in FILES.items():
        app.write(name, text.replace("PORT", str(port)))
    env = {"HOME": str(app.folder)}  # gunicorn keeps a socket for its own command there
    if variable:
        name, _, value = variable.partition("=")
        env[name] = value
    app.start(*line.replace("PORT", str(port)).split(), env=env)
    app.wait_answer(port, "hello")
    before = app.wait_running(processes)
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_renewed(before)
    app.wait_answer(port, "good day")
    app.assert_restarts(1)
    assert app.count(f"its own reloader is switched off .*{re.escape(said)}") == 1
    assert app.count("reloader is switched off") == 1
    assert not OWN.search(app.said())
    assert app.stop_leaves_nothing(port) == 0
