"""Links that are turned to another place: what was read by way of them is another file then."""

import pytest

from tests.driver import App

SERVE = """
import time
{read}
print("text", text, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("options", [(), ("--poll=0.1",)], ids=["events", "poll"])
@pytest.mark.parametrize("linked", ["now/file.py", "now"])
@pytest.mark.parametrize("what", ["script", "module", "data"])
def test_a_link_that_is_turned_restarts(
    app: App, what: str, linked: str, options: tuple[str, ...]
) -> None:
    """As `ln -sfn` does for a release or a stage."""
    for number in (1, 2):
        text = f"text = {number}\n"
        app.write(f"place{number}/file.py", SERVE.format(read=text) if what == "script" else text)
    read = "import sys; sys.path[:0] = ['now']\nfrom file import text"
    if what == "data":
        read = "text = open('now/file.py').read()[-2]"
    app.write("app.py", SERVE.format(read=read))
    link = app.project / linked
    link.parent.mkdir(exist_ok=True)
    place = "../place{}/file.py" if linked == "now/file.py" else "place{}"
    link.symlink_to(place.format(1))
    app.start(*options, "now/file.py" if what == "script" else "app.py")
    app.wait_for("text 1")
    beside = link.with_name("beside")
    beside.symlink_to(place.format(2))
    beside.replace(link)
    app.wait_for("text 2")
    assert app.stop_leaves_nothing() == 0
