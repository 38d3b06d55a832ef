"""The witness shows what was sent to the whole group of processes, and goes with its owner."""

import signal

import pytest

from autoreload.system import processes
from tests.children import output, started
from tests.waiting import until

# In a session of its own, so that the group is that of the test alone.
OWNER = """
    import os, signal, sys
    from autoreload.system import signals
    from autoreload.system.witness import Witness
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {*signals.ENDING, *signals.PASSED_ON})
    witness = Witness(os.environ)
    print(witness.pid)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_signal_to_the_group_is_told_from_one_to_the_owner(name: str) -> None:
    said = output(
        OWNER
        + f"""
    os.kill(os.getpid(), signal.{name})
    os.killpg(0, signal.SIGUSR1)
    print(witness.has_died())
    os.killpg(0, signal.{name})
    os.waitid(os.P_PID, witness.pid, os.WEXITED | os.WNOWAIT)
    print(witness.has_died())
    """
    )
    assert said.splitlines()[1:] == ["False", "True"]


def test_it_goes_with_its_owner_however_that_ends() -> None:
    with started(OWNER + "    signal.pause()") as owner:
        pid = int(owner.line())
        assert processes.is_alive(pid)
        owner.send(signal.SIGKILL)
        owner.wait()
        until(lambda: not processes.is_alive(pid))


def test_it_goes_when_it_is_let_go() -> None:
    said = output(OWNER + "    witness.close()\n    print(os.waitpid(witness.pid, 0)[1])")
    assert said.splitlines()[1:] == ["0"]


def test_without_a_program_for_it_nothing_is_shown() -> None:
    said = output(
        """
        from autoreload.system.witness import Witness
        witness = Witness({"PATH": "/nowhere"})
        print(witness.pid, witness.has_died())
        """,
        PATH="/nowhere",
    )
    assert said == "None False\n"
