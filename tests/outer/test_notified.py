"""Programs that know nothing of us, started again: what they listened on is theirs once more."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from autoreload.system import seccomp
from tests.keeping import Load, Program, free_port

why_not = seccomp.unavailable()
pytestmark = pytest.mark.skipif(bool(why_not), reason=why_not)

Start = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Start]:
    """Make programs of a command; their end is seen to."""
    made: list[Program] = []

    def make(*argv: str) -> Program:
        made.append(Program(argv, tmp_path))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.close()


def python(code: str, *arguments: str) -> Sequence[str]:
    """A Python program, which nothing of ours is in."""
    head = "import os, signal, socket, sys, threading\nprint('begun', flush=True)\n"
    stay = "\nprint('up', flush=True)\nsignal.pause()\n"
    return [sys.executable, "-I", "-c", head + textwrap.dedent(code) + stay, *arguments]


def is_up(one: Program, times: int) -> bool:
    return one.output.exists() and one.output.read_text().split().count("up") == times


def run_twice(one: Program) -> str:
    """Start, keep, stop and start again; all that both runs said but for the marks."""
    one.start()
    one.until(lambda: is_up(one, 1))
    one.restart()
    one.until(lambda: is_up(one, 2))
    marks = ("begun", "up")
    return "\n".join(line for line in one.output.read_text().splitlines() if line not in marks)


def loaded(one: Program, port: int, *, number: int, times: int = 3, takes: int = 1) -> Load:
    """Start it anew under load; what the clients saw."""
    one.start()
    one.until(lambda: one.answer(port) not in ("", "refused"))
    one.until(lambda: one.listeners() >= takes)
    with Load(port) as load:
        for _ in range(times):
            one.restart(number)
            one.until(lambda: sum(held.taken_at is not None for held in one.shelf.kept) >= takes)
            one.until_answered(load)
            one.shelf.close()
        load.stop()
        one.until(load.is_over)
    return load


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_node_refuses_nobody(program: Start, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "server.js").write_text(
        f"require('http').createServer((q, r) => r.end('fine')).listen({port}, '127.0.0.1')"
    )
    load = loaded(program("node", "server.js"), port, number=signal.SIGTERM)
    assert load.refused == 0, load.answers


@pytest.mark.parametrize("workers", [1, 2])
def test_granian_refuses_nobody(program: Start, tmp_path: Path, workers: int) -> None:
    """Rust binds, with SO_REUSEPORT, in one process; others listen."""
    granian = Path(sys.executable).with_name("granian")
    if not granian.exists():
        pytest.skip("no granian here")
    port = free_port()
    (tmp_path / "web.py").write_text(
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'http':\n"
        "        await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "        await send({'type': 'http.response.body', 'body': b'fine'})\n"
    )
    words = f"--interface asginl --workers {workers} --port {port} web:app".split()
    one = program(str(granian), *words)
    load = loaded(one, port, number=signal.SIGTERM, takes=workers)
    assert load.refused == 0, load.answers


def test_http_server_refuses_nobody(program: Start) -> None:
    port = free_port()
    words = ["-m", "http.server", "--bind", "127.0.0.1", str(port)]
    load = loaded(program(sys.executable, *words), port, number=signal.SIGINT)
    assert load.refused == 0, load.answers


@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler here")
def test_a_static_binary_refuses_nobody(program: Start, tmp_path: Path) -> None:
    port = free_port()
    source = tmp_path / "server.c"
    source.write_text(SERVER)
    made = ["cc", "-static", "-o", str(tmp_path / "server"), str(source)]
    if subprocess.run(made, capture_output=True, check=False).returncode:
        made.remove("-static")
        subprocess.run(made, check=True)
    load = loaded(program("./server", str(port)), port, number=signal.SIGTERM)
    assert load.refused == 0, load.answers


SERVER = r"""
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    const char *text = "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfine";
    char asked[4096];
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&at, sizeof at) || listen(server, 8)) return 1;
    for (;;) {
        int client = accept(server, 0, 0);
        if (client < 0) return 2;
        if (read(client, asked, sizeof asked) > 0) write(client, text, strlen(text));
        close(client);
    }
}
"""


def test_the_listener_is_the_same_and_the_socket_as_it_was_made(program: Start) -> None:
    """Number, object, blocking or not, close-on-exec, options and backlog are the program's."""
    port = free_port()
    code = f"""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(sys.argv[1]))
    s.setblocking(False)
    s.set_inheritable(True)
    number = s.fileno()
    s.bind(('127.0.0.1', {port}))
    s.listen(7)
    print(s.fileno() - number, s.getsockname(), os.get_blocking(number), s.get_inheritable(),
          s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), os.fstat(number).st_ino)
    """
    one = program(*python(code, "1"))
    first, second = run_twice(one).splitlines()
    assert first == second
    assert first.startswith(f"0 ('127.0.0.1', {port}) False True 1 ")


