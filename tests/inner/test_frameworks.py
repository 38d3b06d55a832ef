"""Reloaders are kept from starting, and Django's caches are emptied in its reloader's stead."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoreload.inner import frameworks
from tests.children import ROOT, output


class Serving:
    """`werkzeug.serving`, which notes what it was asked to run."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[object, ...], dict[str, object]]] = []

    def run_simple(self, *args: object, **kwargs: object) -> str:
        self.asked.append((args, kwargs))
        return "served"


@pytest.mark.parametrize(
    ("args", "kwargs", "passed", "said"),
    [
        ((), {"use_reloader": True}, ((), {"use_reloader": False}), 1),
        ((True, "debugger"), {}, ((False, "debugger"), {}), 1),
        ((), {"use_debugger": True}, ((), {"use_debugger": True}), 0),
        ((False,), {"threaded": True}, ((False,), {"threaded": True}), 0),
    ],
    ids=["by name", "by position", "not asked", "asked not to"],
)
def test_werkzeug_runs_without_a_reloader_and_with_all_else(
    args: tuple[object, ...],
    kwargs: dict[str, object],
    passed: tuple[tuple[object, ...], dict[str, object]],
    said: int,
) -> None:
    module, heard = Serving(), list[str]()
    frameworks.switch_off("werkzeug.serving", module, heard.append)
    assert module.run_simple("host", 80, "app", *args, **kwargs) == "served"
    assert module.asked == [(("host", 80, "app", *passed[0]), passed[1])]
    assert heard == ["use_reloader=True ignored"] * said


def test_djangos_reloader_calls_what_it_was_given() -> None:
    module, heard = SimpleNamespace(), list[str]()
    frameworks.switch_off("django.utils.autoreload", module, heard.append)
    assert module.run_with_reloader(lambda *args, **kwargs: (args, kwargs), 1, two=2) == (
        (1,),
        {"two": 2},
    )
    assert heard == ["run_with_reloader ignored"]


def test_a_module_that_is_not_known_is_left_alone() -> None:
    module, heard = SimpleNamespace(run_simple=1), list[str]()
    frameworks.switch_off("another.module", module, heard.append)
    assert vars(module) == {"run_simple": 1}
    assert heard == []


def test_the_servers_configurations_still_have_what_is_switched_off() -> None:
    """The names that are replaced are the tools' own, and may change with a version of theirs."""
    said = output("""
        import gunicorn.config, hypercorn.config, uvicorn.config
        from autoreload.inner.frameworks import switch_off

        switch_off("uvicorn.config", uvicorn.config, print)
        switch_off("gunicorn.config", gunicorn.config, print)
        switch_off("hypercorn.config", hypercorn.config, print)
        for on in (False, True):
            print(uvicorn.config.Config("x:y", reload=on).should_reload)
            config = gunicorn.config.Config()
            config.set("reload", on)
            print(config.reload)
            print(hypercorn.config.Config.from_mapping(use_reloader=on).use_reloader)
    """)
    # uvicorn's asks more than once; the outer says it once.
    assert list(dict.fromkeys(said.splitlines()[3:])) == [
        "reload=True ignored",
        "False",
        "reload = True ignored",
        "use_reloader = True ignored",
    ]
    assert said.splitlines().count("False") == 6
    assert said.splitlines()[:3] == ["False"] * 3


def test_without_django_nothing_is_cached_and_nothing_refreshed() -> None:
    said = output("""
        from autoreload.inner import frameworks
        print(frameworks.cached(), repr(frameworks.refresh(["a.html"])))
    """)
    assert said == "None ''\n"


def test_django_names_its_folders_when_it_is_set_up(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "sample_project", project)
    said = output(
        """
        import os
        import django.utils.autoreload
        from autoreload.inner import frameworks

        print(frameworks.cached())
        django.setup()
        import django.template.autoreload  # runserver's own imports
        here = os.getcwd()
        for folder, pattern in frameworks.cached():
            if folder.startswith(here):
                print(os.path.relpath(folder, here), pattern)
        print(repr(frameworks.refresh([here + "/templates/base.html"])))
        print(repr(frameworks.refresh([here + "/shop/locale/de/LC_MESSAGES/django.mo"])))
        print(repr(frameworks.refresh([here + "/templates/base.html", here + "/notes.txt"])))
        """,
        cwd=project,
        DJANGO_SETTINGS_MODULE="sample.settings",
    ).splitlines()
    assert said[0] == "None"
    assert {"templates **/*", "shop/templates **/*", "shop/locale **/*.mo"} <= set(said[1:-3])
    assert said[-3:] == ["'Django'", "'Django'", "''"]
