"""What is wrong with how a report looks in a browser: text over text, and text too faint to read."""

from __future__ import annotations

import html
import json
import re
import tempfile
from pathlib import Path

from browse import opened

WIDTHS = (1400, 390)
DARK = "@media screen and (prefers-color-scheme: dark)"
PROBE = (Path(__file__).parent / "probe.html").read_text()
"""A script that looks at the page it stands in, and writes what it finds below it."""


def faults_of_report(command: str, report: Path) -> list[str]:
    """A sentence for each fault, and for each error of its scripts, wide and narrow, light and dark."""
    text = report.read_text()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, report.name)
        for colours, content in {"light": text, "dark": text.replace(DARK, "@media screen")}.items():
            page.write_text(content + PROBE)
            for width in WIDTHS:
                shown, said = opened(command, page.as_uri(), f"--window-size={width},1200")
                told = re.search(r'<pre id="faults">(.*?)</pre>', shown, re.DOTALL)
                faults = ["the page was not looked at"] if told is None else json.loads(html.unescape(told[1]))
                found += [f"{report.name}, {colours}, {width} pixels: {fault}" for fault in (*said, *faults)]
    return found
