"""Colours of drawings, for light and for dark pages."""

from __future__ import annotations

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
INK = {"heading": ("#27313b", "#e6ebf0"), "detail": ("#5b6875", "#a3afbb"), "value": ("#1f5f9e", "#82b8ee"),
       "derivative": ("#a8324f", "#f08aa2")}  # fmt: skip
LINES = {"line": ("#77838f", "#8894a0"), "skip": ("#d9822b", "#f0a35a")}
KINDS = {
    "other": (("#f3f5f8", "#8a96a3"), ("#2b323a", "#8894a0")),
    "input": (("#ffffff", "#27313b"), ("#1b2026", "#c4ccd4")),
    "parameter": (("#f6f7e4", "#7d8a2e"), ("#2f3119", "#b3c152")),
    "constant": (("#ffffff", "#8a96a3"), ("#1b2026", "#8894a0")),
    "weighted": (("#e6effa", "#2f6fb0"), ("#1d2f44", "#6ea8e0")),
    "function": (("#e6f4ea", "#3a9a5b"), ("#1c3326", "#69c38a")),
    "pooling": (("#e1f4f3", "#2aa5a0"), ("#183434", "#5fcac6")),
    "norm": (("#efebf9", "#7a5bb5"), ("#2c2540", "#ac93dd")),
    "sum": (("#fdf0e1", "#d9822b"), ("#3a2a18", "#f0a35a")),
    "group": (("#eceff3", "#5a6572"), ("#323a43", "#a3afbb")),
    "unknown": (("#fdeaee", "#b8405e"), ("#3d1f27", "#f08aa2")),
}
GROUND = ("#f7f9fb", "#c9d1d9"), ("#20262d", "#434d57")
"""Filling and edge of a group, light and dark."""


def style(root: str) -> str:
    """The style sheet of a drawing inside an element; light, and dark where the reader wants that."""
    fixed = (
        f"{root}{{color-scheme:light dark}}"
        f"{root} text{{text-anchor:middle;font-family:{FONT}}}"
        f"{root} .heading{{font-weight:600}}{root} .value,{root} .derivative{{font-family:{MONO}}}"
        f"{root} .name{{text-anchor:start;font-weight:600}}{root} .inside{{font-weight:400}}"
        f"{root} .line{{fill:none;stroke-width:1.3}}{root} .line.skip{{stroke-width:2.2}}{root} .head{{stroke:none}}"
        f"{root} .output .shape{{stroke-width:2.4}}{root} .unknown .shape{{stroke-dasharray:4 3}}"
    )
    return f"{fixed}{_colours(root, 0)}@media (prefers-color-scheme:dark){{{_colours(root, 1)}}}"


def _colours(root: str, dark: int) -> str:
    rules = [f"{root} .{name}{{fill:{own[dark]}}}" for name, own in INK.items()]
    rules += [f"{root} .name{{fill:{INK['detail'][dark]}}}"]
    for name, own in KINDS.items():
        rules.append(f"{root} .{name} .shape{{fill:{own[dark][0]};stroke:{own[dark][1]}}}")
    for name, own in LINES.items():
        rules.append(f"{root} .{name}{{stroke:{own[dark]}}}{root} .{name} + .head{{fill:{own[dark]}}}")
    fill, stroke = GROUND[dark]
    return "".join([*rules, f"{root} .ground{{fill:{fill};stroke:{stroke}}}", f"{root} path.line{{fill:none}}"])
