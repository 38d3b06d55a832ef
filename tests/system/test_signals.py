"""The outer's ears, in interpreters of their own: blocked signals belong to a whole process."""

import os
import signal
import sys

import pytest

from tests.children import on_terminal, output, started

LISTEN = """
    import os, signal, sys
    from autoreload.system.signals import Ears
    ears = Ears()
    print("ready")
    while True:
        if ears.wait(60):
            for heard in ears.heard():
                print(signal.Signals(heard.number).name, heard.typed)
"""


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGWINCH,
        signal.SIGUSR1,
        signal.SIGUSR2,
    ],
)
def test_a_signal_that_is_sent_is_heard_and_not_typed(number: signal.Signals) -> None:
    with started(LISTEN) as child:
        assert child.line() == "ready"
        for _ in range(2):
            child.send(number)
            assert child.line() == f"{number.name} False"


def test_signals_are_heard_in_the_order_of_their_coming() -> None:
    with started(LISTEN) as child:
        child.line()
        for number in (signal.SIGUSR2, signal.SIGINT, signal.SIGTERM):
            child.send(number)
            assert child.line() == f"{number.name} False"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS tells no sender")
@pytest.mark.parametrize(("key", "name"), [(b"\x03", "SIGINT"), (b"\x1c", "SIGQUIT")])
def test_a_typed_signal_is_told_from_a_sent_one(key: bytes, name: str) -> None:
    with on_terminal(LISTEN) as (child, terminal):
        assert child.line() == "ready"
        os.write(terminal, key)
        assert child.line()[2:] == f"{name} True"  # the terminal shows ^C before it
        child.send(getattr(signal, name))
        assert child.line() == f"{name} False"


def test_a_child_that_ends_is_heard() -> None:
    script = """
        import os, signal, sys
        from autoreload.system import processes
        from autoreload.system.signals import Ears
        ears = Ears()
        processes.spawn([sys.executable, "-c", ""], os.environ, mask=ears.mask)
        assert ears.wait(60)
        print([signal.Signals(one.number).name for one in ears.heard()])
        print([one.code for one in processes.reap()])
    """
    assert output(script) == "['SIGCHLD']\n[0]\n"


def test_nothing_to_hear_is_said_at_once() -> None:
    script = """
        from autoreload.system.signals import Ears
        ears = Ears()
        print(ears.heard(), ears.wait(0), ears.wait(-1))
    """
    assert output(script) == "[] False False\n"


def test_what_was_ignored_stays_ignored() -> None:
    """`nohup autorun` is not ended by the terminal that goes."""
    script = """
        import os, signal
        from autoreload.system.signals import Ears
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        ears = Ears()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert ears.wait(60)
        print([signal.Signals(one.number).name for one in ears.heard()])
        print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)
    """
    assert output(script) == "['SIGUSR1']\nTrue\n"


@pytest.mark.parametrize("blocked", [[], [signal.SIGUSR1, signal.SIGTERM]])
def test_children_get_the_mask_that_was_there_before(blocked: list[signal.Signals]) -> None:
    numbers = [int(number) for number in blocked]
    script = f"""
        import os, signal, sys
        from autoreload.system import processes
        from autoreload.system.signals import Ears
        signal.pthread_sigmask(signal.SIG_SETMASK, {numbers})
        ears = Ears()
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert ears.mask == set({numbers}), ears.mask
        code = "import signal; print(sorted(map(int, signal.pthread_sigmask(0, []))))"
        child = processes.spawn([sys.executable, "-c", code], os.environ, mask=ears.mask)
        os.waitpid(child, 0)
    """
    assert output(script) == f"{sorted(numbers)}\n"


def test_a_write_to_the_terminal_from_the_background_does_not_stop_us() -> None:
    script = """
        import signal
        from autoreload.system.signals import Ears
        Ears()
        print(signal.SIGTTOU in signal.pthread_sigmask(signal.SIG_BLOCK, []))
        print(signal.SIGTSTP in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    """
    assert output(script) == "True\nFalse\n"


DIE = """
    import signal, sys
    from autoreload.system.signals import Ears, die_by
    ears = Ears()
    print("ready")
    die_by(int(sys.argv[1]), ears.mask)
    print("still here")
"""


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGKILL,
        signal.SIGSEGV,
        signal.SIGPIPE,
    ],
)
def test_who_waits_for_us_sees_the_signal(number: signal.Signals) -> None:
    with started(DIE, str(int(number))) as child:
        assert child.wait() == -number
        assert child.line() == "ready"


def test_we_end_by_a_signal_that_was_blocked_before_us() -> None:
    script = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n{DIE}"
    lines = "\n".join(line.strip() for line in script.splitlines())
    with started(lines, str(int(signal.SIGTERM))) as child:
        assert child.wait() == -signal.SIGTERM


def test_the_thread_that_listens_does_not_take_our_own_end() -> None:
    """`kill` with our own pid raced with the listener: it heard the signal, and we went on."""
    script = f"""
        import os, sys
        for _ in range(25):
            child = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", {SLOW_DIE!r}])
            assert child == -15, child
        print("well")
    """
    assert output(script) == "well\n"


SLOW_DIE = """
import os, signal
from autoreload.system.signals import Ears, die_by
ears = Ears()
os.kill(os.getpid(), signal.SIGUSR1)
assert ears.wait(60)  # the listener listens
die_by(signal.SIGTERM, ears.mask)
"""
