"""A package that the program uses is installed once more while it runs."""

from pathlib import Path

import pytest

from tests.driver import App
from tests.packages import install, packages_of, pip, wheel
from tests.runs import PYTHON, environment

PROGRAM = """
import time
import ware
try:
    import optional
    shown = optional.VERSION
except ImportError:
    shown = "nothing"
import used
print("used", used.VERSION, "optional", shown, "ware", ware.VERSION, flush=True)
time.sleep(100)
"""


class Shop:
    """A project with an environment of its own, and wheels for it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.environment = environment(app.project / ".venv")
        app.write("ware.py", "VERSION = 1\n")
        app.write("app.py", PROGRAM)

    def wheel(self, name: str, version: str) -> Path:
        files = {f"{name}/__init__.py": f"from {name}.part import VERSION\n"}
        files[f"{name}/part.py"] = f"VERSION = {version!r}\n"
        return wheel(self.app.folder / "wheels", name, version, files)

    def install(self, *wanted: tuple[str, str], options: tuple[str, ...] = ()) -> None:
        install(self.environment, *(self.wheel(*one) for one in wanted), options=options)

    def start(self, wanted: str) -> None:
        self.app.start("app.py")
        self.app.wait_for(wanted)

    def restarts_for(self, what: str, wanted: str, *, times: int = 1) -> None:
        """The line says what was installed, and the program then prints what is wanted."""
        self.app.wait_for(f"{what} was installed( again)?, restarting", stream="err")
        self.app.wait_for(wanted, times=times, stream="out")

    def ends(self, *, restarts: int) -> None:
        """A save restarts once more, and nothing before it did so more often than told."""
        self.app.edit("ware.py", "VERSION = 2\n")
        self.app.wait_for("ware 2")
        self.app.assert_restarts(restarts + 1)
        assert self.app.stop_leaves_nothing() == 0


@pytest.fixture
def shop(app: App) -> Shop:
    return Shop(app)


def test_a_package_that_is_upgraded_restarts_once(shop: Shop) -> None:
    shop.install(("used", "1.0"), ("other", "1.0"))
    shop.start("used 1.0")
    shop.install(("used", "1.1"), ("other", "1.1"), options=("-U",))
    shop.restarts_for(r"used (1\.0 → )?1\.1", "used 1.1")
    shop.ends(restarts=1)


def test_the_line_says_which_version_was_there_before(shop: Shop) -> None:
    shop.install(("used", "1.0"))
    shop.start("used 1.0")
    shop.install(("used", "2.0"), options=("-U",))
    shop.restarts_for(r"used (1\.0 → )?2\.0", "used 2.0")
    shop.install(("used", "1.5"))
    shop.restarts_for(r"used 2\.0 → 1\.5", "used 1.5")
    shop.install(("used", "1.5"), options=("--force-reinstall",))
    shop.app.wait_for(r"used 1\.5 was installed again, restarting")
    shop.app.wait_for("used 1.5", times=2, stream="out")
    shop.ends(restarts=3)


def test_several_packages_of_one_install_restart_once(shop: Shop) -> None:
    names = ("used", "optional", "other")
    shop.install(*((name, "1.0") for name in names))
    shop.start("used 1.0 optional 1.0")
    shop.install(*((name, "2.0") for name in names), options=("-U",))
    shop.app.wait_for(r"2\.0 and 1 more were installed, restarting")
    shop.app.wait_for("used 2.0 optional 2.0")
    shop.ends(restarts=1)


def test_a_package_that_nobody_uses_restarts_nothing(shop: Shop) -> None:
    """Of two installs the second restarts: the first has been looked at by then as well."""
    shop.install(("used", "1.0"), ("other", "1.0"))
    shop.start("used 1.0")
    shop.install(("other", "2.0"), ("another", "1.0"), options=("-U",))
    shop.install(("used", "1.0"), options=("--force-reinstall",))
    shop.restarts_for(r"used 1\.0", "used 1.0", times=2)
    assert "other" not in shop.app.err()
    shop.ends(restarts=1)


def test_an_ignored_package_restarts_nothing(shop: Shop) -> None:
    shop.install(("used", "1.0"))
    shop.app.start("--ignore", "used", "app.py")
    shop.app.wait_for("used 1.0 optional nothing")
    shop.install(("used", "2.0"), ("optional", "2.0"), options=("-U",))
    shop.restarts_for(r"\[autorun\] optional 2\.0", "used 2.0 optional 2.0")
    shop.ends(restarts=1)


def test_what_was_looked_for_in_vain_restarts_when_it_is_installed(shop: Shop) -> None:
    shop.install(("used", "1.0"))
    shop.start("used 1.0 optional nothing")
    shop.install(("optional", "3.0"))
    shop.restarts_for(r"optional 3\.0", "optional 3.0")
    shop.ends(restarts=1)


def test_a_part_of_a_namespace_may_come_later(shop: Shop) -> None:
    """No distribution owns the namespace; a plain package is as it was installed."""
    shop.app.write(
        "app.py", PROGRAM.replace("import optional", "import space.optional as optional")
    )
    one = {"space/one/__init__.py": ""}
    wheels = shop.app.folder / "wheels"
    install(shop.environment, wheel(wheels, "space_one", "1.0", one), shop.wheel("used", "1.0"))
    shop.start("used 1.0 optional nothing")
    two = {"space/optional.py": "VERSION = 5\n"}
    install(shop.environment, wheel(wheels, "space_two", "1.0", two))
    shop.restarts_for(r"space_two 1\.0", "optional 5")
    shop.ends(restarts=1)


def test_a_program_that_missed_a_package_starts_when_it_is_installed(shop: Shop) -> None:
    shop.start("ModuleNotFoundError: No module named 'used'")
    shop.app.wait_for("waiting for a change")
    shop.install(("used", "1.0"))
    shop.restarts_for(r"used 1\.0", "used 1.0")
    shop.ends(restarts=1)


def test_a_program_that_failed_over_an_old_package_starts_with_the_new_one(shop: Shop) -> None:
    shop.app.write("app.py", PROGRAM.replace("import used", "import used; used.VERSION[3]"))
    shop.install(("used", "1.0"))
    shop.start("IndexError")
    shop.app.wait_for("waiting for a change")
    shop.install(("used", "1.10"), options=("-U",))
    shop.restarts_for(r"used (1\.0 → )?1\.10", "used 1.10")
    shop.ends(restarts=1)


FORKING = """
import os, time
import ware
if os.fork() == 0:
    import used
    print("used", used.VERSION, "ware", ware.VERSION, flush=True)
