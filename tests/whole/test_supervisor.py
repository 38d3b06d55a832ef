"""Under a real supervisord: the configuration of the docs, and what happens without --noreload."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from xmlrpc.client import ServerProxy

import pytest

from tests.driver import ROOT, App, free_port, until

BIN = Path(sys.executable).parent
PAGE = ROOT / "docs" / "how-to" / "supervisor-and-systemd.md"

DAEMON = """\
[supervisord]
nodaemon = true
logfile = {folder}/supervisord.log
pidfile = {folder}/supervisord.pid
childlogdir = {folder}

[inet_http_server]
port = 127.0.0.1:{port}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


class Supervisor:
    """A supervisord with programs in the folder of an app."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._port = free_port()

    def start(self, *programs: str) -> None:
        """Start it with these sections of a configuration."""
        head = DAEMON.format(folder=self._app.folder, port=self._port)
        configuration = self._app.folder / "supervisord.conf"
        configuration.write_text("\n".join((head, *programs)))
        self._app.start(command=[str(BIN / "supervisord"), "-c", str(configuration)])

    def _call(self, name: str, *arguments: object) -> object:
        with ServerProxy(f"http://127.0.0.1:{self._port}/RPC2") as server:
            call = getattr(server.supervisor, name)
            return call(*arguments)

    def is_running(self, program: str) -> int:
        """The pid of a program that is up by its supervisor's judgement; 0 while it is not."""
        try:
            info = cast(dict[str, object], self._call("getProcessInfo", program))
        except OSError:
            return 0
        return int(str(info["pid"])) if info["statename"] == "RUNNING" else 0

    def wait_running(self, program: str, other_than: int = 0) -> int:
        def fresh() -> int:
            pid = self.is_running(program)
            return pid if pid != other_than else 0

        return until(fresh, lambda: f"{program} is not running\n{self._app.said()}")

    def stop_program(self, program: str) -> None:
        self._call("stopProcess", program)

    def start_program(self, program: str) -> None:
        self._call("startProcess", program)


@pytest.fixture
def supervisor(app: App) -> Iterator[Supervisor]:
    """A supervisord that is not started yet, in the sample project."""
    app.copy_sample()
    yield Supervisor(app)
    if app.process is not None:
        app.stop(signal.SIGTERM)
        app.assert_nothing_left()


def of_the_readme(app: App, port: int) -> str:
    """The configuration of the docs for this project and port."""
    found = re.search(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, "the page shows no configuration of a supervisor"
    text = found[1]
    for old, new in (
        ("/srv/shop/.venv/bin", str(BIN)),
        ("/srv/shop", str(app.project)),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def descriptors(pid: int) -> dict[str, str]:
    """What a process has open: number and kind."""
    folder = f"/proc/{pid}/fd"
    return {
        number: re.sub(r"\d+", "N", os.readlink(f"{folder}/{number}"))
        for number in os.listdir(folder)
    }


def command_line(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def test_supervised_program_is_the_program_itself(app: App, supervisor: Supervisor) -> None:
    port, other = free_port(), free_port()
    plain = (
        "[program:plain]\n"
        f"command={sys.executable} manage.py runserver --noreload 127.0.0.1:{other}\n"
        f"directory={app.project}\nstopsignal=INT\n"
    )
    supervisor.start(of_the_readme(app, port), plain)
    app.wait_answer(port, "Fresh every morning")
    app.wait_answer(other, "Fresh every morning")
    pid, by_hand = supervisor.wait_running("shop"), supervisor.wait_running("plain")
    assert sorted(app.below()) == sorted([pid, by_hand])
    assert command_line(pid)[1:-1] == command_line(by_hand)[1:-1]
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"RELOAD_ENV" not in environment
    assert b"AUTORUN" not in environment
    assert descriptors(pid) == descriptors(by_hand)


def test_supervisor_stops_starts_and_revives_it(app: App, supervisor: Supervisor) -> None:
    port = free_port()
    supervisor.start(of_the_readme(app, port))
    app.wait_answer(port, "Fresh every morning")
    supervisor.stop_program("shop")
    assert app.below() == []
    assert app.get(port) == ""
    app.replace("shop/views.py", "Corner shop", "Corner store")
    supervisor.start_program("shop")
    app.wait_answer(port, "Corner store")
    pid = supervisor.wait_running("shop")
    app.replace("shop/views.py", "Corner store", "Corner kiosk")  # nobody watches
    os.kill(pid, signal.SIGKILL)
    revived = supervisor.wait_running("shop", other_than=pid)
    app.wait_answer(port, "Corner kiosk")
    assert app.below() == [revived]


def test_watching_autorun_leaves_no_orphan_under_a_supervisor(
    app: App, supervisor: Supervisor
) -> None:
    port = free_port()
    watching = of_the_readme(app, port).replace(" --noreload", "")
    supervisor.start(watching)
    app.wait_answer(port, "Fresh every morning")
    pid = supervisor.wait_running("shop")
    assert len(app.wait_running(2)) == 2
    supervisor.stop_program("shop")
    assert app.below() == []
    supervisor.start_program("shop")
    app.wait_answer(port, "Fresh every morning")
    pid = supervisor.wait_running("shop")
    os.kill(pid, signal.SIGKILL)  # what it does after stopwaitsecs, and then starts another one
    supervisor.wait_running("shop", other_than=pid)
    app.replace("shop/views.py", "Corner shop", "Corner store")
    app.wait_answer(port, "Corner store")
    assert len(app.wait_running(2)) == 2
