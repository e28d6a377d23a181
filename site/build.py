"""The site: pages in Markdown and a reference from the docstrings, in a folder that opens without network or server.

``python site/build.py`` (``make docs``) writes ``build/site``; open its ``index.html``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gallery
from browse import browser, faults_in_browser
from crawl import faults
from reference import list_of_packages, write_reference
from running import differences
from seen import faults_of_report

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md")
"""Pages of the repository's first folder that the site has too."""


def stage(folder: Path) -> None:
    """Lay out pages as the site has them: those of ``docs`` first, then the reference."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(REPOSITORY / "docs", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in BESIDE:
        (folder / name).write_text((REPOSITORY / name).read_text().replace("](docs/", "]("))
    for page in folder.rglob("*.md"):
        depth = len(page.relative_to(folder).parts) - 1
        page.write_text(_with_pictures(page, _moved(page.read_text(), depth)))
    _append(folder / "index.md", "\n" + contents(folder))
    _append(folder / "reference.md", list_of_packages())
    write_reference(folder / "reference")
    (folder / "gallery.md").write_text(gallery.page())


def contents(folder: Path) -> str:
    """The list of pages; those that it does not name are guides."""
    text = (HERE / "contents.md").read_text()
    pages = {str(page.relative_to(folder).with_suffix("")) for page in folder.rglob("*.md")} - {"index"}
    others = sorted(page for page in pages if not re.search(rf"^{page}$", text, re.MULTILINE))
    return text.replace("others\n", "".join(f"{page}\n" for page in others))


def _append(page: Path, text: str) -> None:
    page.write_text(page.read_text() + text)


def _moved(text: str, depth: int) -> str:
    """Links out of ``docs`` lead to where those pages are beside it."""
    return text.replace("](" + "../" * (depth + 1), "](" + "../" * depth)


def _with_pictures(page: Path, text: str) -> str:
    """Pictures with links inside are written into the page, since a picture in a frame of its own leads nowhere."""
    return re.sub(r"!\[[^\]]*\]\((figures/choose\.svg)\)", lambda found: _framed(page.parent / found[1]), text)


def _framed(picture: Path) -> str:
    return f'<div class="picture">\n{picture.read_text()}\n</div>'


def sphinx(pages: Path, out: Path) -> int:
    """Make the site; warnings are errors."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
    return subprocess.run([*command, "-d", str(out.parent / "doctrees"), str(pages), str(out)], check=False).returncode


def slow_pages() -> list[Path]:
    """Pages whose code takes too long for the tests; their output is compared here."""
    return [page for page in sorted(REPOSITORY.glob("docs/**/*.md")) if "\n<!-- slow" in page.read_text()]


def faults_of_gallery(out: Path) -> list[str]:
    """What is wrong with how reports look, where there is a browser."""
    command = browser()
    reports = [] if command is None else sorted((out / "reports").glob("*.html"))
    return [fault for report in reports for fault in faults_of_report(str(command), report)]


def main() -> None:
    """Make the site, and end with an error where something is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "site")
    out = parser.parse_args().out.resolve()
    pages = out.parent / "pages"
    stage(pages)
    shutil.rmtree(out, ignore_errors=True)
    gallery.write_reports(out / "reports")
    status = sphinx(pages, out)
    found = [
        *faults(out),
        *faults_in_browser(out),
        *faults_of_gallery(out),
        *(str(each) for page in slow_pages() for each in differences(page)),
    ]
    print("\n".join(found))
    print(f"{len(list(out.rglob('*.html')))} pages in {out}; open index.html there.")
    sys.exit(status or bool(found))


if __name__ == "__main__":
    main()
