"""Small neural networks and their losses, learned with ``suffice.fit.descend``, and backward rules written out."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.nets.alexnet import AlexNet
    from suffice.nets.autoencoder import Autoencoder, DenoisingAutoencoder
    from suffice.nets.batch_network import BatchNetwork, evaluate, forward, initial_state
    from suffice.nets.conv_net import ConvNet
    from suffice.nets.layers.batch_norm import BatchNorm, RunningMoments, batch_norm_vjp
    from suffice.nets.layers.conv import Conv2d, conv2d_vjp
    from suffice.nets.layers.dropout import dropout
    from suffice.nets.layers.losses import (
        binary_cross_entropy,
        classification_loss,
        cross_entropy,
        cross_entropy_vjp,
        reconstruction_loss,
        softmax_vjp,
    )
    from suffice.nets.layers.pool import adaptive_average_pool, average_pool, max_pool, max_pool_vjp
    from suffice.nets.layers.residual_block import ResidualBlock, residual_block_vjp
    from suffice.nets.mlp import MLP
    from suffice.nets.resnet import Block, ResNet
    from suffice.nets.scalar_network import ScalarNetwork, scalar_network_vjp
    from suffice.nets.sorting import sort2, sorting_network

export_lazily(__name__)
