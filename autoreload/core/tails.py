"""Which modules of known frameworks may be imported ahead of the run that will want them.

They are what a framework imports of its own, late: for its checks, for its server, for its first
answer. None of them registers anything, or reads what a project has set up; so when they are
imported makes no difference but to time. The oracle on real programs has passed every package here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGES = frozenset(
    {
        "amqp",
        "anyio",
        "asyncio",
        "billiard",
        "celery",
        "dotenv",
        "encodings",
        "fastapi",
        "flask",
        "h11",
        "httptools",
        "importlib",
        "jinja2",
        "kombu",
        "multiprocessing",
        "starlette",
        "uvicorn",
        "uvloop",
        "vine",
        "websockets",
        "werkzeug",
    }
)
_DJANGO = frozenset(
    {
        "conf",
        "core",
        "db",
        "forms",
        "http",
        "middleware",
        "template",
        "templatetags",
        "urls",
        "utils",
        "views",
    }
)
_OF_APPS = frozenset(
    {
        "backends",
        "context_processors",
        "finders",
        "handlers",
        "management",
        "middleware",
        "migrations",
        "serializers",
        "storage",
        "templatetags",
    }
)
"""Of Django's own apps; their models, forms and admin belong to what a project has set up."""
ASKED_FOR = ("werkzeug",)
"""Distributions whose version a server asks for when it starts: that is looked up once."""
MOST = 1000
"""Names that are kept in mind."""


def is_known(name: str) -> bool:
    """Whether a module is one of these."""
    top, _, rest = name.partition(".")
    if top in PACKAGES:
        return True
    if top != "django":
        return False
    part, _, below = rest.partition(".")
    of_app = below.partition(".")[2].partition(".")[0]
    return part in _DJANGO or (part == "contrib" and of_app in _OF_APPS)


def merged(before: "Iterable[str]", now: "Iterable[str]") -> list[str]:
    """The names that any run has imported, in the order of their first import."""
    return list(dict.fromkeys((*before, *filter(is_known, now))))[:MOST]
