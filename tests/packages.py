"""Packages made by hand, and an environment to install them into; nothing is fetched."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.driver import clean_environment


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A wheel with these files, which pip can install without an index."""
    metadata = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{metadata}/RECORD"
    lines = [f"{path},{_hash(text)},{len(text)}" for path, text in contents.items()]
    contents[record] = "\n".join([*lines, f"{record},,", ""])
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in contents.items():
            archive.writestr(place, text)
    return path


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def pip(environment: Path, *words: str) -> None:
    """Run pip in an environment, by the pip of this interpreter."""
    python = str(environment / "bin" / "python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "-q", "--no-input", *words],
        env=clean_environment({"PIP_DISABLE_PIP_VERSION_CHECK": "1"}),
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )


def install(environment: Path, *wheels: Path, options: tuple[str, ...] = ()) -> None:
    """Install wheels offline."""
    pip(environment, "install", "--no-index", "--no-deps", *options, *map(str, wheels))


def packages_of(environment: Path) -> Path:
    """Its folder of installed packages."""
    (folder,) = environment.glob("lib/python*/site-packages")
    return folder
