"""What bare `autorun` offers."""

from autoreload.core.candidates import MOST, candidates
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
