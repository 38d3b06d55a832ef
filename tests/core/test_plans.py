"""A plan is a value."""

from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.plans import TITLE_LENGTH, Plan, titled


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
