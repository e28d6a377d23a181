"""How well an Ising field restores an image, by its parameters: learned on one half, tested on the other, and a map of them all.

``python experiments/ising_map.py --out FOLDER`` reads the noisy and the clean image from ``images/binary_images.npz`` in the
folder that SUFFICE_DATA names, prints a table, and writes ``ising_map.png`` and ``ising_map.csv``.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from suffice import IsingDenoiser

METHODS = ("cut", "icm", "gibbs", "mean_field", "bp")
LIMITS = {"cut": 0.006, "icm": 0.009}
LEVELS = (0.1, 0.15, 0.2, 0.3, 0.4)
PRML = {"h": 0.0, "beta": 1.0, "eta": 2.1}
BIASES = np.linspace(-0.4, 0.4, 9)
STRENGTHS = np.geomspace(0.3, 3.0, 13)


def images() -> tuple[np.ndarray, np.ndarray]:
    """The clean image and the noisy one; ends the program with a sentence where they are not to be had."""
    path = Path(os.environ.get("SUFFICE_DATA", ""), "images", "binary_images.npz")
    if not path.is_file():
        sys.exit("SUFFICE_DATA names no folder with images/binary_images.npz, which this experiment is about: set it.")
    archive = np.load(path)
    return archive["bayes_clean"], archive["bayes_noisy"]


def wrong(denoiser: IsingDenoiser, noisy: np.ndarray, clean: np.ndarray) -> float:
    """Share of pixels restored wrongly."""
    return float((denoiser.denoise(noisy).images != clean).mean())


def halves(clean: np.ndarray, noisy: np.ndarray) -> None:
    """Parameters learned on one half, wrong pixels on the other, for four ways of halving; says whether limits are kept."""
    row, column = (size // 2 for size in clean.shape)
    left, right, top, bottom = np.s_[:, :column], np.s_[:, column:], np.s_[:row], np.s_[row:]
    print(f"{'learned on':12}{'h':>8}{'beta':>8}{'eta':>8}" + "".join(f"{method:>12}" for method in METHODS))
    worst = dict.fromkeys(METHODS, 0.0)
    for name, here, there in (
        ("left", left, right), ("right", right, left), ("top", top, bottom), ("bottom", bottom, top)
    ):  # fmt: skip
        learned = IsingDenoiser.from_pairs(clean[here], noisy[here])
        field = (learned.h, learned.beta, learned.eta)
        shares = {method: wrong(IsingDenoiser(*field, method=method), noisy[there], clean[there]) for method in METHODS}
        worst = {method: max(worst[method], shares[method]) for method in METHODS}
        print(f"{name:12}" + "".join(f"{value:8.3f}" for value in field) + shown(shares))
    print(
        f"{'PRML, whole':36}"
        + shown({method: wrong(IsingDenoiser(**PRML, method=method), noisy, clean) for method in METHODS})
    )
    for method, limit in LIMITS.items():
        verdict = "holds" if worst[method] < limit else "does not hold"
        print(
            f"{method} below {limit:.1%} wrong pixels on the half not learned on: {verdict} (worst {worst[method]:.2%})"
        )


def noise_levels(clean: np.ndarray) -> None:
    """The same by how many pixels are flipped, learned on the left half."""
    half, draw = clean.shape[1] // 2, np.random.default_rng(0)
    print(f"{'flipped':12}{'h':>8}{'beta':>8}{'eta':>8}" + "".join(f"{method:>12}" for method in METHODS) + "  chosen")
    for level in LEVELS:
        noisy = np.where(draw.random(clean.shape) < level, 1 - clean.astype(int), clean)
        learned = IsingDenoiser.from_pairs(clean[:, :half], noisy[:, :half])
        rest = noisy[:, half:], clean[:, half:]
        shares = {method: wrong(replace(learned, method=method), *rest) for method in METHODS}
        field = "".join(f"{value:8.3f}" for value in (learned.h, learned.beta, learned.eta))
        print(f"{level:<12.0%}{field}{shown(shares)}  {learned.method}")


def shown(shares: dict[str, float]) -> str:
    """Shares in columns."""
    return "".join(f"{share:12.2%}" for share in shares.values())


def parameter_map(clean: np.ndarray, noisy: np.ndarray, method: str) -> np.ndarray:
    """Wrong pixels for every h / eta (rows) and beta / eta (columns), on which alone cut and ICM depend."""
    return np.array(
        [[wrong(IsingDenoiser(h, beta, 1.0, method=method), noisy, clean) for beta in STRENGTHS] for h in BIASES]
    )


def draw(maps: dict[str, np.ndarray], learned: IsingDenoiser, path: Path) -> None:
    """One map beside the other, with where learning ends."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 4.2), layout="constrained")
    axes: Any = figure.subplots(1, len(maps), squeeze=False)[0]
    for ax, (method, share) in zip(axes, maps.items(), strict=True):
        mesh = ax.pcolormesh(STRENGTHS, BIASES, 100 * share, shading="nearest", norm="log", cmap="viridis_r")
        ax.plot(
            learned.beta / learned.eta,
            learned.h / learned.eta,
            "x",
            color="#b8405e",
            label="learned by pseudo-likelihood",
        )
        ax.set(title=f"{method}: least {share.min():.2%}", xlabel="beta / eta", ylabel="h / eta", xscale="log")
        ax.set_xticks([0.3, 0.5, 1, 2, 3], ["0.3", "0.5", "1", "2", "3"])
        ax.minorticks_off()
        ax.legend(loc="upper left")
        figure.colorbar(mesh, ax=ax, label="wrong pixels (%)", format="%g")
    figure.savefig(path, dpi=120)


def write(maps: dict[str, np.ndarray], path: Path) -> None:
    """A line for each pair of parameters."""
    lines = ["h_over_eta,beta_over_eta," + ",".join(maps)]
    for i, j in np.ndindex(len(BIASES), len(STRENGTHS)):
        lines.append(f"{BIASES[i]:.3g},{STRENGTHS[j]:.4g}," + ",".join(f"{share[i, j]:.5f}" for share in maps.values()))
    path.write_text("\n".join(lines) + "\n")


def main() -> None:
    """The halves, then the maps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("energy"), help="folder to write to")
    out = parser.parse_args().out
    clean, noisy = images()
    out.mkdir(parents=True, exist_ok=True)
    print(f"bayes_noisy: {clean.shape[0]} x {clean.shape[1]} pixels, {(clean != noisy).mean():.2%} flipped")
    halves(clean, noisy)
    noise_levels(clean)
    maps = {method: parameter_map(clean, noisy, method) for method in ("cut", "icm")}
    learned = IsingDenoiser.from_pairs(clean, noisy)
    draw(maps, learned, out / "ising_map.png")
    write(maps, out / "ising_map.csv")
    for method, share in maps.items():
        i, j = np.unravel_index(share.argmin(), share.shape)
        print(f"{method}: least of the map {share.min():.2%} at h / eta {BIASES[i]:.2f}, beta / eta {STRENGTHS[j]:.2f}")
    print(f"{out} holds ising_map.png and ising_map.csv")


if __name__ == "__main__":
    main()
