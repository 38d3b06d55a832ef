"""Programs whose warm restarts are measured, each with its peers and with what is promised."""

from typing import NamedTuple

from bench.programs import Program, by_peers


class Promise(NamedTuple):
    """At most this part of a peer's time, with a standby; without one three times as much."""

    peer: str
    part: float


class App(NamedTuple):
    """A program, and its bars."""

    program: Program
    promises: tuple[Promise, ...]


_SHOWN = """context = {"title": TITLE,"""
_VERSIONS = """import sys

    from django.conf import settings

    urls = sys.modules["shop.urls"]
    shown = f"{TITLE} m{Item.VERSION}, s{settings.VERSION}, u{urls.VERSION},"
    context = {"title": shown,"""
_DJANGO = (
    ("shop/views.py", _SHOWN, _VERSIONS),
    ("shop/models.py", "    name = models", "    VERSION = 1\n    name = models"),
    ("shop/urls.py", "urlpatterns", "VERSION = 1\nurlpatterns"),
    ("sample/settings.py", "DEBUG = True", "DEBUG = True\nVERSION = 1"),
)


def _django(file: str, before: str, answer: str, *promises: Promise) -> App:
    plain = "python manage.py runserver --noreload PORT"
    lines = {
        "autorun": "autorun manage.py runserver PORT",
        "own": "python manage.py runserver PORT",
        "nodemon": by_peers(plain).get("nodemon", ""),
    }
    wanted = {"autorun", *(one.peer for one in promises)}
    kept = {tool: line for tool, line in lines.items() if tool in wanted and line}
    name = f"Django, {file.rpartition('/')[2]}"
    return App(Program(name, plain, kept, file, before, answer, patches=_DJANGO), promises)


_ROUTES = """\
import pandas
from fastapi import APIRouter
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

router = APIRouter()
Base = declarative_base()
VERSION = 1


class Row(Base):
    __tablename__ = "rows"
    id = Column(Integer, primary_key=True)
    name = Column(String)


@router.get("/")
def index() -> dict[str, object]:
    frame = pandas.DataFrame({"a": [1, 2]})
    return {"sum": int(frame["a"].sum()), "version": VERSION, "table": Row.__tablename__}
"""
_FASTAPI = {
    "main.py": "from fastapi import FastAPI\n\nimport routes\n\napp = FastAPI()\n"
    "app.include_router(routes.router)\n",
    "routes.py": _ROUTES,
}
_FASTAPI_ONE = {
    "main.py": _ROUTES.replace("import APIRouter", "import FastAPI")
    .replace("router = APIRouter()", "app = FastAPI()")
    .replace("@router", "@app"),
}
_FLASK = """\
import os

import pandas
from flask import Flask

app = Flask(__name__)
VERSION = 1


@app.get("/")
def index():
    return f"version {VERSION}, sum {pandas.Series([1, 2]).sum()}"


app.run(port=int(os.environ["PORT"]), debug=True, reloader_type="stat")
"""
_SCRIPT = """\
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas

VERSION = 1


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"version {VERSION}, sum {pandas.Series([1, 2]).sum()}".encode())

    def log_message(self, *words):
        pass


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
_CELERY = """\
import pandas
from celery import Celery
from celery.signals import worker_ready

app = Celery("tasks", broker="memory://")
VERSION = 1


@app.task
def total(values):
    return int(pandas.Series(values).sum())


@worker_ready.connect
def say(**_):
    print(f"ready {VERSION},", flush=True)
"""


def _server(
    name: str, plain: str, file: str, sources: dict[str, str], promise: Promise, own: str = ""
) -> App:
    lines = {"autorun": f"autorun {plain}"}
    if own:
        lines[promise.peer] = own
    answer = '"version":{},' if "uvicorn" in plain else "version {},"
    program = Program(name, plain, lines, file, "VERSION = ", answer, sources=sources)
    return App(program, (promise,))


def apps() -> tuple[App, ...]:
    """The table of what is promised, row by row."""
    uvicorn = "uvicorn main:app --port PORT"
    reloads = "uvicorn main:app --reload --port PORT"
    celery = "celery -A tasks worker --pool solo"
    both = (Promise("own", 1 / 25), Promise("nodemon", 1 / 10))
    version = "VERSION = "
    return (
        _django("shop/views.py", 'TITLE = "Corner shop', "<h1>Corner shop{} m", *both),
        _django("shop/urls.py", version, "u{},", *both),
        _django("shop/models.py", version, "m{},", Promise("own", 1 / 20)),
        _django("sample/settings.py", version, "s{},", Promise("own", 1 / 4)),
        _server(
            "FastAPI, pandas, SQLAlchemy, routes.py",
            uvicorn,
            "routes.py",
            _FASTAPI,
            Promise("own", 1 / 30),
            reloads,
        ),
        _server(
            "FastAPI, pandas, SQLAlchemy, one file",
            uvicorn,
            "main.py",
            _FASTAPI_ONE,
            Promise("own", 1 / 30),
            reloads,
        ),
        _server(
            "Flask, pandas, one file",
            "app.py",
            "app.py",
            {"app.py": _FLASK},
            Promise("own", 1 / 40),
            "python app.py",
        ),
        _server(
            "script, pandas",
            "app.py",
            "app.py",
            {"app.py": _SCRIPT},
            Promise("cold", 1 / 30),
        ),
        App(
            Program(
                "Celery worker, solo, tasks.py",
                celery,
                {
                    "autorun": f"autorun {celery}",
                    "watchmedo": by_peers(celery)["watchmedo"],
                },
                "tasks.py",
                version,
                "ready {},",
                sources={"tasks.py": _CELERY},
                is_spoken=True,
            ),
            (Promise("watchmedo", 1 / 20),),
        ),
    )
