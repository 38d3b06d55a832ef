"""Who listens at an address: real listeners of real processes."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from autoreload.core import protocol
from autoreload.core.holders import Whose, whose
from autoreload.core.keeping import Address
from autoreload.system import ports
from tests.children import Child, named_autorun, run, started
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nobody is known to listen there")

LISTEN = """
    import signal, socket, sys
    server = socket.create_server((sys.argv[1], int(sys.argv[2])))
    print(server.getsockname()[1])
    signal.pause()
"""


def web(port: int, host: str = "127.0.0.1") -> Address:
    return Address(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)


@contextmanager
def listening(host: str = "127.0.0.1", *, cwd: Path | None = None) -> Iterator[tuple[Child, int]]:
    """A process that listens, and its port."""
    with started(LISTEN, host, "0", cwd=cwd) as child:
        yield child, int(child.line())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_who_listens_is_named_with_command_and_folder(tmp_path: Path) -> None:
    with listening(cwd=tmp_path) as (child, port):
        found = ports.occupation(web(port))
        (holder,) = found.holders
        assert (holder.pid, holder.folder) == (child.pid, str(tmp_path))
        assert holder.command[:3] == (sys.executable, "-u", "-c")
        assert (found.is_listened_at, found.uid) == (True, os.getuid())
        assert not holder.is_marked
        assert not ports.is_free(web(port))
    assert ports.is_free(web(port))
    assert ports.occupation(web(port)).holders == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_wildcard_is_in_the_way_of_each_address(host: str) -> None:
    """Whatever is asked for: who is named is who makes the bind fail."""
    try:
        probe = socket.create_server((host, 0), family=web(0, host).family)
    except OSError:
        pytest.skip("no IPv6 here")
    with probe:
        port = probe.getsockname()[1]
        for asked in ("127.0.0.1", "0.0.0.0", "::1", "::"):
            address = web(port, asked)
            with socket.socket(address.family) as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if address.family == socket.AF_INET6:
                    other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    other.bind((asked, port))
                    is_taken = False
                except OSError:
                    is_taken = True
            assert ports.is_free(address) is not is_taken, (host, asked)
            if is_taken:
                assert [one.pid for one in ports.occupation(address).holders] == [os.getpid()]


def test_of_a_server_with_workers_the_first_process_is_named() -> None:
    code = """
        import os, signal, socket
        os.setpgid(0, 0)
        server = socket.create_server(("127.0.0.1", 0))
        for _ in range(3):
            if os.fork() == 0:
                signal.pause()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        print(server.getsockname()[1])
        signal.sigwait({signal.SIGUSR1})
        os.killpg(0, signal.SIGKILL)
    """
    with started(code) as child:
        port = int(child.line())
        assert [one.pid for one in ports.occupation(web(port)).holders] == [child.pid]
        child.send(signal.SIGUSR1)
        child.wait()
        until(lambda: ports.is_free(web(port)))


def test_a_program_that_only_binds_is_nobody_who_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = web(bound.getsockname()[1])
        assert not ports.is_free(address)
        found = ports.occupation(address)
        assert (found.holders, found.is_listened_at) == ([], False)
    assert ports.is_free(address)


def test_what_is_left_of_closed_connections_is_no_hindrance() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = web(server.getsockname()[1])
        client = socket.create_connection(server.getsockname())
        accepted = server.accept()[0]
        accepted.close()  # whoever closes first keeps the address for a while
        client.close()
    assert ports.is_free(address)


def test_a_port_that_one_may_not_bind_counts_as_free() -> None:
    """It is not taken, and the app is the one to say what is wrong."""
    assert ports.is_free(Address(socket.AF_INET, "192.0.2.77", free_port()))


def test_unix_sockets_are_known_by_their_paths(tmp_path: Path) -> None:
    code = """
        import os, signal, socket, sys
        os.chdir(sys.argv[1])
        server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[2]); server.listen()
        print("ready"); signal.pause()
    """
    for name in ("a.sock", str(tmp_path / "b.sock")):  # relative and absolute
        address = Address(socket.AF_UNIX, str(tmp_path / os.path.basename(name)))
        assert ports.is_free(address)
        with started(code, str(tmp_path), name) as child:
            child.line()
            found = ports.occupation(address)
            assert [one.pid for one in found.holders] == [child.pid]
            assert found.uid == os.getuid()
            elsewhere = Address(socket.AF_UNIX, str(tmp_path / "x" / os.path.basename(name)))
            if os.path.isabs(name):
                assert ports.occupation(elsewhere).holders == []
        # The path stays, and nobody listens.
        assert not ports.is_free(address)
        assert not ports.occupation(address).is_listened_at
        os.unlink(address.host)
        assert ports.is_free(address)


def test_what_an_autorun_that_is_gone_has_left_is_told_from_what_one_runs(tmp_path: Path) -> None:
    code = f"""
        import subprocess, sys
        code = {dedent(LISTEN)!r}
        subprocess.Popen([sys.executable, "-u", "-c", code, "127.0.0.1", "0"]).wait()
    """
    mark = {protocol.IDENTITY: "0123456789abcdef"}
    with named_autorun(tmp_path, code, **mark) as autorun:
        port = int(autorun.line())
        (holder,) = ports.occupation(web(port)).holders
        assert holder.is_marked
        assert holder.outer is not None
        assert (holder.outer.pid, holder.outer.folder) == (autorun.pid, str(tmp_path))
        assert whose(holder, autorun.pid, str(tmp_path)) is Whose.APP
        assert whose(holder, 1, str(tmp_path)) is Whose.PROJECT
        assert whose(holder, 1, "/elsewhere") is Whose.AUTORUN
        autorun.send(9)
        autorun.wait()
        try:
            (left,) = ports.occupation(web(port)).holders
            assert left.pid == holder.pid
            assert whose(left, autorun.pid, str(tmp_path)) is Whose.LEFTOVER
        finally:
            os.kill(holder.pid, 9)
        until(lambda: ports.is_free(web(port)))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_of_another_user_only_the_name_is_known() -> None:
    package = Path(ports.__file__).parents[2]
    if any(not os.stat(one).st_mode & 0o005 for one in (package, *package.parents)):
        pytest.skip("the other user cannot read this package")
    code = """
        import os, sys
        import pwd, _socket, errno
        from autoreload.core.keeping import Address
        from autoreload.system import ports, processes, sockets
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        found = ports.occupation(Address(2, "127.0.0.1", int(sys.argv[1])))
        print(len(found.holders), found.is_listened_at, ports.user(found.uid))
    """
    with listening() as (_, port):
        done = run(code, str(port))
    assert (done.out, done.err) == ("0 True root\n", "")


def test_a_user_without_a_name_has_a_number() -> None:
    assert ports.user(3_999_999_999) == "uid 3999999999"
