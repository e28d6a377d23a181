"""The picture of the house in ``design.md``: floors as ``tests/test_structure.py`` states them, a box a package.

``python docs/house.py`` (``make figures``) writes ``docs/figures/house.svg``.
"""

from __future__ import annotations

import runpy
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "figures" / "house.svg"
STRUCTURE = runpy.run_path(str(HERE.parent / "tests" / "test_structure.py"))
WIDTH, HEIGHT, STEP, MARGIN = 760, 46, 58, 8


def lines_of(room: str) -> int:
    """Lines of source in a package or file."""
    own = [
        path
        for path in STRUCTURE["FILES"]
        if path.relative_to(STRUCTURE["SOURCE"]).parts[0].removesuffix(".py") == room
    ]
    return sum(len(path.read_text().splitlines()) for path in own)


def floor(rooms: tuple[str, ...], y: int) -> list[str]:
    """Boxes side by side, as wide as each other."""
    width = (WIDTH - MARGIN * (len(rooms) - 1)) / len(rooms)
    return [box(room, k * (width + MARGIN), y, width) for k, room in enumerate(rooms)]


def box(room: str, x: float, y: int, width: float) -> str:
    """One package, and how long it is."""
    middle = x + width / 2
    return (
        f'<rect x="{x + 1:g}" y="{y}" width="{width:g}" height="{HEIGHT}" rx="5"/>'
        f'<text x="{middle:g}" y="{y + 20}">{room}</text>'
        f'<text class="small" x="{middle:g}" y="{y + 37}">{lines_of(room):,} lines</text>'
    )


def drawn() -> str:
    """The picture, the ground at the bottom."""
    floors = [rooms for rooms in reversed(STRUCTURE["FLOORS"]) if rooms != ("__main__",)]
    parts = [each for k, rooms in enumerate(floors) for each in floor(rooms, 4 + k * STEP)]
    height = 4 + STEP * len(floors)
    style = (
        "rect { fill: none; stroke: #7d8894; } text { font: 14px system-ui, sans-serif; text-anchor: middle; fill: #7d8894; }"
        " .small { font-size: 11px; }"
    )
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 2} {height}" width="{WIDTH + 2}" height="{height}">'
    return f"{opening}\n<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n"


if __name__ == "__main__":
    FILE.write_text(drawn())
    print(FILE.name)
