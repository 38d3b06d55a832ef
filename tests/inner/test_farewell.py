"""The program's own functions before a restart, in interpreters of their own."""

from tests.children import run

START = """
import _thread, os, signal, sys, threading, time
from autoreload.inner import farewell as room

woken = _thread.allocate_lock()
woken.acquire()
farewell = room.Farewell(woken.release)
main = threading.main_thread()

def ask_soon():
    timer = threading.Timer(0.05, farewell.begin, [main.ident])
    timer.daemon = True
    timer.start()

def say(*words):
    print(*words, threading.current_thread() is main)

"""


def test_they_are_called_once_in_the_main_thread_whatever_it_waits_in() -> None:
    code = """
waits = {
    "a lock": lambda: woken.acquire(timeout=60),
    "a read": lambda: os.read(ours, 1),
    "a signal": signal.pause,
    "nothing": lambda: [None for _ in iter(woken.locked, False)],
}
for name, wait in waits.items():
    ours, theirs = os.pipe()
    woken = _thread.allocate_lock()
    woken.acquire()
    farewell = room.Farewell(lambda: (woken.release(), os.write(theirs, b"!")))
    farewell.add(lambda: say("first"))
    farewell.add(lambda: say("second"))
    ask_soon()
    wait()
    print(name, farewell.is_over())
    farewell.begin(main.ident)  # a second time, which nobody does
"""
    done = run(START + code)
    wanted = [
        line
        for name in ("a lock", "a read", "a signal", "nothing")
        for line in ("first True", "second True", f"{name} True")
    ]
    assert done.out.splitlines() == wanted, done
    assert (done.code, done.err) == (0, "")


def test_what_they_raise_is_the_programs_and_keeps_nothing() -> None:
    code = """
@farewell.add
def fails():
    1 / 0
farewell.add(lambda: say("called"))
ask_soon()
woken.acquire()
print(farewell.is_over())
sys.excepthook = lambda *_: 1 / 0
farewell = room.Farewell(woken.release)
farewell.add(fails_again := lambda: [][1])
ask_soon()
woken.acquire()
"""
    done = run(START + code)
    assert done.out.splitlines() == ["called True", "True"], done
    assert done.err.startswith('Traceback (most recent call last):\n  File "<string>"')
    assert "in fails\n" in done.err
    assert "IndexError" in done.err
    assert "farewell.py" not in done.err
    assert done.code == 0


def test_an_end_from_inside_is_an_end() -> None:
    code = """
farewell.add(lambda: sys.exit(7))
ask_soon()
time.sleep(60)
"""
    assert run(START + code).code == 7


def test_no_signal_is_taken_that_somebody_uses_and_none_before_it_is_needed() -> None:
    code = """
before = [signal.getsignal(one) for one in signal.valid_signals()]
assert not farewell.begin(main.ident)
assert [signal.getsignal(one) for one in signal.valid_signals()] == before
used = room._candidates()[0]
signal.signal(used, used_by := lambda *_: None)
farewell.add(lambda: say("called"))
assert signal.getsignal(used) is used_by
ask_soon()
woken.acquire()
"""
    done = run(START + code)
    assert (done.code, done.out, done.err) == (0, "called True\n", "")


def test_another_thread_may_give_one() -> None:
    """It cannot take a signal; what it gave is called all the same, beside the main thread."""
    code = """
giving = threading.Thread(target=farewell.add, args=[lambda: say("called")])
giving.start()
giving.join()
farewell.begin(main.ident)
woken.acquire()
"""
    done = run(START + code)
    assert (done.code, done.out, done.err) == (0, "called False\n", "")


def test_a_main_thread_that_does_not_come_is_not_waited_for_long() -> None:
    code = """
farewell.add(lambda: say("called"))
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
began = time.monotonic()
farewell.begin(main.ident)
assert not farewell.is_over()
while not farewell.is_over():
    assert time.monotonic() - began < room.BEGINS_WITHIN_S + 1
assert time.monotonic() - began >= room.BEGINS_WITHIN_S
signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
"""
    done = run(START + code)
    assert (done.code, done.out, done.err) == (0, "called True\n", "")
