"""Waking a thread that missed a signal: in interpreters of their own."""

from tests.children import output

LOST = """
import _thread, os, signal, sys, threading, time
from autoreload.system import interrupts

read, write = os.pipe()
heard = []
woken = []

def handler(number, frame):
    heard.append(number)
    os.write(write, b"!")

signal.signal(signal.SIGUSR1, handler)

def lose_and_wake():
    # What a signal leaves behind that came a moment before the system call: it is due, and the
    # call goes on.
    while open(f"/proc/self/task/{os.getpid()}/wchan").read() in ("", "0"):
        if open(f"/proc/self/task/{os.getpid()}/stat").read().rpartition(")")[2].split()[0] == "S":
            break
    _thread.interrupt_main(signal.SIGUSR1)
    woken.append(interrupts.wake(threading.main_thread().ident))

loser = threading.Thread(target=lose_and_wake)
loser.start()
os.read(read, 1)
loser.join()
print(woken, heard == [signal.SIGUSR1], signal.getsignal(signal.SIGRTMAX) == signal.SIG_DFL)
"""


def test_a_signal_that_was_lost_is_heard_once_and_the_program_knows_of_no_other() -> None:
    """An app with a handler of its own was killed at its time, as it never heard that it should."""
    assert output(LOST) == "[True] True True\n"


def test_a_program_that_uses_the_signal_itself_is_left_alone() -> None:
    code = """
    import signal, threading
    from autoreload.system import interrupts
    signal.signal(signal.SIGRTMAX, lambda number, frame: print("sent"))
    print(interrupts.wake(threading.main_thread().ident))
    """
    assert output(code) == "False\n"
