"""What a browser says of pages opened from files: errors of scripts, and whether the search finds things."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = (
    "index.html",
    "choose-a-model.html",
    "mathematics.html",
    "tutorials/tour.html",
    "reference/suffice.GaussianMixture.html",
)
SOUGHT = {"GaussianMixture": "suffice.GaussianMixture.html", "missing values": "how-to.html", "standard error": ".html"}
"""What is searched for, and a page that has to be among what is found."""


def browser() -> str | None:
    """A browser on PATH that opens pages without a window."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def opened(command: str, address: str, *more: str) -> tuple[str, list[str]]:
    """A page as it is once its scripts have run, and what they said on the console."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=5000"]
    result = subprocess.run(
        [command, *options, *more, "--dump-dom", address], capture_output=True, text=True, check=False, timeout=120
    )
    return result.stdout, re.findall(r"CONSOLE.*", result.stderr)


def faults_in_browser(folder: Path) -> list[str]:
    """A sentence for each error, and for each search that finds nothing; a note where there is no browser."""
    command = browser()
    if command is None:
        print(f"Not looked at in a browser: none of {', '.join(BROWSERS)} is on PATH.")
        return []
    found = [f"{page}: {said}" for page in PAGES for said in opened(command, (folder / page).as_uri())[1]]
    return found + [fault for words, page in SOUGHT.items() for fault in faults_of_search(command, folder, words, page)]


def faults_of_search(command: str, folder: Path, words: str, page: str) -> list[str]:
    """The same for one search."""
    shown, said = opened(command, f"{(folder / 'search.html').as_uri()}?q={words.replace(' ', '+')}")
    results = re.findall(r'<li class="kind-\w+"><a href="([^"?#]+)', shown)
    missing = [] if any(page in each for each in results) else [f"The search for {words!r} does not find {page}."]
    return [f"search for {words!r}: {each}" for each in said] + missing
