"""File events that do not come: it is noticed, that part is polled, and one line says so."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from autoreload.core.trust import watched_inodes
from tests.driver import App, state_of, until
from tests.namespaces import inside, needs, run_inside

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fdinfo"), reason="Linux's proc(5)")

PROGRAM = """
import sys, time
sys.path.insert(0, "src")
{imports}
print("runs", {versions}, flush=True)
while True:
    time.sleep(0.02)
"""


def program(app: App, *modules: str) -> App:
    """A program that says the version of each module at its start, and stays."""
    for module in modules:
        app.write(module.replace(".", "/") + ".py", "VERSION = 1\n")
    imports = "\n".join(f"import {module.removeprefix('src.')}" for module in modules)
    versions = ", ".join(f"{module.removeprefix('src.')}.VERSION" for module in modules)
    app.write("app.py", PROGRAM.format(imports=imports, versions=versions))
    return app


def watched(app: App) -> list[int]:
    """The inodes that autorun has the kernel watch."""
    found: list[int] = []
    for path in Path(f"/proc/{app.pid}/fdinfo").iterdir():
        try:
            found += watched_inodes(path.read_text())
        except OSError:
            continue  # closed meanwhile
    return found


def wait_watched(app: App, name: str) -> None:
    """Wait until the kernel watches the directory that has this name now."""

    def is_watched() -> bool:
        path = app.project / name
        return path.is_dir() and path.stat().st_ino in watched(app)

    until(is_watched, lambda: f"{name}: {watched(app)}\n{app.said()}")


def edit(path: Path, version: int) -> None:
    path.write_text(f"VERSION = {version}\n")


# --- changes that no event tells of ---------------------------------------------------------------


def edit_until_doubted(app: App, path: Path, served: str, said: str) -> int:
    """Edit where no event tells of it, each edit being served, until a line says so; the version.

    A directory that was subscribed a moment ago is not judged, nor is a file just after an event.
    """
    for version in range(2, 30):
        edit(path, version)
        app.wait_for(served.format(version))
        if app.count(said):
            return version
    raise AssertionError(f"never said: {said}\n{app.said()}")


def test_a_change_without_an_event_ends_the_trust_in_its_directory(app: App) -> None:
    """A file that has a second name elsewhere is changed there, without an event here."""
    program(app, "package.ware", "other.ware").start("app.py")
    wait_watched(app, "package")
    elsewhere = app.folder / "elsewhere.py"
    os.link(app.project / "package/ware.py", elsewhere)
    version = edit_until_doubted(
        app,
        elsewhere,
        "runs {} 1",
        r"package/ware\.py changed without a file event: "
        r"from now on package is compared every 0\.5 s; --poll does so from the start\n",
    )
    edit(elsewhere, version + 1)
    app.wait_for(f"runs {version + 1} 1")
    edit(app.project / "other/ware.py", 2)
    app.wait_for(f"runs {version + 1} 2")
    app.assert_restarts(version + 1)
    app.stop_leaves_nothing()
    assert app.count("compared every") == 1, app.said()


def test_saves_with_events_are_never_doubted(app: App) -> None:
    """Each is judged by the time that another directory has lost the trust."""
    program(app, "package.ware", "other.ware").start("app.py")
    wait_watched(app, "package")
    for version in range(2, 6):
        edit(app.project / "package/ware.py", version)
        app.wait_for(f"runs {version} 1")
    os.link(app.project / "other/ware.py", app.folder / "elsewhere.py")
    edit_until_doubted(app, app.folder / "elsewhere.py", "runs 5 {}", "other is compared every")
    assert app.count("compared every") == 1, app.said()


# --- file systems that can be changed elsewhere ---------------------------------------------------

OVERLAY = """
mount -t overlay overlay -o lowerdir={0}/low,upperdir={0}/up,workdir={0}/work {0}/project/src
"""
"""What is changed in a layer shows in the overlay at once, and no event tells of it."""

CALLED_NFS = """
sed 's/ - overlay / - nfs4 /' /proc/$$/mountinfo > {0}/mountinfo
mount --bind {0}/mountinfo /proc/$$/mountinfo
"""


def layers(app: App, *modules: str) -> None:
    """Modules that the program finds below `src`, in the layer that is changed from outside."""
    needs(
        "mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b /mnt/c /mnt/d; "
        "mount -t overlay o -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c /mnt/d"
    )
    for name in ("low", "work", "up", "project/src"):
        (app.folder / name).mkdir()
    program(app, *(f"src.{module}" for module in modules))
    shutil.rmtree(app.folder / "up")
    (app.project / "src").rename(app.folder / "up")
    (app.project / "src").mkdir()


def test_a_network_file_system_is_polled_and_named(app: App) -> None:
    layers(app, "ware")
    script = (OVERLAY + CALLED_NFS).format(app.folder)
    app.start("app.py", command=inside(script))
    app.wait_for("runs 1")
    app.wait_for(
        "src is on nfs4, which does not tell of changes made elsewhere: "
        r"compared every 0\.5 s; on a local disk, a save is noticed at once\n"
    )
    for version in (2, 3):
        edit(app.folder / "up/ware.py", version)
        app.wait_for(f"runs {version}")
    assert app.count("compared every") == 1, app.said()
    app.stop_leaves_nothing()


def test_a_surprise_on_an_uncommon_file_system_speaks_for_all_of_it(app: App) -> None:
    layers(app, "one.ware", "two.ware")
    app.start("app.py", command=inside(OVERLAY.format(app.folder)))
    app.wait_for("runs 1 1")
    app.wait_for("ready in")
    until(lambda: len(watched(app)) >= 4, lambda: f"{watched(app)}\n{app.said()}")
    version = edit_until_doubted(
        app,
        app.folder / "up/one/ware.py",
        "runs {} 1",
        r"src/one/ware\.py changed without a file event: from now on src is compared",
    )
    edit(app.folder / "up/two/ware.py", 2)
    app.wait_for(f"runs {version} 2")
    app.stop_leaves_nothing()
    assert app.count("compared every") == 1, app.said()


# --- limits of the kernel -------------------------------------------------------------------------


def limited(limit: str, value: int) -> str:
    return f"echo {value} > /proc/sys/user/{limit}"


def test_too_few_watches_leave_some_directories_polled(app: App) -> None:
    script = limited("max_inotify_watches", 2)
    needs(script)
    names = [f"package{number}.ware" for number in range(6)]
    program(app, *names).start("app.py", command=inside(script))
    app.wait_for("runs 1 1 1 1 1 1")
    found = app.wait_for(
        r"inotify limit max_inotify_watches \(2\) is reached: (\d+) folders are compared every "
        r"0\.5 s; raise it: sudo sysctl user\.max_inotify_watches=524288, then start autorun again"
    )
    assert int(found.group(1)) >= 5, app.said()  # six packages and the project, less two
    assert len(watched(app)) == 2
    for number in range(6):
        edit(app.project / f"package{number}/ware.py", 2)
        app.wait_for("runs" + " 2" * (number + 1) + " 1" * (5 - number))
    assert app.count("is reached") == 1
    app.stop_leaves_nothing()


def test_no_event_queue_leaves_everything_polled(app: App) -> None:
    script = limited("max_inotify_instances", 0)
    needs(script)
    program(app, "package.ware").start("app.py", command=inside(script))
    # Version 6 of watchdog takes an instance for each directory, and 7 one for all.
    app.wait_for(
        r"inotify limit max_inotify_instances \(0\) is reached: "
        r"(everything is|\d folders are) compared every 0\.5 s; "
        r"raise it: sudo sysctl user\.max_inotify_instances=1024, then start autorun again"
    )
    edit(app.project / "package/ware.py", 2)
    app.wait_for("runs 2")
    app.stop_leaves_nothing()


def test_after_an_overflow_everything_is_compared(app: App) -> None:
    """While autorun stands still more happens than the kernel keeps, and then the save."""
    program(app, "package.ware")
    app.write("data.txt", "1")
    app.start("--watch", "data.txt", "app.py")
    app.wait_for("ready in")
    wait_watched(app, ".")
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 200_000:
        pytest.skip(f"max_queued_events is {limit}")
    app.send(signal.SIGSTOP)
    until(lambda: state_of(app.pid) == "T", app.said)
    noise = [app.write(name, "") for name in ("one.log", "two.log")]
    # A reader that was stopped in the middle may have some thousands in its hands; equal events in
    # a row would be one.
    for number in range(limit + 10_000):
        os.utime(noise[number % 2])
    app.edit("data.txt", "2")
    app.send(signal.SIGCONT)
    app.wait_for(rf"more file events at once than are kept \(max_queued_events is {limit}\)")
    app.wait_for(r"data\.txt changed, (restarting|ready)")
    app.wait_for("runs 1", times=2)
    edit(app.project / "package/ware.py", 2)
    app.wait_for("runs 2")
    app.stop_leaves_nothing()


# --- another directory of the same name -----------------------------------------------------------


def renamed_over(folder: Path) -> None:
    """As by a checkout into a fresh folder."""
    fresh = folder.with_name("fresh")
    shutil.copytree(folder, fresh)
    folder.rename(folder.with_name("old"))
    fresh.rename(folder)


def made_again(folder: Path) -> None:
    """As by a branch switch; the new directory often gets the inode of the old one."""
    text = (folder / "ware.py").read_text()
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "ware.py").write_text(text)


@pytest.mark.parametrize("replace", [renamed_over, made_again])
def test_a_replaced_directory_is_followed(app: App, replace: Callable[[Path], None]) -> None:
    program(app, "package.ware").start("app.py")
    wait_watched(app, "package")
    replace(app.project / "package")
    wait_watched(app, "package")
    edit(app.project / "package/ware.py", 2)
    app.wait_for("runs 2")
    assert not app.count("compared every"), app.said()
    app.stop_leaves_nothing()


def test_a_replaced_project_is_followed_and_run(app: App) -> None:
    """The clone in place of the old one: the program runs there, not where autorun was started."""
    program(app, "package.ware").start("app.py")
    wait_watched(app, "package")
    app.project.rename(app.folder / "before")
    shutil.copytree(app.folder / "before", app.project)
    wait_watched(app, "package")
    edit(app.project / "package/ware.py", 2)
    app.wait_for("runs 2")
    edit(app.project / "package/ware.py", 3)
    app.wait_for("runs 3")
    assert not app.count("compared every"), app.said()
    app.stop_leaves_nothing()


def test_a_deleted_and_cloned_project_is_followed_and_run(app: App) -> None:
    program(app, "package.ware").start("app.py")
    wait_watched(app, "package")
    shutil.copytree(app.project, app.folder / "clone")
    shutil.rmtree(app.project)
    app.wait_for("waiting for a change")
    edit(app.folder / "clone/package/ware.py", 2)
    (app.folder / "clone").rename(app.project)
    app.wait_for("runs 2")
    wait_watched(app, "package")
    edit(app.project / "package/ware.py", 3)
    app.wait_for("runs 3")
    app.stop_leaves_nothing()


def test_what_is_mounted_over_a_directory_is_followed(app: App) -> None:
    needs("mount -t tmpfs t /mnt")
    program(app, "package.ware").start("app.py", command=inside(""))
    wait_watched(app, "package")
    inner_view = Path(f"/proc/{app.pid}/root{app.project}/package")
    run_inside(app, "mount", "-t", "tmpfs", "t", str(app.project / "package"))
    edit(inner_view / "ware.py", 2)
    app.wait_for("runs 2")
    until(
        lambda: inner_view.stat().st_ino in watched(app),
        lambda: f"{inner_view.stat()} {watched(app)}\n{app.said()}",
    )
    edit(inner_view / "ware.py", 3)
    app.wait_for("runs 3")
    run_inside(app, "umount", str(app.project / "package"))
    app.wait_for("runs 1", times=2)
    wait_watched(app, "package")
    edit(app.project / "package/ware.py", 4)
    app.wait_for("runs 4")
    assert not app.count("compared every"), app.said()


# --- threads that end -----------------------------------------------------------------------------

FAILING = """
import os
if "RELOAD_ENV" not in os.environ:
    from watchdog.observers import api, inotify, inotify_c

    def failing(owner, name, concerns):
        plain = getattr(owner, name)

        def method(self, *args, **kwargs):
            found = plain(self, *args, **kwargs)
            if os.path.exists({trigger!r}) and concerns(self):
                raise ValueError("torn")
            return found

        setattr(owner, name, method)

    def IN_PACKAGE(emitter):
        return emitter.watch.path.endswith("package")

    # Version 7 of watchdog has one reader for all directories, version 6 one for each.
    READER = getattr(inotify_c, "InotifyFD", None) or inotify_c.Inotify

    def OF_PACKAGE(reader):
        return getattr(reader, "path", b"package").endswith(b"package")

    {failing}
