"""Programs as people write them, and edits of them: what the oracle runs warm and afresh.

Each shows its state, which is that of all modules of the project: an answer at `/state`, or a line.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.driver import App, clean_environment, free_port

PATIENCE_S = 40.0

SEEN = '''
"""Says what can be seen of the project's modules."""
import hashlib, json, logging, os, signal, sys
HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
SIMPLE = (int, str, float, bool, type(None))

def shown(value):
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return {str(name): shown(one) for name, one in value.items()}
    return value if isinstance(value, SIMPLE) else type(value).__qualname__

def state():
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(HERE):
            continue
        with open(file, "rb") as source:
            digest = hashlib.sha1(source.read()).hexdigest()[:8]
        values = {one: shown(value) for one, value in vars(module).items() if one[:2] != "__"}
        found[name] = [file[len(HERE):], digest, module.__doc__, values]
    return {
        "modules": found,
        "order": list(found),
        "handlers": [type(one).__name__ for one in logging.root.handlers],
        "levels": sorted((name, log.level) for name, log in logging.root.manager.loggerDict.items()
                         if isinstance(log, logging.Logger)),
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "path": [one for one in sys.path if one.startswith(HERE[:-1])],
        "folder": os.getcwd() + os.sep == HERE,
    }

def text(**more):
    return json.dumps({**state(), **more}, sort_keys=True, default=lambda one: type(one).__name__)
