"""What is wrong with a folder of pages: links and anchors that lead nowhere, pictures without words, what needs a network."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


class Page(HTMLParser):
    """Anchors, links, pictures without words and addresses that a page loads from."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.wordless: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what one tag says."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "script", "iframe", "source") and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "link" and given.get("rel") != "canonical" and "href" in given:
            self.loaded.append(given["href"])
        if tag == "img" and not given.get("alt"):
            self.wordless.append(given.get("src", "?"))

    handle_startendtag = handle_starttag


@cache
def parsed(path: Path) -> Page:
    """A page, read."""
    page = Page()
    page.feed(path.read_text())
    return page


def faults(folder: Path) -> list[str]:
    """A sentence for each thing that is wrong."""
    return [said for path in sorted(folder.rglob("*.html")) for said in faults_of(path, folder)]


def faults_of(path: Path, folder: Path) -> list[str]:
    """The same for one page."""
    page, name = parsed(path), path.relative_to(folder)
    wordless = [f"{name}: {picture} has no alternative text." for picture in page.wordless]
    far = [f"{name}: {address} is loaded from the network." for address in page.loaded if urlsplit(address).netloc]
    lost = [f"{name}: {link} leads nowhere." for link in page.links + page.loaded if not leads(path, link)]
    return wordless + far + lost


def leads(path: Path, link: str) -> bool:
    """Whether a link leads to a file and an anchor that are there; addresses elsewhere are not asked."""
    if urlsplit(link).scheme or urlsplit(link).netloc:
        return True
    address, anchor = urldefrag(link)
    target = (path.parent / unquote(urlsplit(address).path)).resolve() if urlsplit(address).path else path
    if not target.is_file():
        return False
    return not anchor or target.suffix != ".html" or unquote(anchor) in parsed(target).anchors
