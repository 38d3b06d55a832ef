"""What servers and frameworks import late is imported before the program."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from autoreload.inner import early
from autoreload.watch.traces import Traces
from tests.driver import App, free_port


@pytest.fixture
def traces() -> Traces:
    found = Traces()
    early.install(found)
    return found


def executed(traces: Traces, name: str, **names: object) -> ModuleType:
    """A module of this name, and that it was executed."""
    module = ModuleType(name)
    module.__dict__.update(names)
    traces.on_module[name](module)
    return module


def test_who_hears_of_a_module_already_still_does() -> None:
    traces = Traces()
    heard: list[str] = []
    traces.on_module["uvicorn.config"] = lambda module: heard.append(module.__name__)
    early.install(traces)
    executed(traces, "uvicorn.config", Config=object)
    assert heard == ["uvicorn.config"]


def test_uvicorn_imports_what_its_configuration_names(
    traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("own_http", "own_ws", "own_loop", "not_chosen"):
        (tmp_path / f"{name}.py").write_text("")

    class Config:
        http, ws, lifespan, loop = "quick", "broken", "odd", object()

        def load_app(self) -> bool:
            return "own_http" in sys.modules

    executed(
        traces,
        "uvicorn.config",
        Config=Config,
        HTTP_PROTOCOLS={"quick": "own_http:Protocol", "other": "not_chosen:Protocol"},
        WS_PROTOCOLS={"broken": "not_there:Protocol"},
        LIFESPAN={"odd": None},
        LOOP_FACTORIES={},
    )
    assert Config().load_app()
    assert "not_chosen" not in sys.modules


def test_an_older_uvicorn_is_left_alone(traces: Traces) -> None:
    class Config:
        pass

    module = executed(traces, "uvicorn.config", Config=Config)
    assert module.Config is Config
    assert not hasattr(Config, "load_app")


def test_what_fails_is_left_to_who_wants_it(traces: Traces) -> None:
    def fails(kind: object) -> bool:
        raise RuntimeError(kind)

    executed(traces, "fastapi._compat.shared", is_pydantic_v1_model_class=fails)
    executed(traces, "fastapi._compat.shared")


def test_django_that_is_not_set_up_is_left_alone(
    traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps = SimpleNamespace(apps=SimpleNamespace(ready=False))
    monkeypatch.setitem(sys.modules, "django.apps", apps)
    executed(traces, "django.core.management.commands.runserver")


def test_django_imports_its_own_before_the_views(app: App) -> None:
    app.copy_sample()
    views = (app.project / "shop" / "views.py").read_text()
    shows = "import sys\nprint('executor', 'django.db.migrations.executor' in sys.modules)\n"
    shows += "print('first', 'django.contrib.auth.migrations.0001_initial' in sys.modules)\n"
    shows += "print('own', 'shop.migrations' in sys.modules, flush=True)\n"
    app.write("shop/views.py", views + shows)
    app.start("--warm", "manage.py", "runserver", str(free_port()))
    app.wait_for("executor True\nfirst True")
    app.wait_for("ready in")