"""


def break_thread(app: App, failing: str) -> dict[str, str]:
    """Let a thread of watchdog's raise after it has handed on what comes once `break` is called."""
    site = app.folder / "site"
    site.mkdir()
    trigger = str(app.folder / "trigger")
    (site / "sitecustomize.py").write_text(FAILING.format(trigger=trigger, failing=failing))
    return {"PYTHONPATH": f"{site}:{os.environ.get('PYTHONPATH', '')}"}


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        (
            "failing(inotify.InotifyEmitter, 'queue_events', IN_PACKAGE)",
            # All of them when the thread that takes its place dies before it is known as such.
            r"no file events (any more|for package) \(ValueError: torn\): compared every 0\.5 s",
        ),
        (
            "failing(READER, 'read_events', OF_PACKAGE)",
            r"no file events (any more|for package) \(ValueError: torn\)",
        ),
        (
            "failing(api.BaseObserver, 'dispatch_events', lambda one: True)",
            r"no file events any more \(ValueError: torn\): compared every 0\.5 s",
        ),
    ],
    ids=["of a directory", "that reads", "that hands on"],
)
def test_a_thread_that_died_is_noticed(app: App, failing: str, said: str) -> None:
    environment = break_thread(app, failing)
    program(app, "package.ware", "other.ware").start(
        "--backend=watchdog", "app.py", env=environment
    )
    wait_watched(app, "package")
    wait_watched(app, "other")
    (app.folder / "trigger").touch()
    edit(app.project / "package/ware.py", 2)
    app.wait_for("runs 2 1")
    app.wait_for(said)
    edit(app.project / "package/ware.py", 3)
    app.wait_for("runs 3 1")
    edit(app.project / "other/ware.py", 2)
    app.wait_for("runs 3 2")
    app.stop_leaves_nothing()
    assert "Traceback" not in app.err()
    assert app.count("every 0.5 s") == 1, app.said()