time.sleep(100)
"""


def test_a_package_that_only_a_worker_loaded_restarts(shop: Shop) -> None:
    shop.app.write("app.py", FORKING)
    shop.install(("used", "1.0"))
    shop.start("used 1.0")
    shop.install(("used", "1.1"), options=("-U",))
    shop.restarts_for(r"used (1\.0 → )?1\.1", "used 1.1")
    shop.ends(restarts=1)


def test_a_package_that_is_removed_restarts_when_it_is_back(shop: Shop) -> None:
    shop.install(("used", "1.0"))
    shop.start("used 1.0")
    pip(shop.environment, "uninstall", "-y", "used")
    assert not (packages_of(shop.environment) / "used").exists()
    shop.install(("used", "2.0"))
    shop.restarts_for(r"used (1\.0 → )?2\.0", "used 2.0")
    shop.ends(restarts=1)


def test_a_package_that_the_program_installs_before_it_loads_it(shop: Shop) -> None:
    """It is newer than the run and not newer than its use: another one is named alone."""
    path = str(shop.wheel("used", "1.0"))
    python = str(shop.environment / "bin" / "python")
    words = [PYTHON, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps"]
    first = (
        f"import subprocess\nsubprocess.run({[*words, '--force-reinstall', path]!r}, check=True)"
    )
    shop.app.write("app.py", f"{first}\n{PROGRAM}")
    shop.start("used 1.0")
    shop.install(("optional", "3.0"))
    shop.restarts_for(r"\[autorun\] optional 3\.0", "used 1.0 optional 3.0")
    shop.ends(restarts=1)
