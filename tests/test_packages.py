"""What is said of the package where people look before installing it: versions, Pythons, files."""

import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import packages

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def test_one_version_everywhere():
    citation = re.search(r"^version: (\S+)", (REPOSITORY / "CITATION.cff").read_text(), re.MULTILINE)
    assert citation[1] == PROJECT["version"]
    assert f"\n## {PROJECT['version']}" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_classifiers_name_the_pythons_that_are_allowed():
    allowed = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"])
    named = [each.split(" :: ")[-1] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert named == [f"3.{minor}" for minor in range(int(allowed[1]), int(allowed[2]))]
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert (REPOSITORY / "src" / "suffice" / "py.typed").exists()


def test_the_package_holds_nothing_but_source_and_templates():
    files = [path for path in (REPOSITORY / "src" / "suffice").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.suffix for path in files} <= packages.KINDS
    assert not [name for name in packages.EXPECTED if not (REPOSITORY / name).exists()]


def test_what_is_wrong_with_a_wheel_or_an_sdist_is_found(tmp_path):
    wheel, sdist = tmp_path / "suffice-9-py3-none-any.whl", tmp_path / "suffice-9.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("suffice/__init__.py", "suffice/notes.txt", "tests/a.py", "suffice-9.dist-info/METADATA"):
            archive.writestr(name, "")
    assert packages.faults_of_wheel(wheel) == [
        f"{wheel.name} holds suffice/notes.txt", f"{wheel.name} holds tests/a.py", f"{wheel.name} lacks suffice/py.typed",
    ]  # fmt: skip
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(REPOSITORY / "pyproject.toml", "suffice-9/pyproject.toml")
    assert f"{sdist.name} lacks README.md" in packages.faults_of_sdist(sdist)
    assert f"{sdist.name} lacks pyproject.toml" not in packages.faults_of_sdist(sdist)
