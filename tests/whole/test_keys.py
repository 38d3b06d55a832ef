"""Keys are taken from the terminal only when the app leaves them: it gets every byte of its own."""

import pytest

from tests.driver import App, until
from tests.terminals import Terminal

TYPING = {"CI": "", "NO_COLOR": "1"}
"""Under CI nobody types."""

SLEEPER = """\
import select
from ware import VERSION
print("version", VERSION, "here", flush=True)
select.select([], [], [], 100)
"""
ASKER = """\
while True:
    print("got", repr(input("name? ")), flush=True)
"""
ASYNC_READER = """\
import asyncio, sys

async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("reads", flush=True)
    while line := await reader.readline():
        print("got", line, flush=True)

asyncio.run(main())
"""
SCREEN = """\
import os, select, termios, tty
before = termios.tcgetattr(0)
tty.setraw(0)
try:
    os.write(1, b"screen\\r\\n")
    while True:
        select.select([], [], [], 0.4)  # it draws, and reads now and then
        if select.select([0], [], [], 0)[0]:
            data = os.read(0, 100)
            os.write(1, f"got {data!r}\\r\\n".encode())
            if b"x" in data:
                break
finally:
    termios.tcsetattr(0, termios.TCSANOW, before)
"""
TEXTUAL = """\
from textual.app import App
from textual.widgets import Input
from ware import VERSION

def note(text):
    with open("said.txt", "a") as file:
        print(text, file=file)

class Screen(App):
    def compose(self):
        yield Input()

    def on_mount(self):
        note(f"up {VERSION}")

    def on_input_submitted(self, event):
        note(f"got {event.value}")
        event.input.clear()

Screen().run()
"""
PASSWORD = """\
import select, termios
modes = termios.tcgetattr(0)
modes[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, modes)
print("password?", flush=True)
select.select([], [], [], 1.0)
print("got", repr(input()), flush=True)
"""


def up(app: App, terminal: Terminal, program: str = SLEEPER, *options: str) -> None:
    app.write("app.py", program)
    app.write("ware.py", "VERSION = 1\n")
    terminal.start(*options, "app.py", env=TYPING)
    terminal.wait_for("started, ")


def test_each_key_does_what_it_says(app: App, terminal: Terminal) -> None:
    up(app, terminal)
    terminal.wait_for("file events\\)  h \\+ enter for help\n")
    terminal.wait_for("ready in")
    terminal.type("h\n")
    terminal.wait_for("] q  quit\n")
    terminal.type("s\n")
    terminal.wait_for("] ready, run 1, pid \\d+")
    terminal.type("u\n")
    terminal.wait_for("] no address yet\n")
    terminal.type("o\n")
    terminal.wait_for("] nothing to open: no address yet\n")
    terminal.type("e\n")
    terminal.wait_for("] no error\n")
    terminal.type("c\n")
    terminal.wait_for("\x1b\\[H\x1b\\[2J")
    terminal.type("r\n")
    terminal.wait_for("restarting, as asked")
    terminal.wait_for("version 1 here", times=2)
    terminal.type("R\n")
    terminal.wait_for("version 1 here", times=3)
    terminal.type("p\n")
    terminal.wait_for("paused for 60 s")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.type("p\n")
    terminal.wait_for("resumed")
    terminal.wait_for("version 2 here")
    terminal.type("q\n")
    assert terminal.wait() == 0, terminal.said()
    app.assert_nothing_left()


def test_enter_tries_again_what_has_failed(app: App, terminal: Terminal) -> None:
    up(app, terminal, "import os\nprint('try')\nos.stat('../made-by-hand')\n")
    terminal.wait_for("waiting for a change")
    terminal.type("e\n")
    terminal.wait_for(r"app\.py:3:1: FileNotFoundError: .*made-by-hand'\n")
    (app.folder / "made-by-hand").touch()
    terminal.type("\n")
    terminal.wait_for("try\n", times=2)
    terminal.wait_for("finished in")


def test_enter_alone_is_no_key_while_the_app_runs(app: App, terminal: Terminal) -> None:
    """People type it to space out the output."""
    up(app, terminal)
    terminal.wait_for("ready in")
    terminal.type("\n\n")
    app.edit("ware.py", "VERSION = 2\n")
    terminal.wait_for("version 2 here")
    terminal.wait_for("ready in", times=2)
    assert terminal.count("ready in") == 2


