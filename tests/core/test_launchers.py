"""The program that is meant in the end is the one that loses its reloader."""

import pytest

from autoreload.core.launchers import meant, without_reloader


@pytest.mark.parametrize(
    ("typed", "program", "args"),
    [
        ("uvicorn a:b", "uvicorn", "a:b"),
        ("bin/uvicorn a:b", "uvicorn", "a:b"),
        ("python manage.py runserver", "manage.py", "runserver"),
        ("/opt/python3.12 -X dev src/manage.py runserver", "manage.py", "runserver"),
        ("python -m uvicorn a:b", "uvicorn", "a:b"),
        ("python -muvicorn a:b", "uvicorn", "a:b"),
        ("python -c code", "python", ""),
        ("python", "python", ""),
        ("uv run uvicorn a:b", "uvicorn", "a:b"),
        ("uv run --with uvicorn -p 3.12 -- flask run", "flask", "run"),
        ("uv run -m uvicorn a:b", "uvicorn", "a:b"),
        ("uv run python -m flask run", "flask", "run"),
        ("uv sync", "uv", "sync"),
        ("uv run", "uv", "run"),
        ("poetry run fastapi dev", "fastapi", "dev"),
        ("coverage run --source a -m flask run", "flask", "run"),
        ("coverage report", "coverage", "report"),
        ("python -m coverage run manage.py runserver", "manage.py", "runserver"),
        ("debugpy --listen 5678 manage.py runserver", "manage.py", "runserver"),
        ("env -u X A=b uvicorn a:b", "uvicorn", "a:b"),
        ("npm run dev", "npm", "run dev"),
    ],
)
def test_the_program_meant_is_found(typed: str, program: str, args: str) -> None:
    words = typed.split()
    found, start = meant(words)
    assert (found, " ".join(words[start:])) == (program, args)


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("uv run uvicorn a:b --reload", "uv run uvicorn a:b"),
        ("python -X dev manage.py runserver", "python -X dev manage.py runserver --noreload"),
        ("python -mflask run", "python -mflask run --no-reload"),
        ("debugpy --listen 1 -m uvicorn --reload a:b", "debugpy --listen 1 -m uvicorn a:b"),
        ("node --watch a.js --reload", "node --watch a.js --reload"),
    ],
)
def test_the_rest_of_the_line_stays(typed: str, run: str) -> None:
    assert list(without_reloader(typed.split(), {}).args) == run.split()[1:]
