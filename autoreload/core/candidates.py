"""Look what could be run here, for somebody who typed `autorun` alone.

What is run without a word must be what anybody would call the program of this folder: an
application that a server serves, `manage.py`, or a file with one of three names. Other scripts and
functions are offered, but a `deploy.py` that happens to stand alone is not run.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from autoreload.core.facts import Facts

# What makes the application, and the line that serves it.
APPLICATIONS = {
    **dict.fromkeys(("FastAPI", "Starlette", "Quart"), "uvicorn {target}"),
    **dict.fromkeys(("Litestar", "get_asgi_application"), "uvicorn {target}"),
    "Sanic": "sanic {target}",
    "Flask": "flask --app {target} run",
    **dict.fromkeys(("Bottle", "get_wsgi_application"), "gunicorn {target}"),
    "Celery": "celery -A {target} worker",
}
NO_PROGRAMS = ("conftest.py", "fabfile.py", "noxfile.py", "setup.py", "tasks.py", "versioneer.py")
PROGRAMS = ("main.py", "app.py", "__main__.py")
SERVED_FROM = ("main.py", "app.py", "api.py", "asgi.py", "wsgi.py", "server.py")
MOST = 10


def candidates(facts: "Facts") -> list[str]:
    """Give the lines to type, likeliest first; only the beginnings of a few files are read."""
    surest, others = _found(facts)
    return [f"autorun {target}" for target in dict.fromkeys((*surest, *others))][:MOST]


def the_one(facts: "Facts") -> str | None:
    """Give the target that is run without asking; None if there is none, or more than one."""
    surest, _ = _found(facts)
    return surest[0] if len(surest) == 1 else None


def _found(facts: "Facts") -> tuple[list[str], list[str]]:
    """What anybody would call the program of this folder, and what could be run besides."""
    has_manage = facts.is_file("manage.py")
    names = [name for name in facts.listdir(".") if name != "manage.py"]
    files = [name for name in names if _may_be_program(name)]
    packages = [name for name in names if facts.is_file(f"{name}/__init__.py")]
    # A Django project's own wsgi.py says nothing that manage.py does not say better.
    deeper = [] if has_manage else [f"{name}/{file}" for name in packages for file in SERVED_FROM]
    texts = {name: facts.head(name) for name in files}
    texts |= {path: facts.head(path) for path in deeper if facts.is_file(path)}
    served = {path: list(_served(path, text)) for path, text in texts.items()}
    lines = [line for found in served.values() for line in found]
    workers = [line for line in lines if _is_worker(line)]
    called = [f"{_module(name)}:main" for name in files if _has_main(texts[name])]
    scripts = [name for name in files if _has_guard(texts[name])]
    started = [f"-m {name}" for name in packages if facts.is_file(f"{name}/__main__.py")]
    surest = [
        *(["manage.py runserver"] if has_manage else []),
        *(line for line in lines if not _is_worker(line)),
        *(_program(name, texts[name]) for name in PROGRAMS if name in files and not served[name]),
    ]
    return surest, [*workers, *called, *scripts, *started]


def _may_be_program(name: str) -> bool:
    if name in PROGRAMS:
        return True
    return name.endswith(".py") and name not in NO_PROGRAMS and not name.startswith(("test_", "_"))


def _served(path: str, text: str) -> "Iterator[str]":
    """Find `app = FastAPI(…)` and its like where a line begins."""
    for line in text.splitlines():
        left, equals, right = line.partition("=")
        name = left.partition(":")[0].strip()
        made_by = right.partition("(")[0].strip().rpartition(".")[2]
        if equals and name.isidentifier() and not line[:1].isspace() and made_by in APPLICATIONS:
            yield APPLICATIONS[made_by].format(target=f"{_module(path)}:{name}")


def _has_main(text: str) -> bool:
    """Tell whether there is a `main` that can be called with nothing."""
    for line in text.splitlines():
        head, _, rest = line.removeprefix("async ").partition("(")
        if head == "def main":
            parameters = [one.strip() for one in rest.partition(")")[0].split(",")]
            return all(not one or "=" in one or one[0] in "*/" for one in parameters)
    return False


def _has_guard(text: str) -> bool:
    return "\nif __name__ ==" in text


def _program(name: str, text: str) -> str:
    """The target for a file that is a program by its name; where it only defines `main`, that."""
    return f"{_module(name)}:main" if _has_main(text) and not _has_guard(text) else name


def _is_worker(line: str) -> bool:
    """Whether a line starts what is seldom what somebody wants to see first."""
    return line.endswith(" worker")


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
