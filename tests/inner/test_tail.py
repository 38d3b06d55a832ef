"""What stands by imports what the last run did, and nobody can tell."""

import sys
from pathlib import Path

import pytest

from tests.children import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

FRAMEWORK = "vine"
"""A package that is known; what stands in it is up to the test."""
RUNS = """
import os, sys
from autoreload.inner.tail import Tail
from autoreload.watch.traces import Traces
traces = Traces()
traces.install()
tail = Tail(traces)
pid = os.fork()
if pid == 0:
    import vine.late, email.mime.text
    tail.note()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert "vine" not in sys.modules
open("second", "w").close()
fit = tail.bring(lambda: False)
print("brought", sorted(one for one in sys.modules if one.startswith(("vine", "email.mime"))))
print("fit", fit)
"""


def brought(folder: Path, late: str) -> tuple[list[str], bool, str]:
    """The modules that were imported, whether the process is fit, and what was said by then."""
    installed = folder / "lib" / "site-packages" / FRAMEWORK
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    (installed / "late.py").write_text(late)
    (folder / "own.py").write_text("VALUE = 1\n")
    code = f"import sys\nsys.path[:0] = [{str(folder)!r}, {str(installed.parent)!r}]\n{RUNS}"
    done = run(code, cwd=folder)
    assert done.code == 0, done.err
    *said, modules, fit = done.out.splitlines()
    return eval(modules.removeprefix("brought ")), fit == "fit True", "\n".join(said) + done.err


def test_what_the_last_run_had_of_a_framework_is_there(tmp_path: Path) -> None:
    assert brought(tmp_path, "import json") == (["vine", "vine.late"], True, "")


def test_one_that_fails_is_left_to_the_run(tmp_path: Path) -> None:
    late = "import os\nif os.path.exists('second'):\n    raise ImportError\n"
    assert brought(tmp_path, late) == (["vine"], True, "")


@pytest.mark.parametrize(
    "does",
    [
        "print('a warning')",
        "import sys; print('a warning', file=sys.stderr)",
        "import os; os.open('kept', os.O_CREAT | os.O_RDONLY)",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import own",
        "import own\nexcept Exception:\n    pass",
    ],
)
def test_an_import_that_could_be_noticed_spoils_it(tmp_path: Path, does: str) -> None:
    if does.endswith("pass"):
        does = f"try:\n    {does}"
    modules, fit, said = brought(tmp_path, does)
    assert not fit
    assert said.count("a warning") == does.count("a warning"), "by the run itself, and not again"
    assert not [one for one in modules if one.startswith("email")]
