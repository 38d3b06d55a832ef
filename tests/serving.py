"""Servers that people use, each with the smallest program for it: it answers `version N.`"""

from typing import NamedTuple

WARE = "VERSION = {}\n"
"""The file `ware.py` of each project, which is what is edited."""


class Server(NamedTuple):
    """One server with its program."""

    name: str
    line: str
    """What is typed behind `autorun`; PORT stands for the port."""
    files: dict[str, str]
    own: str = ""
    """The line with the server's own reloader, if it has one."""
    is_one_process: bool = True
    """Whether connections live in the process that is asked to stop."""
    workers: int = 1


_WSGI = """\
from ware import VERSION


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"version {VERSION}.".encode()]
"""

_ASGI = """\
from ware import VERSION

print("serves", VERSION, flush=True)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": f"version {VERSION}.".encode()})
"""

_HTTP_SERVER = """\
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ware import VERSION


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"version {VERSION}.".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

_DJANGO = {
    "manage.py": """\
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
""",
    "settings.py": """\
SECRET_KEY = "no secret"
DEBUG = True
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["*"]
LOGGING_CONFIG = None
""",
    "urls.py": """\
from django.http import HttpResponse
from django.urls import path

from ware import VERSION

urlpatterns = [path("", lambda request: HttpResponse(f"version {VERSION}."))]
""",
}

_FLASK = """\
import logging
import os

from flask import Flask

from ware import VERSION

logging.getLogger("werkzeug").setLevel(logging.ERROR)
app = Flask(__name__)


@app.get("/")
def index():
    return f"version {VERSION}."


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
"""

_AIOHTTP = """\
import os

from aiohttp import web

from ware import VERSION


async def index(request):
    return web.Response(text=f"version {VERSION}.")


app = web.Application()
app.router.add_get("/", index)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None)
"""

_TORNADO = """\
import asyncio
import os

import tornado.web

from ware import VERSION


class Index(tornado.web.RequestHandler):
    def get(self):
        self.write(f"version {VERSION}.")


async def main():
    app = tornado.web.Application([("/", Index)], log_function=lambda handler: None)
    app.listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
"""

_CHEROOT = """\
import os

from cheroot.wsgi import Server

from wsgi import app

server = Server(("127.0.0.1", int(os.environ["PORT"])), app, numthreads=4)
try:
    server.start()
except KeyboardInterrupt:
    server.stop()
"""

_GEVENT = """\
from gevent import monkey

monkey.patch_all()

import os

from gevent.pywsgi import WSGIServer

from wsgi import app

try:
    WSGIServer(("127.0.0.1", int(os.environ["PORT"])), app, log=None).serve_forever()
except KeyboardInterrupt:
    pass
"""

_TWISTED = """\
import os

from twisted.internet import reactor
from twisted.web import resource, server

from ware import VERSION


class Index(resource.Resource):
    isLeaf = True

    def render_GET(self, request):
        return f"version {VERSION}.".encode()


reactor.listenTCP(int(os.environ["PORT"]), server.Site(Index()), interface="127.0.0.1")
reactor.run()
"""

_UVICORN = "uvicorn asgi:app --port PORT --no-access-log"

SERVERS = (
    Server("http.server", "app.py", {"app.py": _HTTP_SERVER}),
    Server(
        "Django runserver",
        "manage.py runserver PORT",
        _DJANGO,
        own="python manage.py runserver PORT",
    ),
    Server(
        "flask run",
        "flask --app app run --port PORT",
        {"app.py": _FLASK},
        own="flask --app app run --debug --port PORT",
    ),
    Server("Flask app.run", "app.py", {"app.py": _FLASK}),
    Server(
        "uvicorn, asyncio",
        f"{_UVICORN} --loop asyncio",
        {"asgi.py": _ASGI},
        own=f"{_UVICORN} --loop asyncio --reload",
    ),
    Server(
        "uvicorn, uvloop",
        f"{_UVICORN} --loop uvloop",
        {"asgi.py": _ASGI},
        own=f"{_UVICORN} --loop uvloop --reload",
    ),
    Server(
        "hypercorn -w 0",
        "hypercorn asgi:app -w 0 --bind 127.0.0.1:PORT",
        {"asgi.py": _ASGI},
    ),
    Server("aiohttp", "app.py", {"app.py": _AIOHTTP}),
    Server("tornado", "app.py", {"app.py": _TORNADO}),
    Server(
        "waitress",
        "waitress-serve --listen=127.0.0.1:PORT wsgi:app",
        {"wsgi.py": _WSGI},
    ),
    Server(
        "gunicorn",
        "gunicorn wsgi:app --bind 127.0.0.1:PORT",
        {"wsgi.py": _WSGI},
        own="gunicorn wsgi:app --bind 127.0.0.1:PORT --reload",
    ),
    Server("daphne", "daphne -p PORT -v 0 asgi:app", {"asgi.py": _ASGI}),
    Server("cheroot", "app.py", {"app.py": _CHEROOT, "wsgi.py": _WSGI}),
    Server("gevent", "app.py", {"app.py": _GEVENT, "wsgi.py": _WSGI}),
    Server("twisted.web", "app.py", {"app.py": _TWISTED}),
    Server(
        "hypercorn",
        "hypercorn asgi:app --bind 127.0.0.1:PORT",
        {"asgi.py": _ASGI},
        own="hypercorn asgi:app --bind 127.0.0.1:PORT --reload",
        is_one_process=False,
    ),
    Server(
        "uvicorn --workers 2",
        f"{_UVICORN} --workers 2",
        {"asgi.py": _ASGI},
        is_one_process=False,
        workers=2,
    ),
    Server(
        "gunicorn, Uvicorn workers",
        "gunicorn asgi:app -k uvicorn_worker.UvicornWorker --bind 127.0.0.1:PORT",
        {"asgi.py": _ASGI},
        is_one_process=False,
    ),
)


def named(name: str) -> Server:
    """The server of this name."""
    return next(one for one in SERVERS if one.name == name)