def test_another_listener_is_another(program: Start) -> None:
    """The test above can fail: without keeping, it is a new socket."""
    port = free_port()
    one = program(*python(f"s = socket.create_server(('127.0.0.1', {port}))\n"
                          "print(os.fstat(s.fileno()).st_ino)"))  # fmt: skip
    one.keep = list  # type: ignore[method-assign]  # nothing is kept
    first, second = run_twice(one).splitlines()
    assert first != second


SAME = "print(os.fstat(s.fileno()).st_ino, s.getsockname())"
HERE = f"s = socket.create_server(('127.0.0.1', PORT)); {SAME}"
V6 = "family=socket.AF_INET6"

GIVEN_BACK = {
    "port 0": f"s = socket.create_server(('127.0.0.1', 0)); {SAME}",
    "any": f"s = socket.create_server(('0.0.0.0', PORT)); {SAME}",
    "v6": f"s = socket.create_server(('::1', PORT), {V6}); {SAME}",
    "any v6": f"s = socket.create_server(('::', PORT), {V6}); {SAME}",
    "dual": f"s = socket.create_server(('', PORT), {V6}, dualstack_ipv6=True); {SAME}",
    "shared": f"s = socket.create_server(('127.0.0.1', PORT), reuse_port=True); {SAME}",
    "mptcp": f"s = socket.socket(proto=262); s.bind(('127.0.0.1', PORT)); s.listen(); {SAME}",
    "path": f"s = socket.socket(socket.AF_UNIX); s.bind('./a.sock'); s.listen(); {SAME}",
    "whole path": f"""
        s = socket.socket(socket.AF_UNIX)
        s.bind(os.path.abspath('a.sock'))
        s.listen()
        {SAME}
        """,
    "thread": f"""
        def serve():
            global s
            {HERE}
        t = threading.Thread(target=serve)
        t.start()
        t.join()
        """,
    "child has it too": f"{HERE}\nif os.fork() == 0: signal.pause()",
    "child has it": f"{HERE}\nif os.fork() > 0: s.close()\nelse: signal.pause()",
    "child": f"""
        r, w = os.pipe()
        if os.fork() == 0:
            {HERE}
            sys.stdout.flush()
            os.write(w, b'x')
            signal.pause()
        os.read(r, 1)
        """,
}


@pytest.mark.parametrize("kind", GIVEN_BACK)
def test_what_is_given_back(program: Start, kind: str) -> None:
    if kind == "mptcp":
        try:
            socket.socket(proto=262).close()
        except OSError:
            pytest.skip("no MPTCP here")
    host = "::1" if V6 in GIVEN_BACK[kind] else "127.0.0.1"
    one = program(*python(GIVEN_BACK[kind].replace("PORT", str(free_port(host)))))
    first, second = run_twice(one).splitlines()
    assert first == second


def test_a_program_that_binds_twice_to_try_the_port(program: Start) -> None:
    code = f"{HERE}; s.close(); {HERE}; s.listen()".replace("PORT", str(free_port()))
    first = run_twice(program(*python(code))).splitlines()
    assert first[1] == first[2] == first[3]  # what the first run had at its end
    assert first[0] != first[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("('127.0.0.1', PORT)", "('0.0.0.0', PORT)"),
        ("('0.0.0.0', PORT)", "('127.0.0.1', PORT)"),
        ("('0.0.0.0', PORT)", "('::', PORT), family=socket.AF_INET6, dualstack_ipv6=True"),
        ("('::', PORT), family=socket.AF_INET6, dualstack_ipv6=True", "('127.0.0.1', PORT)"),
        ("('::', PORT), family=socket.AF_INET6, dualstack_ipv6=True",
         "('::', PORT), family=socket.AF_INET6"),
        ("('127.0.0.1', PORT)", "('127.0.0.1', PORT), reuse_port=True"),
        ("('127.0.0.1', PORT), reuse_port=True", "('127.0.0.1', PORT)"),
    ],
)  # fmt: skip
def test_what_we_keep_is_in_nobodys_way(program: Start, first: str, second: str) -> None:
    port = str(free_port())
    code = f"""
    here = {first}
    if os.path.exists('again'):
        s = socket.create_server({second})
        print('second', s.getsockname()[:2])
    else:
        open('again', 'w').close()
        s = socket.create_server({first})
        print('first', s.getsockname()[:2])
    """.replace(f"here = {first}", "").replace("PORT", port)
    said = run_twice(program(*python(code)))
    assert said.split()[0] == "first"
    assert said.splitlines()[1].startswith("second")


