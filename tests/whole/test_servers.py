"""Real servers and workers: first answer, edit, new answer, end, nothing left."""

import pytest

from tests.driver import App, free_port

HELLO = """\
from words import GREETING


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{GREETING}, version 1".encode()]
"""

FLASK = """\
from flask import Flask, render_template

from words import GREETING

app = Flask(__name__)


@app.get("/")
def index():
    return f"{GREETING}, version 1"


@app.get("/page")
def page():
    return render_template("page.html")


@app.get("/broken")
def broken():
    raise RuntimeError("look at me")
"""

SANIC = """\
from sanic import Sanic, text

from words import GREETING

app = Sanic("greeter")


@app.get("/")
async def index(request):
    return text(f"{GREETING}, version 1")
"""

TASKS = """\
from celery import Celery, signals

from words import GREETING

app = Celery(broker="memory://", broker_transport_options={"polling_interval": 0.02})


@app.task
def greet():
    print(f"{GREETING}, version 1", flush=True)


@signals.worker_ready.connect
def ready(**kwargs):
    greet.delay()
"""

ASGI = [
    ("uvicorn api:app --port PORT", 1),
    ("uvicorn api:app --port PORT --workers 2", 4),  # two and the tracker of their resources
    ("hypercorn api:app --bind 127.0.0.1:PORT --workers 2", 4),
    ("gunicorn api:app -k uvicorn_worker.UvicornWorker --bind 127.0.0.1:PORT", 2),
    ("granian --interface asgi api:app --port PORT --workers 2", 3),
    ("fastapi dev api.py --port PORT", 1),
]

WSGI = [
    ("gunicorn hello:app --bind 127.0.0.1:PORT", 2),
    ("gunicorn hello:app --bind 127.0.0.1:PORT --workers 2 --threads 3", 3),
    ("granian --interface wsgi hello:app --port PORT", 2),
]


def start(app: App, line: str) -> int:
    """Start a line with a free port; the port."""
    port = free_port()
    words = line.replace("PORT", str(port)).split()
    # gunicorn keeps a socket for its own command there.
    app.start(*words, env={"HOME": str(app.folder)})
    return port


@pytest.mark.parametrize(("line", "processes"), ASGI, ids=[line for line, _ in ASGI])
def test_asgi_server_serves_what_was_saved(app: App, line: str, processes: int) -> None:
    app.copy_sample()
    port = start(app, line)
    app.wait_answer(port, '"version":1')
    first = app.wait_running(processes)
    app.replace("prices.py", "120", "125")
    # A worker of the first run that was still booting may be the one that answers before it ends.
    app.wait_renewed(first)
    app.wait_answer(port, '"cents":125', "/prices/apples")
    app.replace("api.py", "VERSION = 1", "VERSION = 2")
    app.wait_answer(port, '"version":2')
    app.wait_for("changed, (restarting|ready)", times=2)
    assert app.stop_leaves_nothing(port) == 0


@pytest.mark.parametrize(("line", "processes"), WSGI, ids=[line for line, _ in WSGI])
def test_wsgi_server_serves_what_was_saved(app: App, line: str, processes: int) -> None:
    app.write("words.py", "GREETING = 'hello'\n")
    app.write("hello.py", HELLO)
    port = start(app, line)
    app.wait_answer(port, "hello, version 1")
    first = app.wait_running(processes)
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_renewed(first)
    app.wait_answer(port, "good day, version 1")
    app.replace("hello.py", "version 1", "version 2")
    app.wait_answer(port, "good day, version 2")
    app.wait_for("changed, (restarting|ready)", times=2)
    assert app.stop_leaves_nothing(port) == 0


def test_flask_keeps_its_debugger_and_reads_templates_anew(app: App) -> None:
    app.write("words.py", "GREETING = 'hello'\n")
    app.write("shop.py", FLASK)
    app.write("templates/page.html", "the page")
    port = start(app, "flask --app shop run --debug --port PORT")
    app.wait_answer(port, "hello, version 1")
    app.wait_for("ready in")  # what is read before that is watched
    assert app.get(port, "/page") == "the page"
    running = app.wait_running(1)
    app.edit("templates/page.html", "another page")
    app.wait_answer(port, "another page", "/page")
    assert app.wait_running(1) == running
    shown = app.get(port, "/broken")
    assert "look at me" in shown
    assert "Werkzeug Debugger" in shown
    assert "EVALEX = true" in shown
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_answer(port, "good day, version 1")
    app.replace("shop.py", "version 1", "version 2")
    app.wait_answer(port, "good day, version 2")
    app.assert_restarts(2)
    assert app.count("--no-reload added") == 1
    assert app.stop_leaves_nothing(port) == 0


def test_sanic_serves_what_was_saved(app: App) -> None:
    app.write("words.py", "GREETING = 'hello'\n")
    app.write("greeter.py", SANIC)
    port = start(app, "sanic greeter:app --port PORT")
    app.wait_answer(port, "hello, version 1")
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_answer(port, "good day, version 1")
    app.replace("greeter.py", "version 1", "version 2")
    app.wait_answer(port, "good day, version 2")
    assert app.count("cannot be followed") == 0
    assert app.stop_leaves_nothing(port) == 0


def test_celery_workers_run_the_saved_task(app: App) -> None:
    app.write("words.py", "GREETING = 'hello'\n")
    app.write("tasks.py", TASKS)
    # Its warm shutdown takes 6 s with a broker that is polled, by hand as well.
    start(
        app,
        "--stop-timeout 0.5 celery -A tasks worker --pool prefork --concurrency 2 --loglevel INFO",
    )
    app.wait_for("hello, version 1")
    before = app.wait_running(3)
    app.edit("words.py", "GREETING = 'good day'\n")
    app.wait_for("good day, version 1")
    app.replace("tasks.py", "version 1", "version 2")
    app.wait_for("good day, version 2")
    app.wait_renewed(before)
    app.wait_for("changed, (restarting|ready)", times=2)
    assert app.stop_leaves_nothing() == 0


def test_sample_callable_serves_what_was_saved(app: App) -> None:
    app.copy_sample()
    port = free_port()
    app.start("myapp:main", env={"PORT": str(port)})
    app.wait_answer(port, "version 1")
    app.replace("myapp.py", "VERSION = 1", "VERSION = 2")
    app.wait_answer(port, "version 2")
    assert app.stop_leaves_nothing(port) == 0


@pytest.mark.parametrize("target", ["worker.py", "worker:main"])
def test_sample_worker_puts_its_tools_away_and_goes_on(app: App, target: str) -> None:
    app.copy_sample()
    app.start(target)
    app.wait_for("version 1, job 1")
    app.replace("worker.py", "VERSION = 1", "VERSION = 2")
    app.wait_for("version 2, job 1")
    assert app.count("tools put away") == 1
    assert app.stop_leaves_nothing() == 0
    assert app.count("tools put away") == 2
    assert "Traceback" not in app.said()
