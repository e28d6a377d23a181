"""The tests under every version that ``pyproject.toml`` names, each in an environment that is thrown away.

``python tests/versions.py`` runs all of them under each Python that is found; ``--quick`` runs some laws, a fit and a command
once for each Python but this one. Names choose environments: ``python tests/versions.py lowest newest-3.13``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("jax", "scikit-learn", "numpy", "scipy", "matplotlib", "pandas", "polars", "pyarrow")
VERSIONS = f"import platform, importlib.metadata as m; print(platform.python_version(), *map(m.version, {PACKAGES}))"
CHECKOUT = ("-e", ".[frames]")
QUICK = (
    "tests/test_laws.py",
    "tests/test_gaussian_mixture.py",
    "tests/test_check_estimator.py",
    "tests/test_data.py",
    "tests/test_encode.py",
    "tests/test_cli.py",
    "-k",
    "weight_two or never_falls or keeps_every_bit or same_start or (PoissonMixture and check_fit) or no_pandas or polars_enum"
    " or four_files or show_names",
)


class Environment(NamedTuple):
    """What is installed beside Suffice under one Python."""

    name: str
    python: str
    requirements: tuple[str, ...] = ()
    resolution: str = "highest"


ENVIRONMENTS = (
    # the oldest matplotlib calls what pyparsing has deprecated since 3.3
    Environment("lowest", "3.11", ("pyparsing==3.2.*",), "lowest-direct"),
    *(Environment(f"newest-{python}", python) for python in ("3.11", "3.12", "3.13")),
    *(Environment(f"scikit-learn-{minor}", "3.13", (f"scikit-learn=={minor}.*",)) for minor in ("1.6", "1.7", "1.8")),
)


def main() -> None:
    """Test, print a table and end with an error where a test failed."""
    names = [each.name for each in ENVIRONMENTS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute or so for each other Python")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the environments here and leave them")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; by default all")
    given = parser.parse_args()
    if unknown := set(given.names) - set(names):
        parser.error(f"{', '.join(unknown)} was given; names of {', '.join(names)} are expected.")
    wanted = given.names or (_quick_names() if given.quick else names)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.keep or Path(temporary)).resolve()
        rows = [row for each in ENVIRONMENTS if each.name in wanted and (row := tested(each, folder, given.quick))]
    print(f"\n| environment | Python | {' | '.join(PACKAGES)} | tests |\n|{'---|' * (len(PACKAGES) + 3)}")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    sys.exit(any(row[-1].startswith("failed") for row in rows))


def _quick_names() -> set[str]:
    here = f"newest-{sys.version_info.major}.{sys.version_info.minor}"  # what `make test` has run
    return {"lowest", "newest-3.12", "newest-3.13"} - {here}


def tested(environment: Environment, folder: Path, quick: bool) -> list[str] | None:
    """Name, versions and outcome of an environment; None where its Python is not found."""
    interpreter = found(environment.python)
    if interpreter is None:
        print(f"{environment.name}: Python {environment.python} was not found on PATH or among pyenv's; skipped.")
        return None
    print(f"{environment.name}: installing", flush=True)
    python = installed(environment, interpreter, folder)
    versions = subprocess.check_output([python, "-c", VERSIONS], text=True).split()
    return [environment.name, *versions, outcome([str(python), "-m", "pytest", "-q", *(QUICK if quick else ())])]


def found(version: str) -> str | None:
    """A Python of this version that starts: this one, on PATH, or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [sys.executable, f"python{version}", *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
    return next((candidate for candidate in candidates if _says(candidate) == version), None)


def _says(candidate: str) -> str | None:
    command = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return None


def installed(environment: Environment, interpreter: str, folder: Path, package: tuple[str, ...] = CHECKOUT) -> Path:
    """The Python of a new virtual environment that holds Suffice, this checkout of it or a wheel, and pytest."""
    target = folder / environment.name
    python = target / "bin" / "python"
    uv = [_uv(folder), "--quiet", "--cache-dir", str(folder / "cache")]
    install = [*uv, "pip", "install", "--python", str(python)]
    for command in (
        [*uv, "venv", "--clear", "--python", interpreter, str(target)],
        [*install, "--resolution", environment.resolution, *package, *environment.requirements],
        [*install, "pytest", "pytest-xdist", "hypothesis"],
    ):
        subprocess.run(command, cwd=REPOSITORY, check=True)
    return python


def _uv(folder: Path) -> str:
    """The uv on PATH, or one installed in the folder: pip cannot install the lowest versions allowed."""
    own = folder / "uv" / "bin" / "uv"
    on_path = shutil.which("uv")
    if on_path is None and not own.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "uv"], check=True)
        subprocess.run([folder / "uv" / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    return on_path or str(own)


def outcome(command: list[str], folder: Path = REPOSITORY) -> str:
    """The closing line of pytest, after all that it prints."""
    line = ""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
    closing = line.strip(" =\n")
    return closing if process.returncode == 0 else f"failed: {closing}"


if __name__ == "__main__":
    main()