def test_neighbours_are_both_given_back(program: Start) -> None:
    """One port on two addresses: binding the one is no reason to let the other go."""
    port = free_port()
    code = f"""
    a = socket.create_server(('::1', {port}), family=socket.AF_INET6)
    b = socket.create_server(('127.0.0.1', {port}))
    print(os.fstat(a.fileno()).st_ino, os.fstat(b.fileno()).st_ino)
    """
    first, second = run_twice(program(*python(code))).splitlines()
    assert first == second


def test_a_removed_path_is_no_reason_to_fail(program: Start) -> None:
    """To put the name back is the keeper's; the program has its socket in any case."""
    code = """
    if os.path.exists('a.sock'):
        os.unlink('a.sock')
    s = socket.socket(socket.AF_UNIX); s.bind('a.sock'); s.listen()
    print(s.getsockname())
    """
    assert run_twice(program(*python(code))) == "a.sock\na.sock"


def test_clients_and_datagrams_are_left_alone(program: Start) -> None:
    """What binds port 0 and does not listen must not get a listener."""
    code = """
    client = socket.socket()
    client.bind(('127.0.0.1', 0))
    server = socket.create_server(('127.0.0.1', 0))
    if os.path.exists('again'):
        other = socket.socket()
        other.bind(('127.0.0.1', 0))
        other.connect(server.getsockname())
    open('again', 'w').close()
    client.connect(server.getsockname())
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    datagrams.bind(('127.0.0.1', 0))
    print('fine')
    """
    assert run_twice(program(*python(code))) == "fine\nfine"


def test_the_kernel_still_says_what_is_wrong(program: Start) -> None:
    port = free_port()
    code = f"""
    import ctypes
    def attempt(f, *a):
        try:
            f(*a)
        except OSError as e:
            print(e.errno, end=' ')
        else:
            print('fine', end=' ')
    s = socket.create_server(('127.0.0.1', {port}))
    attempt(s.bind, ('127.0.0.1', {port}))
    attempt(socket.socket().bind, ('127.0.0.1', {port}))
    attempt(socket.socket().bind, ('203.0.113.1', {port}))
    attempt(socket.socket(socket.AF_UNIX).bind, '/no/such/folder/sock')
    libc = ctypes.CDLL(None, use_errno=True)
    for number, pointer, length in ((s.fileno(), 1, 16), (s.fileno(), -1, 16), (999, 0, 0),
                                    (0, 0, 16), (s.fileno(), 0, 1 << 31)):
        print(libc.bind(number, ctypes.c_void_p(pointer), ctypes.c_uint(length)),
              ctypes.get_errno(), end=' ')
    print()
    """
    one = program(*python(code))
    lines = run_twice(one).splitlines()
    assert lines[0] == lines[1]
    assert lines[0].split()[:3] == ["22", "98", "99"]


def test_the_old_run_gets_nothing_on_its_way_out(program: Start) -> None:
    port = free_port()
    code = f"""
    def bind_again(*_):
        a.close()
        try:
            socket.create_server(('127.0.0.1', {port}))
        except OSError as e:
            print('in use', flush=True)
        else:
            print('bound', flush=True)
        os._exit(0)
    a = socket.create_server(('127.0.0.1', {port}))
    signal.signal(signal.SIGTERM, bind_again)
    """
    one = program(*python(code.replace("\n    ", "\n")[1:]))
    one.start()
    one.until(lambda: is_up(one, 1))
    one.keep()
    one.end()
    assert one.output.read_text().split() == ["begun", "up", "in", "use"]
    assert one.shelf.calls == []


