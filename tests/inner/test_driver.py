"""A program that is run statement by statement looks as it does under plain python."""

import sys
from pathlib import Path

import pytest

from tests.runs import AUTORUN, PYTHON, Outcome, run
from tests.slow import PAUSE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")

WARM = (*AUTORUN, "--quiet", "--warm", "--exit")

PROGRAMS = {
    "it fails": "x = 1\n\n\ndef f():\n    return 1 / 0\n\n\nf()\n",
    "an import fails": "import module\n",
    "it does not compile": "print('never')\nx = = 1\n",
    "it cannot be run": "print('never')\nreturn 1\n",
    "it exits": "import sys\nprint('before')\nsys.exit(4)\n",
    "it shows itself": (
        '"""Doc."""\nfrom __future__ import annotations\n"no doc"\nimport sys\nn: Unknown = 1\n'
        "print(__doc__, __name__, __file__, __spec__, __annotations__, sorted(globals()))\n"
        "print(sys._getframe().f_lineno, sys._getframe().f_code.co_name, sys.argv)\n"
    ),
    "it is inspected": (
        "import inspect\n\n\ndef f():\n    pass\n\n\n"
        "print(inspect.getsource(f), inspect.getsourcelines(f)[1])\n"
    ),
    "it warns": "import warnings\nfor one in range(2):\n    warnings.warn('careful')\nx = 1 is 1\n",
    "it is pickled": (
        "import pickle\n\n\nclass C:\n    pass\n\n\nprint(type(pickle.loads(pickle.dumps(C()))))\n"
    ),
    "it raises a group": "raise ExceptionGroup('both', [ValueError(1), TypeError(2)])\n",
    "it is imported again": (
        f"import time\nprint(__name__)\nif __name__ == '__main__':\n    {PAUSE}\n"
        "    import program\n    print(program.__name__)\n"
    ),
}
MODULE = f"import time\n{PAUSE}\nx = 1\n\n\ndef g():\n    raise KeyError(x)\n\n\ng()\n"


def both(folder: Path, text: str, *flags: str) -> tuple[Outcome, Outcome]:
    (folder / "program.py").write_text(text)
    (folder / "module.py").write_text(MODULE)
    plain = run([PYTHON, *flags, "program.py"], folder)
    warm = run([*WARM, PYTHON, *flags, "program.py"], folder)
    return plain, warm


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_says_what_it_says_by_hand(tmp_path: Path, name: str) -> None:
    plain, warm = both(tmp_path, PROGRAMS[name])
    assert (warm.code, warm.out) == (plain.code, plain.out)
    ours = [line for line in warm.err.splitlines() if not line.startswith("[autorun]")]
    assert ours == plain.err.splitlines()


@pytest.mark.parametrize("flags", [("-O",), ("-OO",), ("-W", "error"), ("-X", "dev"), ("-I",)])
def test_its_flags_are_its_own(tmp_path: Path, flags: tuple[str, ...]) -> None:
    text = '"""Doc."""\nassert 0 if __debug__ else 1\nprint(__doc__, __debug__)\n'
    plain, warm = both(tmp_path, text.replace("assert 0 if", "assert 1 if"), *flags)
    assert (warm.code, warm.out) == (plain.code, plain.out), warm.err


def test_under_a_tracer_it_is_run_whole(tmp_path: Path) -> None:
    """Coverage knows the code objects of a file by their places."""
    text = "import sys\nseen = []\ndef trace(frame, event, arg):\n    seen.append(frame.f_code)\n"
    text += "sys.settrace(trace)\nimport quiet\nsys.settrace(None)\n"
    text += "print(sum(one.co_filename.endswith('quiet.py') for one in seen))\n"
    (tmp_path / "quiet.py").write_text("x = 1\ny = 2\nz = 3\n")
    plain, warm = both(tmp_path, text)
    assert warm.out == plain.out == "1\n"
