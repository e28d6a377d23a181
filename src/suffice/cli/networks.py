"""``suffice fit neural-classifier DATA``, ``autoencoder`` and ``denoising-autoencoder``: learn a network."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from suffice.choices import Activation, AutoencoderVisible, Net
from suffice.cli.images import read_images, read_labelled_images
from suffice.cli.job import run
from suffice.cli.options import FIT, AutoencoderJob, Data, Descent, Hidden, NetworkJob
from suffice.cli.parse import flat, sizes
from suffice.cli.reading import Reading

Visible = Annotated[
    AutoencoderVisible, typer.Option(help="What the columns are.", show_default="detected", rich_help_panel=FIT)
]
Tied = Annotated[bool, typer.Option("--tied", help="Decode with the encoder's weights.", rich_help_panel=FIT)]


@flat
def neural_classifier(
    data: Data,
    job: NetworkJob,
    descent: Descent,
    reading: Reading,
    net: Annotated[Net, typer.Option(help="The network.", rich_help_panel=FIT)] = "mlp",
    hidden_sizes: Annotated[
        Any, typer.Option(parser=sizes, metavar="NUMBERxNUMBER", help="Units of the layers of an MLP.", rich_help_panel=FIT)
    ] = "100",
    activation: Annotated[Activation, typer.Option(help="Of an MLP.", rich_help_panel=FIT)] = "relu",
    channels: Annotated[int, typer.Option(min=1, help="Channels of a residual network.", rich_help_panel=FIT)] = 16,
) -> int:  # fmt: skip
    """Neural network that tells classes apart; images may lie in a folder for each class as PNG files."""
    from suffice import NeuralClassifier

    estimator = NeuralClassifier(
        net, hidden_sizes=hidden_sizes, activation=activation, channels=channels, **learning(descent)
    )
    return run(estimator, data, job, reading, read_labelled_images)


@flat
def autoencoder(
    data: Data,
    job: AutoencoderJob,
    descent: Descent,
    reading: Reading,
    n_hidden: Hidden = 100,
    visible: Visible = "auto",
    tied: Tied = False,
) -> int:
    """Autoencoder: hidden units from which rows can be reconstructed."""
    from suffice import Autoencoder

    estimator = Autoencoder(n_hidden, visible=visible, tied=tied, **learning(descent))
    return run(estimator, data, job, reading, read_images)


@flat
def denoising_autoencoder(
    data: Data,
    job: AutoencoderJob,
    descent: Descent,
    reading: Reading,
    n_hidden: Hidden = 100,
    rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of values dropped while learning.", rich_help_panel=FIT)
    ] = 0.1,
    visible: Visible = "auto",
    tied: Tied = False,
) -> int:
    """Denoising autoencoder: hidden units from which rows can be reconstructed where values were dropped."""
    from suffice import DenoisingAutoencoder

    estimator = DenoisingAutoencoder(n_hidden, rate=rate, visible=visible, tied=tied, **learning(descent))
    return run(estimator, data, job, reading, read_images)


def learning(descent: Descent) -> dict[str, Any]:
    """The shared options as parameters of an estimator."""
    given = vars(descent) | {"validation_fraction": descent.validation_fraction or None}
    return {name: value for name, value in given.items() if name != "learning_rate" or value is not None}
