"""``suffice denoise IMAGE``: a two-valued picture restored with an Ising field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suffice.choices import IsingMethod
from suffice.cli.options import RUN, Overwrite
from suffice.cli.parse import flat
from suffice.cli.png import read_grey, write_png
from suffice.cli.run_folder import run_folder
from suffice.cli.telling import Telling, answer, say

if TYPE_CHECKING:
    import numpy as np

    from suffice.energy.grid.restored import Restored


FIELD = "Field"


@flat
def denoise(
    image: Annotated[
        Path, typer.Argument(metavar="IMAGE", help="Black and white picture: PNG, JPEG, TIFF, BMP or GIF.")
    ],
    telling: Telling,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write.", rich_help_panel=RUN)],
    method: Annotated[
        IsingMethod, typer.Option(help="The least energy (cut), or a fast way to little.", rich_help_panel=FIELD)
    ] = "cut",
    h: Annotated[float, typer.Option("--h", help="Preference for black.", rich_help_panel=FIELD)] = 0.0,
    beta: Annotated[float, typer.Option(help="How strongly neighbours agree.", rich_help_panel=FIELD)] = 1.0,
    eta: Annotated[float, typer.Option(help="How strongly pixels stay as they are.", rich_help_panel=FIELD)] = 1.0,
    max_iter: Annotated[int, typer.Option(min=1, help="Most sweeps.", rich_help_panel=FIELD)] = 200,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of gibbs.", rich_help_panel=FIELD)] = 0,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Make a grey picture black and white: white is above this, from 0 to 255.", show_default="none"
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Restore a black and white picture: writes before.png, after.png and energy.png, the energy sweep by sweep."""
    from suffice import IsingDenoiser

    denoiser = IsingDenoiser(h, beta, eta, method=method, max_iter=max_iter, random_state=random_state)
    with run_folder(out, overwrite=overwrite) as folder:
        noisy = _two_valued(read_grey(image), threshold)
        restored = denoiser.denoise(noisy)
        write_png(folder / "before.png", noisy)
        write_png(folder / "after.png", restored.images)
        _draw(restored, folder / "energy.png")
    changed = int((restored.images != noisy).sum())
    say(
        f"energy {restored.trace[0]:.6g} before, {restored.energy:.6g} after; {changed:,} of {noisy.size:,} pixels changed"
    )
    say(restored.outcome)
    say(f"{out} holds before.png, after.png and energy.png")
    answer(
        energy_before=restored.trace[0], energy=restored.energy, changed_pixels=changed, pixels=noisy.size,
        outcome=restored.outcome, out=str(out), files=["before.png", "after.png", "energy.png"],
    )  # fmt: skip


def _two_valued(grey: np.ndarray, threshold: float | None) -> np.ndarray:
    """Black and white pixels, 0 and 255."""
    import numpy as np

    if threshold is None:
        count = len(np.unique(grey))
        if count > 2:
            raise ValueError(
                f"The picture has {count} shades of grey; two are expected. Cut it with --threshold, such as 128."
            )
        return grey
    white = grey > threshold
    if white.all() or not white.any():
        raise ValueError(
            f"--threshold {threshold:g} makes all of the picture one colour; its greys go from {grey.min():g} to {grey.max():g}."
        )
    return np.where(white, np.uint8(255), np.uint8(0))


def _draw(restored: Restored, path: Path) -> None:
    from matplotlib.figure import Figure

    from suffice.plot import EnergyDisplay

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    EnergyDisplay(trace=restored.trace, lower_bound=restored.lower_bound).plot(ax=figure.subplots())
    figure.savefig(path, format="png", dpi=150)
