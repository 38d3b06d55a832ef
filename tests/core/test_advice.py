"""What a user reads about a target."""

import pytest

from autoreload.core import advice


def test_names_that_come_close_are_offered() -> None:
    assert advice.near("myap", ["myapp", "other", "setup"]) == ["myapp"]
    assert advice.near("App", ["app"]) == ["app"]
    assert advice.near("x", ["uvicorn"]) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            advice.missing_module("myap:main", "myap", ["myapp"]),
            "no module named 'myap' in 'myap:main', did you mean 'myapp'?",
        ),
        (advice.missing_module("a:b", "a", []), "no module named 'a' in 'a:b'"),
        (
            advice.missing_module("a:b", "a", [], "src"),
            "no module named 'a' in 'a:b', it is in src/: PYTHONPATH=src autorun a:b",
        ),
        (
            advice.missing_attribute("a:man", "a", "man", ["main", "men"]),
            "module 'a' has no attribute 'man' for 'a:man', did you mean 'main' or 'men'?",
        ),
        (
            advice.not_callable("a:x", "int"),
            "'a:x' is an int and cannot be called: name a function",
        ),
        (
            advice.is_application("main:app", "ASGI"),
            "'main:app' is an ASGI application, which a server runs: autorun uvicorn main:app",
        ),
        (
            advice.is_application("main:app", "WSGI"),
            "'main:app' is a WSGI application, which a server runs: autorun gunicorn main:app",
        ),
        (
            advice.is_application("main:app", "Flask"),
            "'main:app' is a Flask application, which a server runs: autorun flask --app main run",
        ),
        (
            advice.is_application("m:web", "Flask"),
            "'m:web' is a Flask application, which a server runs: autorun flask --app m:web run",
        ),
        (
            advice.is_class("a:B"),
            "'a:B' is a class: name a function that runs the program",
        ),
        (
            advice.needs_arguments("a:b", "(host, port)"),
            (
                "'a:b' needs arguments (host, port), but is called without any:"
                " give them defaults, or name a function that needs none"
            ),
        ),
        (
            advice.bare_module("pkg", "pkg/__init__.py"),
            "'pkg' is a package: autorun pkg:NAME calls a function in it",
        ),
    ],
)
def test_a_sentence_says_what_to_type(said: str, expected: str) -> None:
    assert said == expected