'''


class Edit(NamedTuple):
    """One save: a text in a file, by another; with no old text the file is written."""

    file: str
    old: str
    new: str
    then: "tuple[Edit, ...]" = ()
    """More of them, right after it."""


class Program(NamedTuple):
    """A project, its line, and edits."""

    name: str
    line: str
    """PORT stands for the port; a console script of the environment, or a script of the project."""
    files: dict[str, str]
    edits: tuple[Edit, ...]
    is_sample: bool = False
    """Whether the files are added to the sample project."""
    needs: str = ""
    """What has to be installed."""
    is_spoken: bool = False


_DJANGO = Program(
    "Django",
    "manage.py runserver PORT",
    {"seen.py": SEEN},
    (
        Edit(
            "sample/urls.py",
            "urlpatterns = [",
            "import seen\nfrom django.http import HttpResponse\n\nurlpatterns = [\n"
            '    path("state", lambda request: HttpResponse(seen.text())),',
        ),
        Edit("shop/views.py", 'TITLE = "Corner shop"', 'TITLE = "Shop"\nMORE = 1'),
        Edit("shop/models.py", "max_length=40", "max_length=50"),
        Edit(
            "shop/more.py",
            "",
            "LIST = [1, 2]\n",
            (Edit("shop/models.py", "class Item", "from . import more\n\n\nclass Item"),),
        ),
        Edit("sample/settings.py", 'LANGUAGE_CODE = "en"', 'LANGUAGE_CODE = "de"'),
        Edit("shop/more.py", "[1, 2]", "[1, 2, 3]"),
        Edit("shop/urls.py", 'name="shelf"', 'name="rack"'),
    ),
    is_sample=True,
)
_FLASK = Program(
    "Flask",
    "flask --app shop run --port PORT",
    {
        "shop/__init__.py": "import os, sys\nfrom flask import Flask\n\n\ndef create_app():\n"
        "    app = Flask(__name__)\n    app.config.from_mapping(SECRET_KEY='dev', COLOUR='red')\n"
        "    app.config.from_pyfile('../config.py', silent=True)\n"
        "    from . import blog\n    app.register_blueprint(blog.bp)\n"
        "    import seen\n\n    @app.get('/state')\n    def state():\n"
        "        rules = sorted(map(str, app.url_map.iter_rules()))\n"
        "        return seen.text(rules=rules, colour=app.config['COLOUR'])\n\n    return app\n",
        "shop/blog.py": "from flask import Blueprint\n\nfrom .texts import TITLE\n\n"
        "bp = Blueprint('blog', __name__)\n\n\n@bp.get('/')\ndef index():\n    return TITLE\n",
        "shop/texts.py": "TITLE = 'blog'\n",
        "seen.py": SEEN,
    },
    (
        Edit("shop/texts.py", "'blog'", "'log'"),
        Edit("shop/blog.py", "@bp.get('/')", "@bp.get('/all')\n@bp.get('/')"),
        Edit("config.py", "", "COLOUR = 'blue'\n"),
        Edit("shop/__init__.py", "SECRET_KEY='dev'", "SECRET_KEY='other'"),
        Edit("config.py", "blue", "green"),
    ),
)
_FASTAPI = Program(
    "FastAPI, pydantic settings",
    "uvicorn app.main:app --port PORT",
    {
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI, Response\n\nimport seen\n\n"
        "from .settings import settings\nfrom .routers import items, users\n\napp = FastAPI()\n"
        "app.include_router(users.router)\napp.include_router(items.router, prefix='/items')\n\n\n"
        "@app.get('/state')\ndef state():\n    return Response(seen.text(\n"
        "        api=app.openapi(), settings=settings.model_dump()))\n",
        "app/settings.py": "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n"
        "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')\n"
        "    colour: str = 'red'\n\n\nsettings = Settings()\n",
        "app/routers/__init__.py": "",
        "app/routers/users.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
        "@router.get('/users')\ndef users() -> list[str]:\n    return ['Rick']\n",
        "app/routers/items.py": "from fastapi import APIRouter\nfrom pydantic import BaseModel\n\n"
        "router = APIRouter()\n\n\nclass Item(BaseModel):\n    name: str\n\n\n"
        "@router.get('/')\ndef items() -> list[Item]:\n    return [Item(name='a')]\n",
        "seen.py": SEEN,
    },
    (
        Edit("app/routers/items.py", "name: str", "name: str\n    price: int = 1"),
        # Whether it is there is asked with a stat, of which nobody hears while it serves.
        Edit(".env", "", "COLOUR=blue\n", (Edit("app/routers/users.py", "'/users'", "'/people'"),)),
        Edit(".env", "blue", "green"),
        Edit("app/settings.py", "colour: str", "size: int = 3\n    colour: str"),
        Edit("app/main.py", "prefix='/items'", "prefix='/things'"),
    ),
)
_CELERY = Program(
    "Celery",
    "celery -A tasks worker --pool solo",
    {
        "tasks.py": "import sys\n\nfrom celery import Celery\n"
        "from celery.signals import worker_ready\n\nimport seen\nimport sums\n\n"
        "app = Celery('tasks', broker='memory://')\n\n\n"
        "@app.task\ndef total(values):\n    return sums.total(values)\n\n\n"
        "@worker_ready.connect\ndef say(**_):\n"
        "    print('STATE', seen.text(tasks=sorted(app.tasks)), file=sys.__stdout__, flush=True)\n",
        "sums.py": "FACTOR = 1\n\n\ndef total(values):\n    return sum(values) * FACTOR\n",
        "seen.py": SEEN,
    },
    (
        Edit("sums.py", "FACTOR = 1", "FACTOR = 2"),
        Edit("tasks.py", "def total(", "def whole("),
        Edit("sums.py", "FACTOR = 2", "FACTOR = 3"),
    ),
    is_spoken=True,
)
_SQLALCHEMY = Program(
    "SQLAlchemy, pandas, numpy",
    "flask --app app run --port PORT",
    {
        "app.py": "import numpy, pandas\nfrom flask import Flask\nfrom sqlalchemy import func, "
        "select\nfrom sqlalchemy.orm import Session\n\nimport models, seen\n\n"
        "numpy.random.seed(3)\napp = Flask(__name__)\nNUMBERS = numpy.random.rand(3).tolist()\n"
        "models.Base.metadata.create_all(models.engine)\nLATER = [float(numpy.random.rand())]\n\n\n"
        "@app.get('/state')\ndef state():\n    with Session(models.engine) as session:\n"
        "        count = session.scalar(select(func.count()).select_from(models.Item))\n"
        "    tables = {name: sorted(one.columns.keys())\n"
        "              for name, one in models.Base.metadata.tables.items()}\n"
        "    frame = pandas.DataFrame({'a': [1, 2, models.NUMBER]})\n"
        "    product = (numpy.ones((60, 60)) @ numpy.ones((60, 60))).sum()\n"
        "    return seen.text(count=count, tables=tables, sum=int(frame.a.sum()),\n"
        "                     product=float(product))\n",
        "models.py": "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import "
        "DeclarativeBase, Mapped, mapped_column\n\nengine = create_engine('sqlite:///a.db')\n"
        "NUMBER = 1\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\nclass Item(Base):\n"
        "    __tablename__ = 'items'\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
        "seen.py": SEEN,
    },
    (
        Edit("models.py", "NUMBER = 1", "NUMBER = 2"),
        Edit("app.py", "numpy.random.rand(3)", "numpy.random.rand(4)"),
        Edit(
            "models.py",
            "class Item",
            "class Other(Base):\n    __tablename__ = 'others'\n"
            "    id: Mapped[int] = mapped_column(primary_key=True)\n\n\nclass Item",
        ),
        Edit("app.py", "numpy.random.seed(3)", "numpy.random.seed(4)"),
        Edit("models.py", "NUMBER = 2", "NUMBER = 3"),
    ),
    needs="sqlalchemy",
)
PROGRAMS = (_DJANGO, _FLASK, _FASTAPI, _CELERY, _SQLALCHEMY)


def lay_out(app: App, program: Program) -> None:
    """Write the project; the first edit of the sample is what makes it show its state."""
    if program.is_sample:
        app.copy_sample()
    for name, text in program.files.items():
        app.write(name, text)


def save(app: App, edit: Edit) -> None:
    """Do one edit, as most editors do."""
    path = app.project / edit.file
    text = path.read_text().replace(edit.old, edit.new, 1) if edit.old else edit.new
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    beside.replace(path)
    for one in edit.then:
        save(app, one)


def words(program: Program, port: int, binaries: Path) -> list[str]:
    """The line that runs it without us."""
    first, *rest = program.line.replace("PORT", str(port)).split()
    if first.endswith(".py"):
        return [str(binaries / "python"), first, *rest, "--noreload"]
    return [str(binaries / "python"), str(binaries / first), *rest]


def fresh(app: App, program: Program, binaries: Path) -> str:
    """The state after a start by hand."""
    port = free_port()
    with (
        (app.folder / "fresh.txt").open("wb") as output,
        _running(words(program, port, binaries), app.project, output.fileno()),
    ):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            said = (app.folder / "fresh.txt").read_text(errors="replace")
            if found := state(program, port, said):
                return found
            time.sleep(0.02)
    raise AssertionError(f"{program.name}, started by hand: {said}")


@contextmanager
def _running(line: list[str], folder: Path, output: int) -> Iterator[None]:
    process = subprocess.Popen(
        line,
        cwd=folder,
        env=clean_environment({"PYTHONDONTWRITEBYTECODE": "1"}),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def state(program: Program, port: int, said: str) -> str:
    """What the program shows now; empty while it shows nothing."""
    if program.is_spoken:
        found = re.findall(r"STATE (\{.*\})", said)
        return found[-1] if found else ""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/state", timeout=10) as answer:
            return str(answer.read().decode())
    except (OSError, ValueError):
        return ""


def check(app: App, program: Program, *, edits: int, binaries: Path | None = None) -> list[str]:
    """Edit, and compare with a fresh start after each edit; what was different."""
    home = Path(sys.executable).parent if binaries is None else binaries
    lay_out(app, program)
    sequence = list(program.edits)
    if program.is_sample:
        save(app, sequence.pop(0))
    port = free_port()
    line = program.line.replace("PORT", str(port))
    app.start("--warm", "--verbose", "--python", str(home / "python"), *line.split())
    wrong = []
    for number in range(min(edits, len(sequence)) + 1):
        if number:
            save(app, sequence[number - 1])
        wanted = fresh(app, program, home)
        deadline = time.monotonic() + PATIENCE_S
        while (found := state(program, port, app.out() + app.err())) != wanted:
            if time.monotonic() > deadline:
                wrong.append(f"after edit {number}: {difference(wanted, found)}\n{app.said()}")
                return wrong
            time.sleep(0.02)
    return wrong


def difference(wanted: str, found: str) -> str:
    """Where two states differ."""
    if not wanted or not found:
        return f"wanted {wanted[:300]!r}, found {found[:300]!r}"
    one, other = json.loads(wanted), json.loads(found)
    parts = []
    for part in one:
        if one[part] == other.get(part):
            continue
        if part != "modules":
            parts.append(f"{part}: wanted {one[part]}, found {other.get(part)}")
            continue
        names = sorted({*one[part], *other[part]})
        pairs = [(name, one[part].get(name), other[part].get(name)) for name in names]
        parts += [f"{name}: wanted {a}, found {b}" for name, a, b in pairs if a != b]
    return "; ".join(parts)[:2000]
