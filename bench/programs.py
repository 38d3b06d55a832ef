"""What is measured: programs of the sample project, and every tool's line for them."""

from typing import NamedTuple

from bench import environment


class Program(NamedTuple):
    """A server whose answer shows its version."""

    name: str
    plain: str
    """The line without any reloader."""
    lines: dict[str, str]
    """Tool and line; `own` is the program's own reloader."""
    file: str
    before: str
    """The text of the file that holds the version, a number behind it."""
    answer: str
    """How the answer shows it."""
    sources: dict[str, str] | None = None
    """The files of the project; without them it is a copy of the sample project."""
    patches: tuple[tuple[str, str, str], ...] = ()
    """Files of the copy in which a text is replaced by another."""
    is_spoken: bool = False
    """Whether the version is said on the output, and not answered to a request."""

    def under(self, options: str) -> str:
        """Its line under autorun with these options."""
        return f"autorun {options} " + self.lines["autorun"].removeprefix("autorun ")


def by_peers(plain: str, module: str = "") -> dict[str, str]:
    """Lines of the tools that run any command."""
    lines = {
        "watchfiles": f"watchfiles --filter python '{plain}' .",
        # With watchdog 7 the first pattern matches no path below a folder.
        "watchmedo": f"watchmedo auto-restart --recursive --patterns *.py;**/*.py -- {plain}",
    }
    if environment.nodemon().exists():
        lines["nodemon"] = f"nodemon --quiet --ext py --exec '{plain}'"
    if module:
        lines["hupper"] = f"hupper -m {module}"
    return lines


def programs() -> tuple[Program, ...]:
    """The three servers of the sample project; PORT stands for the port."""
    django = "python manage.py runserver --noreload PORT"
    fastapi = "uvicorn api:app --port PORT"
    script = "python myapp.py"
    return (
        Program(
            "Django",
            django,
            {
                "autorun": "autorun manage.py runserver PORT",
                "own": "python manage.py runserver PORT",
                **by_peers(django, "manage runserver --noreload PORT"),
            },
            "shop/views.py",
            'TITLE = "Corner shop',
            "<h1>Corner shop{}",
        ),
        Program(
            "FastAPI",
            fastapi,
            {
                "autorun": "autorun uvicorn api:app --port PORT",
                "own": "uvicorn api:app --reload --port PORT",
                **by_peers(fastapi, "uvicorn api:app --port PORT"),
            },
            "api.py",
            "VERSION = ",
            '"version":{},',
        ),
        Program(
            "script",
            script,
            {"autorun": "autorun myapp.py", **by_peers(script, "myapp")},
            "myapp.py",
            "VERSION = ",
            "<h1>version {}<",
        ),
    )


def contenders() -> dict[str, tuple[Program, str]]:
    """Every tool that watches, with a server and its line; autorun comes first."""
    django, fastapi, _ = programs()
    peers = {tool: (django, django.lines[tool]) for tool in django.lines if tool != "own"}
    return {
        **peers,
        "runserver": (django, django.lines["own"]),
        "autorun, FastAPI": (fastapi, fastapi.lines["autorun"]),
        "uvicorn --reload": (fastapi, fastapi.lines["own"]),
    }
