"""A program is given exactly one reloader: ours."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.reloaders import TABLE, announcement, without_own_reloader

LINES = [
    ("manage.py runserver", "manage.py runserver --noreload"),
    ("manage.py runserver 0:8000", "manage.py runserver --noreload 0:8000"),
    ("manage.py runserver --noreload 8001", "manage.py runserver --noreload 8001"),
    ("manage.py --settings x runserver", "manage.py --settings x runserver --noreload"),
    ("manage.py --settings runserver check", "manage.py --settings runserver check"),
    ("manage.py --settings=x runserver", "manage.py --settings=x runserver --noreload"),
    ("manage.py runserver_plus", "manage.py runserver_plus --noreload"),
    ("manage.py migrate", "manage.py migrate"),
    ("manage.py help runserver", "manage.py help runserver"),
    ("manage.py", "manage.py"),
    ("django-admin runserver", "django-admin runserver --noreload"),
    ("django runserver", "django runserver --noreload"),
    ("flask run", "flask run --no-reload"),
    ("flask run --debug --reload", "flask run --no-reload --debug"),
    ("flask --app run run", "flask --app run run --no-reload"),
    ("flask -Aapp --debug run -p 80", "flask -Aapp --debug run --no-reload -p 80"),
    ("flask --app=x routes --reload", "flask --app=x routes --reload"),
    ("quart -e .env run --reload", "quart -e .env run --no-reload"),
    ("fastapi dev main.py", "fastapi dev --no-reload main.py"),
    ("fastapi dev --reload-dir a --port 1", "fastapi dev --no-reload --port 1"),
    ("fastapi run --reload main.py", "fastapi run main.py"),
    ("uvicorn main:app", "uvicorn main:app"),
    (
        "uvicorn --reload --reload-dir a --reload-dir=b main:app --reload-delay 1 --port 80",
        "uvicorn main:app --port 80",
    ),
    ("uvicorn.exe main:app --reload", "uvicorn.exe main:app"),
    ("gunicorn --reload -w 2 m:app", "gunicorn -w 2 m:app"),
    ("gunicorn m:app --reload-engine poll --reload-extra-file=x", "gunicorn m:app"),
    ("hypercorn m:app --reload", "hypercorn m:app"),
    ("granian m:app --reload --reload-paths a --reload-tick 9 --ws", "granian m:app --ws"),
    ("granian m:app --no-reload", "granian m:app --no-reload"),
    ("sanic m.app -r -R a -Rb --port 1", "sanic m.app --port 1"),
    ("sanic m.app --dev", "sanic m.app --debug"),
    ("litestar --app a:app run -r -R . -I '*.html'", "litestar --app a:app run"),
    ("pserve dev.ini --reload --reload-interval 2", "pserve dev.ini"),
    ("dramatiq tasks --watch . --watch-use-polling -p 2", "dramatiq tasks -p 2"),
    ("taskiq worker m:broker -r --reload-dir a", "taskiq worker m:broker"),
    ("taskiq scheduler m:s -r", "taskiq scheduler m:s -r"),
    ("arq worker.Settings --watch src", "arq worker.Settings"),
    ("celery -A proj worker -l info", "celery -A proj worker -l info"),
    ("app.py --reload", "app.py --reload"),
    ("uvicorn main:app -- --reload", "uvicorn main:app -- --reload"),
    ("manage.py runserver -- x", "manage.py runserver --noreload -- x"),
    ("uvicorn main:app --reload-dir", "uvicorn main:app"),
]


@pytest.mark.parametrize(("typed", "run"), LINES)
def test_its_own_reloader_is_switched_off(typed: str, run: str) -> None:
    program, *args = shlex.split(typed)
    assert [program, *without_own_reloader(program, args).args] == shlex.split(run)


OPTIONS = sorted(
    {word for record in TABLE for word in (*record.flags, *record.valued, *record.added)}
)
COMMANDS = sorted({word for record in TABLE for word in (*record.commands, *record.leading)})


@given(
    st.sampled_from(sorted({name for record in TABLE for name in record.programs} | {"app.py"})),
    st.lists(st.sampled_from([*OPTIONS, *COMMANDS, "--", "main:app", "-x", "--debug", "--dev"])),
)
def test_twice_is_like_once(program: str, args: list[str]) -> None:
    once = without_own_reloader(program, args)
    twice = without_own_reloader(program, once.args)
    assert twice.args == once.args
    assert (twice.removed, twice.added) == ((), ())
    assert (twice.serves, twice.stop_signal) == (once.serves, once.stop_signal)
    assert announcement(twice) is None


@given(st.lists(st.sampled_from([*OPTIONS, "x"])), st.lists(st.sampled_from([*OPTIONS, "x"])))
def test_what_follows_two_dashes_is_not_touched(before: list[str], after: list[str]) -> None:
    args = without_own_reloader("uvicorn", [*before, "--", *after]).args
    assert args[len(args) - len(after) - 1 :] == ("--", *after)


@pytest.mark.parametrize(
    ("typed", "serves", "stop_signal"),
    [
        ("manage.py runserver", True, "INT"),
        ("manage.py migrate", False, "INT"),
        ("gunicorn m:app", True, "TERM"),
        ("fastapi run", True, "INT"),
        ("http.server", True, "INT"),
        ("celery worker", False, "INT"),
        ("dramatiq m", False, "INT"),
        ("app.py", False, "INT"),
    ],
)
def test_who_listens_and_how_it_is_stopped(typed: str, serves: bool, stop_signal: str) -> None:
    program, *args = typed.split()
    stripped = without_own_reloader(program, args)
    assert (stripped.serves, stripped.stop_signal) == (serves, stop_signal)


@pytest.mark.parametrize(
    ("program", "environ", "overridden"),
    [
        ("uvicorn", {"UVICORN_RELOAD": "1"}, {"UVICORN_RELOAD": "false"}),
        ("uvicorn", {"UVICORN_RELOAD": "false"}, {}),
        ("uvicorn", {"GRANIAN_RELOAD": "1"}, {}),
        ("granian", {"GRANIAN_RELOAD": "true"}, {"GRANIAN_RELOAD": "false"}),
        ("litestar", {"LITESTAR_RELOAD_DIRS": "a,b"}, {"LITESTAR_RELOAD_DIRS": ""}),
        (
            "gunicorn",
            {"GUNICORN_CMD_ARGS": "--reload -w 2 --reload-engine=poll -n 'a b'"},
            {"GUNICORN_CMD_ARGS": "-w 2 -n 'a b'"},
        ),
        ("gunicorn", {"GUNICORN_CMD_ARGS": "-n --reloader"}, {}),
        ("gunicorn", {"GUNICORN_CMD_ARGS": "-w 2"}, {}),
    ],
)
def test_a_variable_does_not_switch_it_on_again(
    program: str, environ: dict[str, str], overridden: dict[str, str]
) -> None:
    stripped = without_own_reloader(program, ["run"], environ)
    assert dict(stripped.environment) == overridden
    assert dict(without_own_reloader(program, ["run"], environ | overridden).environment) == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("manage.py runserver", "manage.py runserver: … (--noreload added)"),
        ("uvicorn a:b --reload --reload-dir x", "uvicorn: … (--reload --reload-dir x removed)"),
        ("flask run --reload", "flask run: … (--reload removed, --no-reload added)"),
        ("sanic a --dev", "sanic: … (--dev removed, --debug added)"),
        ("uvicorn.exe a:b --reload", "uvicorn: … (--reload removed)"),
    ],
)
def test_it_is_said_in_one_line(typed: str, said: str) -> None:
    program, *args = typed.split()
    expected = said.replace("…", "its own reloader is switched off")
    assert announcement(without_own_reloader(program, args)) == expected


def test_an_overridden_variable_is_said() -> None:
    said = announcement(without_own_reloader("uvicorn", ["a:b"], {"UVICORN_RELOAD": "1"}))
    assert said == "uvicorn: its own reloader is switched off (UVICORN_RELOAD overridden)"
