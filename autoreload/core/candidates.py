"""Look what could be run here, for somebody who typed `autorun` alone."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from autoreload.core.facts import Facts

# What makes the application, and the line that serves it.
APPLICATIONS = {
    **dict.fromkeys(("FastAPI", "Starlette", "Quart"), "autorun uvicorn {target}"),
    **dict.fromkeys(("Litestar", "get_asgi_application"), "autorun uvicorn {target}"),
    "Sanic": "autorun sanic {target}",
    "Flask": "autorun flask --app {target} run",
    **dict.fromkeys(("Bottle", "get_wsgi_application"), "autorun gunicorn {target}"),
    "Celery": "autorun celery -A {target} worker",
}
NO_PROGRAMS = ("conftest.py", "fabfile.py", "noxfile.py", "setup.py", "tasks.py", "versioneer.py")
SERVED_FROM = ("main.py", "app.py", "api.py", "asgi.py", "wsgi.py", "server.py")
MOST = 10


def candidates(facts: "Facts") -> list[str]:
    """Give the lines to type, likeliest first; only the beginnings of a few files are read."""
    if facts.is_file("manage.py"):
        return ["autorun manage.py runserver", *_of_files(facts, ["manage.py"])][:MOST]
    return _of_files(facts, [])[:MOST]


def _of_files(facts: "Facts", known: list[str]) -> list[str]:
    names = facts.listdir(".")
    files = [name for name in names if _may_be_program(name) and name not in known]
    packages = [name for name in names if facts.is_file(f"{name}/__init__.py")]
    # A Django project's own wsgi.py says nothing that manage.py does not say better.
    deeper = [] if known else [f"{name}/{file}" for name in packages for file in SERVED_FROM]
    texts = {name: facts.head(name) for name in files}
    texts |= {path: facts.head(path) for path in deeper if facts.is_file(path)}
    served = [line for path, text in texts.items() for line in _served(path, text)]
    called = [f"autorun {_module(name)}:main" for name in files if _has_main(texts[name])]
    scripts = [f"autorun {name}" for name in files if "\nif __name__ ==" in texts[name]]
    started = [f"autorun -m {name}" for name in packages if facts.is_file(f"{name}/__main__.py")]
    return [*sorted(served, key=_likeliest), *called, *scripts, *started]


def _may_be_program(name: str) -> bool:
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


def _likeliest(line: str) -> int:
    # A worker is seldom what somebody wants to see first.
    return " worker" in line


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