def test_what_survives_a_run_goes_on(program: Start, tmp_path: Path) -> None:
    """A daemon of the first run binds while the second runs: it gets its own."""
    port = free_port()
    code = f"""
    s = socket.create_server(('127.0.0.1', {port}))
    if not os.path.exists('daemon'):
        if os.fork() == 0:
            s.close()
            os.setsid()
            open('daemon', 'w').write(str(os.getpid()))
            while not os.path.exists('go'): pass
            t = socket.create_server(('127.0.0.1', 0))
            print('daemon', t.getsockname()[1] != {port}, flush=True)
            os._exit(0)
        while not os.path.exists('daemon'): pass
    """
    one = program(*python(code))
    one.start()
    one.until(lambda: is_up(one, 1))
    one.keep()
    os.kill(one.pid, signal.SIGKILL)
    os.waitpid(one.pid, 0)
    one.pid = 0
    daemon = int((tmp_path / "daemon").read_text())
    try:
        one.start()
        one.until(lambda: is_up(one, 2))
        assert len(one.notified.filenos()) == 2
        (tmp_path / "go").touch()
        one.until(lambda: "daemon True" in one.output.read_text())
        one.until(lambda: len(one.notified.filenos()) == 1)
    finally:
        try:
            os.kill(daemon, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_what_is_left_at_the_end_may_still_bind(program: Start, tmp_path: Path) -> None:
    """Such as a browser that the program has opened."""
    code = """
    while not os.path.exists('go'): pass
    socket.create_server(('127.0.0.1', 0))
    """
    one = program(*python(code))
    one.start()
    one.until(lambda: one.output.exists() and "begun" in one.output.read_text())
    one.notified.close()
    assert one.notified.filenos() == []
    (tmp_path / "go").touch()
    one.until(lambda: is_up(one, 1))
    one.end()
    os.wait()  # for the one that has stood in


def test_a_run_that_began_without_the_filter_is_kept_as_well(program: Start) -> None:
    """As the first one does, which nothing is kept for yet."""
    port = free_port()
    one = program(*python(f"s = socket.create_server(('127.0.0.1', {port})); {SAME}"))
    one.start(plainly=True)
    assert one.notified.filenos() == []
    one.until(lambda: is_up(one, 1))
    one.restart()
    one.until(lambda: is_up(one, 2))
    first, second = [line for line in one.output.read_text().splitlines() if "(" in line]
    assert first == second


def test_where_there_is_no_filter_a_program_starts_all_the_same(program: Start) -> None:
    """Below another filter there is none, and it says why."""
    here = str(Path(__file__).parents[2])
    code = f"""
    sys.path.insert(0, {here!r})
    from tests.keeping import Program
    from pathlib import Path
    below = Program([sys.executable, '-c', 'import socket; socket.create_server(("", 0))'], Path())
    below.output = Path('below.txt')
    below.start()
    print(below.notified.filenos(), below.notified.trouble)
    print(os.waitpid(below.pid, 0)[1])
    """
    one = program(*python(code))
    one.start()
    one.until(lambda: is_up(one, 1))
    lines = one.output.read_text().splitlines()
    assert lines[1:3] == ["[] a program above this one is notified of system calls already", "0"]


def test_a_run_that_has_not_begun_gets_nothing(program: Start) -> None:
    """An interpreter that boots while the last run stops: its binds go on as they are."""
    port = free_port()
    one = program(*python(f"s = socket.create_server(('127.0.0.1', {port}))"))
    one.start()
    one.until(lambda: is_up(one, 1))
    one.keep()
    early = Program(python("socket.create_server(('127.0.0.1', 0))"), one.folder)
    early.output = one.folder / "early.txt"
    early.notified = one.notified
    early.launch()
    try:
        one.until(lambda: is_up(early, 1))
        assert one.shelf.calls == []
        assert len(one.notified.filenos()) == 2
    finally:
        early.end(signal.SIGKILL)
    one.until(lambda: len(one.notified.filenos()) == 1)


def test_nothing_is_left_open(program: Start) -> None:
    one = program(*python(f"s = socket.create_server(('127.0.0.1', {free_port()}))"))
    one.start()
    one.until(lambda: is_up(one, 1))
    before = len(os.listdir("/proc/self/fd"))
    for times in (2, 3, 4):
        one.restart()
        one.until(lambda times=times: is_up(one, times))  # type: ignore[misc]
        one.shelf.close()
    one.until(lambda: len(one.notified.filenos()) == 1)
    assert len(os.listdir("/proc/self/fd")) == before
    one.end()
    one.until(lambda: not one.notified.filenos())


def test_a_namespace_of_its_own_is_another_world(program: Start) -> None:
    """The same port in a network namespace is not ours to give."""
    if subprocess.run(
        ["unshare", "-rn", "true"], capture_output=True, check=False
    ).returncode:  # fmt: skip
        pytest.skip("no namespaces here")
    port = free_port()
    line = f"import socket; socket.create_server(('0.0.0.0', {port})); print('own'); print('up')"
    code = f"""
    if os.path.exists('again'):
        os.execlp('unshare', 'unshare', '-rn', sys.executable, '-c', {line!r})
    open('again', 'w').close()
    s = socket.create_server(('0.0.0.0', {port}))
    """
    one = program(*python(code))
    assert run_twice(one) == "own"
    assert "True" not in " ".join(one.shelf.calls)


def test_a_busy_program_binds_from_many_threads(program: Start) -> None:
    port = free_port()
    code = f"""
    servers = []
    def serve(n):
        servers.append(socket.create_server(('127.0.0.1', 0)))
        for _ in range(20):
            with socket.socket() as s:
                s.bind(('127.0.0.1', 0))
    s = socket.create_server(('127.0.0.1', {port}))
    threads = [threading.Thread(target=serve, args=(n,)) for n in range(4)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(os.fstat(s.fileno()).st_ino, len(servers))
    """
    first, second = run_twice(program(*python(code))).splitlines()
    assert first == second
