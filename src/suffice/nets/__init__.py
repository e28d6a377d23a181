"""Small neural networks and their losses, learned with ``suffice.fit.descend``, and backward rules written out."""

from suffice.nets.alexnet import AlexNet
from suffice.nets.autoencoder import Autoencoder, DenoisingAutoencoder
from suffice.nets.batch_network import BatchNetwork, evaluate, forward, initial_state
from suffice.nets.batch_norm import BatchNorm, RunningMoments, batch_norm_vjp
from suffice.nets.conv import Conv2d, conv2d_vjp
from suffice.nets.conv_net import ConvNet
from suffice.nets.dropout import dropout
from suffice.nets.losses import (
    binary_cross_entropy,
    classification_loss,
    cross_entropy,
    cross_entropy_vjp,
    reconstruction_loss,
    softmax_vjp,
)
from suffice.nets.mlp import MLP
from suffice.nets.pool import adaptive_average_pool, average_pool, max_pool, max_pool_vjp
from suffice.nets.residual_block import ResidualBlock, residual_block_vjp
from suffice.nets.resnet import Block, ResNet
from suffice.nets.scalar_network import ScalarNetwork, scalar_network_vjp
from suffice.nets.sorting import sort2, sorting_network

__all__ = [
    "MLP",
    "AlexNet",
    "Autoencoder",
    "BatchNetwork",
    "BatchNorm",
    "Block",
    "Conv2d",
    "ConvNet",
    "DenoisingAutoencoder",
    "ResNet",
    "ResidualBlock",
    "RunningMoments",
    "ScalarNetwork",
    "adaptive_average_pool",
    "average_pool",
    "batch_norm_vjp",
    "binary_cross_entropy",
    "classification_loss",
    "conv2d_vjp",
    "cross_entropy",
    "cross_entropy_vjp",
    "dropout",
    "evaluate",
    "forward",
    "initial_state",
    "max_pool",
    "max_pool_vjp",
    "reconstruction_loss",
    "residual_block_vjp",
    "scalar_network_vjp",
    "softmax_vjp",
    "sort2",
    "sorting_network",
]
