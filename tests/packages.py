"""The wheel and the sdist as people get them: what is in them, and whether they work in environments that are thrown away.

``python tests/packages.py dist`` (``make package``) takes both from a folder. In each environment it installs the wheel, runs
``python -m suffice.demo`` in an empty folder and the quick part of the tests from the unpacked sdist, so that they import the
wheel. Names choose environments, as for ``tests/versions.py``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path, PurePosixPath

from versions import ENVIRONMENTS, QUICK, Environment, found, installed, outcome

USUAL = ("lowest", "newest-3.11", "newest-3.12", "newest-3.13")
KINDS = {".py", ".j2", ".js", ".typed"}
"""What the package holds besides what the wheel says of itself."""
EXPECTED = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "Makefile")
"""Files of the sdist that people look for."""


def main() -> None:
    """Look at both, try them, and end with an error where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the wheel and the sdist are")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default {', '.join(USUAL)}")
    given = parser.parse_args()
    if unknown := set(given.names) - (names := {each.name for each in ENVIRONMENTS}):
        parser.error(f"{', '.join(unknown)} was given; names of {', '.join(sorted(names))} are expected.")
    wheel, sdist = (next(given.folder.resolve().glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
    faults = [*faults_of_wheel(wheel), *faults_of_sdist(sdist)]
    for path in (wheel, sdist):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tests = unpacked(sdist, folder)
        for each in ENVIRONMENTS:
            if each.name in (given.names or USUAL):
                faults += tried(each, wheel, tests, folder)
    print("\n".join(faults) or "Nothing is wrong.")
    sys.exit(bool(faults))


def faults_of_wheel(wheel: Path) -> list[str]:
    """Files that do not belong into the wheel, and those of its own that it lacks."""
    names = zipfile.ZipFile(wheel).namelist()
    own = [name for name in names if name.startswith("suffice/")]
    strange = [name for name in own if PurePosixPath(name).suffix not in KINDS]
    strange += [
        name for name in names if not name.startswith(("suffice/", f"suffice-{wheel.name.split('-')[1]}.dist-info/"))
    ]
    missing = [name for name in ("suffice/py.typed", "suffice/__init__.py") if name not in names]
    return [f"{wheel.name} holds {name}" for name in strange] + [f"{wheel.name} lacks {name}" for name in missing]


def faults_of_sdist(sdist: Path) -> list[str]:
    """Files that the sdist lacks."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return [f"{sdist.name} lacks {name}" for name in EXPECTED if name not in names]


def unpacked(sdist: Path, folder: Path) -> Path:
    """The folder that the sdist unpacks to."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def tried(environment: Environment, wheel: Path, tests: Path, folder: Path) -> list[str]:
    """What fails in one environment; nothing where its Python is not found."""
    interpreter = found(environment.python)
    if interpreter is None:
        print(f"{environment.name}: Python {environment.python} was not found; skipped.")
        return []
    began = time.perf_counter()
    python = str(installed(environment, interpreter, folder, (f"suffice[frames] @ {wheel.as_uri()}",)))
    ready = time.perf_counter()
    demo = subprocess.run(
        [python, "-m", "suffice.demo", str(folder / f"demo-{environment.name}")], cwd=folder, check=False
    )
    shown = time.perf_counter()
    closing = outcome([python, "-m", "pytest", "-q", *QUICK], tests)
    print(f"{environment.name}: installed in {ready - began:.0f} s, demo {shown - ready:.0f} s, {closing}", flush=True)
    failed = ["the demo"] * bool(demo.returncode) + [closing] * closing.startswith("failed")
    return [f"{environment.name}: {each} fails" for each in failed]


if __name__ == "__main__":
    main()
