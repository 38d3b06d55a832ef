"""A plan is a value."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.plans import TITLE_LENGTH, Plan, compiles_like, titled


def test_plans_are_compared_by_what_they_say() -> None:
    plan = Plan("script", "app.py", title="app.py", args=["x"])
    assert plan == Plan("script", "app.py", title="app.py", args=("x",))
    assert plan != Plan("script", "app.py", title="app.py")
    assert plan != "app.py"
    assert len({plan, Plan("script", "app.py", title="app.py", args=("x",))}) == 1
    assert "name='app.py'" in repr(plan)


@given(st.lists(st.text()))
def test_a_title_fits_on_a_line(words: list[str]) -> None:
    title = titled(words)
    assert len(title) <= TITLE_LENGTH
    assert title.isprintable() or "\n" not in title


def test_a_title_is_what_was_typed() -> None:
    assert titled(["manage.py", "runserver"]) == "manage.py runserver"
    assert titled(["python", "-c", "import a\nprint(a)"]) == "python -c import a print(a)"
    assert titled(["x" * 100]) == "x" * (TITLE_LENGTH - 1) + "…"


def test_what_compiles_here_compiles_in_the_program_if_that_is_the_same_interpreter() -> None:
    def like(kind: str = "script", python: str = "/usr/bin/python3", **more: Any) -> bool:
        plan = Plan(kind, "app.py", title="app.py", python=python, **more)
        return compiles_like(plan, "/usr/bin/python3")

    assert like()
    assert like("module")
    assert not like("command", python="")
    assert not like(python="/usr/bin/python3.99")
    assert not like(flags=("-W", "error"))
