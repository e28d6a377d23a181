"""What ResNet-50 is made of, by ``suffice.inspect`` and by torchinfo, fvcore and Flax's ``tabulate``: numbers and time.

``python benchmarks/inspect_networks.py`` prints, for each tool, parameters, multiply-accumulates and milliseconds, the best
of three rounds in which all tools take turns. Each counts its own make of the network: ours from ``resnet50.py``, torchvision's,
and one of Flax modules below. ``--image 64`` takes smaller images. What is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import re
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from resnet50 import STAGES, network

ROUNDS = 3


class Count(NamedTuple):
    """What a tool says; None for what it does not say."""

    parameters: int | None
    operations: int | None


def by_suffice(size: int) -> Count:
    """Units, weights, biases, connections, operations and receptive fields."""
    from suffice.inspect import account

    total = account(network, (3, size, size)).total
    return Count(total.parameters, int(total.operations))


def by_suffice_with_bytes(size: int) -> Count:
    """The same as a table, with the bytes of the backward pass in two columns."""
    from suffice.inspect import account

    found = account(network, (3, size, size))
    assert str(found)
    return Count(found.total.parameters, int(found.total.operations))


def by_torchinfo(size: int) -> Count:
    """torchinfo's summary, which runs the network."""
    import torchinfo
    import torchvision

    found = torchinfo.summary(torchvision.models.resnet50(), (1, 3, size, size), verbose=0)
    return Count(found.total_params, found.total_mult_adds)


def by_fvcore(size: int) -> Count:
    """fvcore's analysis, which traces the network by running it."""
    import fvcore.nn
    import torch
    import torchvision

    model = torchvision.models.resnet50().eval()
    analysis = fvcore.nn.FlopCountAnalysis(model, torch.zeros(1, 3, size, size))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return Count(fvcore.nn.parameter_count(model)[""], int(analysis.total()))


def by_flax(size: int) -> Count:
    """Flax's table with FLOPs, which are XLA's; half of them are multiply-accumulates."""
    import jax
    import jax.numpy as jnp

    model, images = flax_network(), jnp.zeros((1, size, size, 3))
    text = model.tabulate(jax.random.key(0), images, compute_flops=True, console_kwargs={"width": 400}, depth=0)
    shapes = jax.eval_shape(model.init, jax.random.key(0), images)["params"]
    flops = max(int(number) for number in re.findall(r"│\s*(\d{6,})\s*│", text))
    return Count(sum(leaf.size for leaf in jax.tree.leaves(shapes)), flops // 2)


def flax_network():
    """The network of Flax modules, evaluated."""
    import jax.numpy as jnp
    from flax import linen as nn

    def normed(x, features, size, stride=1):
        x = nn.Conv(features, (size, size), (stride, stride), padding=size // 2, use_bias=False)(x)
        return nn.BatchNorm(use_running_average=True)(x)

    class Network(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.max_pool(nn.relu(normed(x, 64, 7, 2)), (3, 3), (2, 2), ((1, 1), (1, 1)))
            for number, (count, channels) in enumerate(STAGES):
                for place in range(count):
                    stride = 2 if number and not place else 1
                    inner = nn.relu(normed(nn.relu(normed(x, channels, 1)), channels, 3, stride))
                    x = normed(x, 4 * channels, 1, stride) if not place else x
                    x = nn.relu(normed(inner, 4 * channels, 1) + x)
            return nn.Dense(1000)(jnp.mean(x, (1, 2)))

    return Network()


TOOLS: dict[str, tuple[str | None, Callable[[int], Count]]] = {
    "suffice": (None, by_suffice),
    "suffice, with bytes": (None, by_suffice_with_bytes),
    "torchinfo": ("torchinfo", by_torchinfo),
    "fvcore": ("fvcore", by_fvcore),
    "Flax tabulate": ("flax", by_flax),
}


def timed(function: Callable[[int], Count], size: int) -> tuple[Count, float]:
    """What a tool says, and the milliseconds that it takes."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        found = function(size)
        return found, 1e3 * (time.perf_counter() - begin)


def main() -> None:
    """Let the tools take turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=int, default=224, help="height and width of an image")
    size = parser.parse_args().image
    installed = {
        name: tool for name, (needs, tool) in TOOLS.items() if needs is None or importlib.util.find_spec(needs)
    }
    found = {name: [] for name in installed}
    for _ in range(ROUNDS):
        for name, tool in installed.items():
            found[name].append(timed(tool, size))
    print(f"{'ResNet-50':22}{'parameters':>14}{'multiply-accumulates':>22}{'first, ms':>12}{'best, ms':>11}")
    for name, runs in found.items():
        count, times = runs[0][0], [milliseconds for _, milliseconds in runs]
        print(f"{name:22}{count.parameters:>14,}{count.operations:>22,}{times[0]:>12.0f}{min(times):>11.0f}")
    if missing := TOOLS.keys() - installed.keys():
        print(f"not installed: {', '.join(sorted(missing))}", file=sys.stderr)


if __name__ == "__main__":
    main()
