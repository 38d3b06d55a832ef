"""`wait` is exact: when it says ready, everything that was saved before it was asked runs."""

import random

import pytest

from autoreload.client.connection import Connection
from tests.controlling import asked, command, connected
from tests.driver import App, free_port
from tests.saving import Save, backup_and_rename, in_place, rename_over

SERVER = """\
import socket

import first
from package import second

server = socket.create_server(("127.0.0.1", {port}))
while True:
    client, _ = server.accept()
    client.recv(1000)
    text = f"first {{first.VERSION}} second {{second.VERSION}}."
    client.sendall(f"HTTP/1.0 200 OK\\r\\n\\r\\n{{text}}".encode())
    client.close()
"""
MODULE = "VERSION = {version:04d} // {fine:d}\n".replace("{version:04d}", "int('{version:04d}')")
"""Every version has the same size, so that neither size nor whole seconds tell two apart."""

WAYS: tuple[Save, ...] = (in_place, rename_over, backup_and_rename)


class Project:
    """A server of two modules under autorun, and what was saved last."""

    def __init__(self, app: App, *options: str) -> None:
        self.app = app
        self.port = free_port()
        self.versions = {"first.py": 1, "package/second.py": 1}
        app.write("app.py", SERVER.format(port=self.port))
        app.write("package/__init__.py", "")
        for name in self.versions:
            app.write(name, MODULE.format(version=1, fine=1))
        app.start(*options, "app.py")
        app.wait_for("started, ")

    def save(self, name: str, version: int, way: Save = in_place, *, text: str = "") -> None:
        self.versions[name] = version
        way(self.app.project / name, text or MODULE.format(version=version, fine=1))

    def expected(self) -> str:
        first, second = self.versions.values()
        return f"first {first} second {second}."

    def assert_current(self, one: Connection, what: str) -> None:
        found = one.ask("wait", within_s=40, timeout=30)
        answer = self.app.get(self.port)
        told = f"{what}: {found}\n{self.app.said()}"
        assert found["result"] == "ready", told
        assert answer == self.expected(), f"{answer!r} for {self.expected()!r}, {told}"


@pytest.mark.parametrize("options", [(), ("--poll=0.2",)], ids=["events", "polling"])
@pytest.mark.parametrize("seed", range(3))
def test_none_is_old(app: App, options: tuple[str, ...], seed: int) -> None:
    """Saves of every kind, each followed by a wait and a request: 40 by each of three seeds."""
    project = Project(app, *options)
    chance = random.Random(seed)
    with connected(app) as one:
        for number in range(2, 42 if not options else 12):
            names = list(project.versions)
            kind = chance.choice(("one", "one", "one", "both", "twice", "touch", "late", "broken"))
            name = chance.choice(names)
            match kind:
                case "both":
                    for each in names:
                        project.save(each, number, chance.choice(WAYS))
                case "twice":  # the second one meets the boot of the first
                    project.save(name, 9000 + number, chance.choice(WAYS))
                    one.ask("status")
                    project.save(name, number, chance.choice(WAYS))
                case "touch":
                    (app.project / name).touch()
                case "late":  # another is on its way when it is asked
                    project.save(names[0], number, chance.choice(WAYS))
                    project.assert_current(one, f"{number} {kind}, half")
                    project.save(names[1], number, chance.choice(WAYS))
                case "broken":
                    broken = chance.choice(("VERSION = (", MODULE.format(version=1, fine=0)))
                    project.save(name, number, chance.choice(WAYS), text=broken)
                    found = one.ask("wait", within_s=40, timeout=30)
                    assert found["result"] == "broken", f"{number} {found}\n{app.said()}"
                    error = found["error"]
                    assert isinstance(error, dict)
                    assert (error["file"], error["line"]) == (name, 1)
                    project.save(name, number, chance.choice(WAYS))
                case _:
                    project.save(name, number, chance.choice(WAYS))
            project.assert_current(one, f"{number} {kind}")


def test_the_command_says_it_in_its_exit_code(app: App) -> None:
    project = Project(app)
    ready = command(app, "wait")
    assert (ready.code, ready.err) == (0, "")
    assert ready.out.startswith("ready, run 1, pid ")
    project.save("first.py", 2, text="VERSION = nothing\n")
    broken = command(app, "wait")
    assert broken.code == 1
    assert broken.out.splitlines()[0] == "first.py:1:11: NameError: name 'nothing' is not defined"
    project.save("first.py", 3)
    assert asked(app, "wait")["result"] == "ready"
    assert app.get(project.port) == project.expected()


def test_what_does_not_compile_is_broken_until_it_does(app: App) -> None:
    project = Project(app)
    assert command(app, "wait").code == 0
    project.save("package/second.py", 1, text="VERSION = (\n")
    found = asked(app, "wait")
    assert found["result"] == "broken"
    assert found["state"] == "ready"  # the old code goes on
    assert found["error"]["file"] == "package/second.py"
    project.save("package/second.py", 1)
    assert asked(app, "wait")["result"] == "ready"
    assert asked(app, "status")["run"] == 1  # the files are as they were


def test_kept_changes_are_not_current(app: App) -> None:
    project = Project(app)
    assert command(app, "pause", "--for", "5m").code == 0
    project.save("first.py", 2)
    late = command(app, "wait", "--timeout", "0.5")
    assert (late.code, late.out) == (124, "not ready in time: paused\n")
    status = command(app, "status")  # the wait has made the inner compare
    assert status.code == 4
    assert "1 changed file waits to be run" in status.out
    assert app.get(project.port) == "first 1 second 1."
    assert command(app, "resume").code == 0
    assert command(app, "wait").code == 0
    assert app.get(project.port) == project.expected()


def test_a_pause_ends_by_itself(app: App) -> None:
    project = Project(app)
    assert command(app, "wait").code == 0
    assert command(app, "pause", "--for", "0.5").code == 0
    project.save("first.py", 2)
    app.wait_for("the pause is over, restarts again")
    assert command(app, "wait").code == 0
    assert app.get(project.port) == project.expected()


def test_a_program_that_is_done_is_current(app: App) -> None:
    app.write("app.py", "print(1)\n")
    app.start("app.py")
    assert asked(app, "wait")["result"] == "finished"
    app.edit("app.py", "print(2)\n")
    assert asked(app, "wait")["result"] == "finished"
    assert app.out() == "1\n2\n"


def test_another_program_is_waited_for(app: App) -> None:
    """Its files are compared by the outer alone."""
    app.write("value.txt", "1")
    app.write("show.sh", "cat value.txt; echo; exec sleep 100\n")
    app.start("--", "sh", "show.sh")
    assert asked(app, "wait")["result"] == "ready"
    for number in range(2, 6):
        app.edit("value.txt", str(number))
        assert asked(app, "wait")["result"] == "ready"
        assert app.out().endswith(f"{number}\n"), app.said()


def test_a_program_that_does_not_let_its_watcher_run_is_compared_by_the_outer(app: App) -> None:
    app.write("busy.py", "import re, sys\nprint('up', flush=True)\nre.match('(a*)*b', 'a' * 40)\n")
    app.start("busy.py")
    app.wait_for("up\n")
    assert command(app, "wait", "--timeout", "3").code in (0, 124)  # it may never count as ready
    app.edit("busy.py", "print('new')\n")
    assert asked(app, "wait")["result"] == "finished"
    assert app.out().endswith("new\n")
