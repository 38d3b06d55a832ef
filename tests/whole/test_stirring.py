"""A program that never stops writing beside its code: its events keep nobody from anything."""

from tests.driver import App

PROGRAM = """
import time
import ware
print("ware", ware.VERSION, flush=True)
with open("busy.log", "w") as log:
    while True:
        log.write("one more line\\n")
        log.flush()
        time.sleep(0.0005)
"""


def test_events_without_end_keep_neither_a_save_nor_the_end_waiting(app: App) -> None:
    app.write("app.py", PROGRAM)
    app.write("ware.py", "VERSION = 1\n")
    app.start("app.py")
    for version in (2, 3):
        app.wait_for(f"ware {version - 1}")
        app.wait_for("ready in", times=version - 1)  # due by the clock, and by nothing else
        app.edit("ware.py", f"VERSION = {version}\n")
    app.wait_for("ware 3")
    app.stop_leaves_nothing()
