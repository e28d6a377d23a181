"""``suffice fit rbm DATA``: learn a restricted Boltzmann machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from suffice.choices import Sampler, Visible
from suffice.cli.by_batches import read_by_batches
from suffice.cli.job import run
from suffice.cli.options import FIT, BatchSize, Data, Epochs, Hidden, RBMJob, Seed
from suffice.cli.parse import flat
from suffice.cli.reading import Reading


@dataclass(frozen=True)
class Contrast:
    """What the fit of a restricted Boltzmann machine can be asked, under the estimator's names."""

    n_hidden: Hidden = 128
    visible: Annotated[Visible, typer.Option(help="What the columns are.", rich_help_panel=FIT)] = "bernoulli"
    binarize: Annotated[
        float | None,
        typer.Option(help="Values above become 1, others 0.", show_default="only 0 to 1 allowed", rich_help_panel=FIT),
    ] = None
    sampler: Annotated[Sampler, typer.Option(help="Chains of the learning.", rich_help_panel=FIT)] = "tempering"
    n_steps: Annotated[int, typer.Option(min=1, help="Gibbs steps for each batch.", rich_help_panel=FIT)] = 1
    epochs: Epochs = None
    batch_size: BatchSize = None
    learning_rate: Annotated[float, typer.Option(help="Size of the first steps.", rich_help_panel=FIT)] = 0.1
    weight_decay: Annotated[float, typer.Option(help="Pull of the weights to 0.", rich_help_panel=FIT)] = 0.0
    validation_fraction: Annotated[
        float | None, typer.Option(help="Share of rows to hold out.", show_default="none", rich_help_panel=FIT)
    ] = None
    largest_gap: Annotated[
        float | None,
        typer.Option(help="Stop where the free-energy gap of rows held out exceeds these nats.", show_default="never",
                     rich_help_panel=FIT),
    ] = None  # fmt: skip
    random_state: Seed = 0


@flat
def rbm(data: Data, job: RBMJob, reading: Reading, learning: Contrast) -> int:
    """Restricted Boltzmann machine: hidden features of rows of zeros and ones, numbers or categories."""
    from suffice import RBM

    return run(RBM(**vars(learning)), data, job, reading, read_by_batches)
