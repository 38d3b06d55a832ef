"""What bare `autorun` offers."""

import pytest

from autoreload.core.candidates import MOST, candidates, the_one
from tests.core.machine import Machine


def test_a_django_project_is_its_manage_py_first() -> None:
    machine = Machine(
        {
            "manage.py": "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n",
            "site/__init__.py": "",
            "site/wsgi.py": "application = get_wsgi_application()\n",
            "job.py": "x = 1\nif __name__ == '__main__':\n    pass\n",
        }
    )
    assert candidates(machine) == ["autorun manage.py runserver", "autorun job.py"]


def test_applications_are_offered_with_their_server() -> None:
    machine = Machine(
        {
            "api.py": "from fastapi import FastAPI\napp: FastAPI = fastapi.FastAPI(title='x')\n",
            "site.py": "web = Flask(__name__)\n",
            "jobs.py": "queue = Celery('jobs')\n",
            "old.py": "def make():\n    app = FastAPI()\nversion == FastAPI()\n",
            "shop/__init__.py": "",
            "shop/main.py": "app = Starlette()\n",
            "plain/main.py": "app = Starlette()\n",
        }
    )
    assert candidates(machine) == [
        "autorun uvicorn api:app",
        "autorun flask --app site:web run",
        "autorun uvicorn shop.main:app",
        "autorun celery -A jobs:queue worker",
    ]


def test_functions_scripts_and_packages_follow() -> None:
    machine = Machine(
        {
            "a.py": "def main() -> int:\n    return 0\n\nif __name__ == '__main__':\n    main()\n",
            "b.py": "async def main(argv=None, *rest):\n    pass\n",
            "c.py": "def main(argv):\n    pass\n",
            "setup.py": "if __name__ == '__main__':\n    pass\n",
            "test_a.py": "\nif __name__ == '__main__':\n    pass\n",
            "tool/__init__.py": "",
            "tool/__main__.py": "",
        }
    )
    assert candidates(machine) == [
        "autorun a:main",
        "autorun b:main",
        "autorun a.py",
        "autorun -m tool",
    ]


def test_the_list_is_short_and_may_be_empty() -> None:
    assert candidates(Machine()) == []
    many = {f"a{number}.py": "def main(): pass\n" for number in range(30)}
    assert len(candidates(Machine(many))) == MOST


GUARDED = "x = 1\nif __name__ == '__main__':\n    pass\n"
FASTAPI = "app = FastAPI()\n"

ALONE = {
    "a Django project": ({"manage.py": GUARDED, "shop/wsgi.py": "application = x"}, "manage.py"),
    "with scripts beside it": ({"manage.py": GUARDED, "deploy.py": GUARDED}, "manage.py"),
    "an application": ({"main.py": FASTAPI}, "uvicorn main:app"),
    "in a file of any name": ({"shop.py": "web = Flask('x')\n"}, "flask --app shop:web run"),
    "with its worker": ({"app.py": FASTAPI, "jobs.py": "jobs = Celery()\n"}, "uvicorn app:app"),
    "a program by its name": ({"main.py": "print(1)\n", "tool.py": GUARDED}, "main.py"),
    "with a guard": ({"app.py": "def main(): pass\n" + GUARDED}, "app.py"),
    "that defines main only": ({"app.py": "def main(): pass\n"}, "app:main"),
    "a directory that is run": ({"__main__.py": "print(1)\n"}, "__main__.py"),
}


@pytest.mark.parametrize("kind", ALONE)
def test_the_one_program_is_run_without_a_word(kind: str) -> None:
    files, target = ALONE[kind]
    machine = Machine(files)
    found = the_one(machine)
    assert found is not None
    assert found.removesuffix(" runserver") == target
    assert candidates(machine)[0] == f"autorun {found}"


SEVERAL = {
    "nothing": {},
    "two names": {"main.py": "print(1)\n", "app.py": "print(2)\n"},
    "an application and a program": {"api.py": FASTAPI, "main.py": "print(1)\n"},
    "two applications in a file": {"main.py": FASTAPI + "admin = FastAPI()\n"},
    "Django and a program": {"manage.py": GUARDED, "app.py": "print(1)\n"},
    "a script that nobody has asked for": {"deploy.py": GUARDED},
    "a function that nobody has asked for": {"deploy.py": "def main(): pass\n"},
    "a worker": {"jobs.py": "jobs = Celery()\n"},
    "a package": {"tool/__init__.py": "", "tool/__main__.py": ""},
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_what_is_not_the_one_program_is_only_offered(kind: str) -> None:
    machine = Machine(SEVERAL[kind])
    assert the_one(machine) is None
    assert bool(candidates(machine)) == bool(SEVERAL[kind])
