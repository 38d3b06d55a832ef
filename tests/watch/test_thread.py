"""The watcher's thread and the program's forks, in interpreters of their own."""

import sys

import pytest

from tests.children import output

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of tasks")

FORKS = """
    import os, sys, threading, warnings
    from autoreload.system.channel import Channel, pair
    from autoreload.watch.traces import Traces
    from autoreload.watch.watcher import Settings, Watcher
    warnings.simplefilter("error")
    outer, theirs = pair()
    class App:
        def is_called(self): return True
        def is_idle(self): return True
        def cached(self): return None
        def note_imports(self): pass
    watcher = Watcher(Channel(theirs), Traces(), App(), Settings())
    os.register_at_fork(
        before=watcher.park, after_in_parent=watcher.start, after_in_child=watcher.forget
    )
    watcher.start()
    def tasks():
        return len(os.listdir("/proc/self/task"))
    def answers():
        outer.send("look")
        while outer.wait(20):
            if outer.receive().word == "here":
                return True
    def ended(pid):
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert answers()
"""

PARK = f"""{FORKS}
    for _ in range(20):
        watcher.park()
        assert tasks() == 1, os.listdir("/proc/self/task")
        watcher.start()
    assert threading.enumerate() == [threading.main_thread()]
    assert answers()
    print("well")
"""


def test_parked_it_leaves_one_task_of_the_kernel() -> None:
    assert output(PARK) == "well\n"


FORK = f"""{FORKS}
    for _ in range(20):
        pid = os.fork()
        if not pid:
            os._exit(tasks())
        assert ended(pid) == 1
        assert tasks() == 2
    assert answers()
    print("well")
"""


def test_a_fork_finds_no_thread_and_the_parent_keeps_its_own() -> None:
    assert output(FORK) == "well\n"


GRANDCHILD = f"""{FORKS}
    if not (pid := os.fork()):
        if not (below := os.fork()):
            os._exit(tasks())
        code = ended(below)
        os._exit(10 * code + tasks())
    assert ended(pid) == 11
    assert answers()
    print("well")
"""


def test_a_fork_that_forks_gets_no_watcher() -> None:
    """It got one, which took the messages of the first process from the channel."""
    assert output(GRANDCHILD) == "well\n"


AT_ONCE = f"""{FORKS}
    warnings.simplefilter("ignore")
    def fork():
        for _ in range(20):
            pid = os.fork()
            if not pid:
                os._exit(0)
            assert ended(pid) == 0
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=fork, daemon=True) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
        assert not one.is_alive(), "a fork hangs"
    assert answers()
    print("well")
"""


def test_threads_that_fork_at_once_do_not_hang() -> None:
    """The second one waited for ever for the thread that the first had started again."""
    assert output(AT_ONCE) == "well\n"


BUSY = f"""{FORKS}
    busy, free = threading.Event(), threading.Event()
    def cached():
        busy.set()
        free.wait(20)
        return []
    App.cached = lambda self: cached()
    assert busy.wait(20)
    warnings.simplefilter("ignore")
    pid = os.fork()
    if not pid:
        os._exit(0)
    assert ended(pid) == 0
    free.set()
    assert answers()
    print("well")
"""


def test_a_fork_while_it_is_busy_comes_through() -> None:
    """A turn of more than a second hung the fork that came meanwhile."""
    assert output(BUSY) == "well\n"


MASK = f"""{FORKS}
    (task,) = set(os.listdir("/proc/self/task")) - {{str(os.getpid())}}
    with open(f"/proc/self/task/{{task}}/status") as file:
        (blocked,) = [line.split()[1] for line in file if line.startswith("SigBlk")]
    print([number for number in (1, 2, 15, 28) if not int(blocked, 16) >> (number - 1) & 1])
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


def test_signals_are_for_the_main_thread() -> None:
    """One that another thread takes does not wake the main thread from its waiting."""
    assert output(MASK.replace("import os, sys", "import os, signal, sys")) == "[]\nset()\n"


def test_in_haste_the_program_takes_shorter_turns_and_its_own_after_it() -> None:
    said = output("""
        import sys
        from autoreload.watch.thread import HASTE_S, Haste
        haste = Haste()
        sys.setswitchinterval(0.02)
        with haste:
            print(round(sys.getswitchinterval(), 6) == HASTE_S)
        print(sys.getswitchinterval())
        with haste:
            sys.setswitchinterval(0.03)
        print(sys.getswitchinterval())
    """)
    assert said == "True\n0.02\n0.03\n"