@pytest.mark.parametrize("line", ["r", "q", "", "h", "p", "quit", "rr"])
def test_a_question_gets_its_answer(app: App, terminal: Terminal, line: str) -> None:
    up(app, terminal, ASKER)
    terminal.wait_for("name[?]")
    for times in range(1, 4):
        terminal.type(line + "\n")
        terminal.wait_for(f"got '{line}'", times=times)
    assert terminal.count("restarting|changed, ready|paused|stopped") == 0


def test_the_debugger_gets_every_letter(app: App, terminal: Terminal) -> None:
    up(app, terminal, "x = 41\nbreakpoint()\nprint('x is', x + 1, flush=True)\ninput()\n")
    terminal.wait_for("[(]Pdb[)] ")
    for times, letter in enumerate(("s", "u", "p", "h"), start=2):
        terminal.type(letter + "\n")
        terminal.wait_for("[(]Pdb[)] ", times=times)
    terminal.type("c\n")
    terminal.wait_for("x is 42")
    assert terminal.count("restarting|changed, ready|paused|stopped|run 1") == 0


def test_a_reader_of_asyncio_gets_every_line(app: App, terminal: Terminal) -> None:
    up(app, terminal, ASYNC_READER)
    terminal.wait_for("reads")
    for letter in "rqphs":
        terminal.type(letter + "\n")
        terminal.wait_for(f"got b'{letter}\\\\n'")
    assert terminal.count("restarting|changed, ready|paused|stopped") == 0


def test_a_whole_screen_gets_every_byte(app: App, terminal: Terminal) -> None:
    """One that is slow, too: without canonical mode nothing is ever ours."""
    up(app, terminal, SCREEN)
    terminal.wait_for("screen")
    for letter in "rqp":
        terminal.type(letter + "\n")
        terminal.wait_for(f"got b'{letter}\\\\n'")
    terminal.type("x")
    terminal.wait_for("finished in")
    assert terminal.count("restarting|changed, ready|paused|stopped") == 0


def test_textual_gets_every_key_before_and_after_a_restart(app: App, terminal: Terminal) -> None:
    said = app.project / "said.txt"
    said.touch()

    def await_said(text: str) -> None:
        until(lambda: said.read_text() == text, lambda: said.read_text() + terminal.said())

    up(app, terminal, TEXTUAL)
    expected = ""
    for version in (1, 2):
        expected += f"up {version}\n"
        await_said(expected)
        for typed in ("r", "q", "p", "hello s"):
            expected += f"got {typed}\n"
            terminal.type(f"{typed}\r")
            await_said(expected)
        app.edit("ware.py", f"VERSION = {version + 1}\n")
    await_said(expected + "up 3\n")
    terminal.type("\x11")  # Ctrl-Q ends it
    terminal.wait_for("finished in")
    assert terminal.count(r"\[autorun\] (paused|stopped|restarting)") == 0


def test_what_is_typed_without_echo_is_nobody_elses(app: App, terminal: Terminal) -> None:
    up(app, terminal, PASSWORD)
    terminal.wait_for("password[?]")
    terminal.type("q\n")
    terminal.wait_for("got 'q'")


def test_longer_lines_wait_for_the_app(app: App, terminal: Terminal) -> None:
    program = SLEEPER.replace("100)", "1.5)\nprint('got', repr(input()), flush=True)")
    up(app, terminal, program)
    terminal.wait_for("version 1 here")
    terminal.type("restart\n")
    terminal.wait_for("got 'restart'")
    assert terminal.count("as asked") == 0


@pytest.mark.parametrize(
    ("options", "env"), [(("--no-keys",), {}), ((), {"CI": "1"}), ((), {"TERM": "dumb"})]
)
def test_no_keys_where_nobody_types(
    app: App, terminal: Terminal, options: tuple[str, ...], env: dict[str, str]
) -> None:
    app.write("app.py", "import select\nselect.select([], [], [], 1)\nprint(input())\n")
    terminal.start(*options, "app.py", env={**TYPING, **env})
    terminal.wait_for("started, ")
    terminal.type("r\n")
    terminal.wait_for("\nr\n")  # the app's own, as late as it asks for it
    assert terminal.count("as asked|h \\+ enter") == 0
