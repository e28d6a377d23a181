"""Networks: ours, PyTorch and scikit-learn from the same initial weights, with the same batches, in one run.

``python benchmarks/nets.py`` prints each case and ends with one JSON line; ``--help`` has the options. The extra ``bench``
brings PyTorch; without it only scikit-learn is compared with.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import numpy as np
import optax
from measure import machine
from mixtures import CONSOLE, say
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.utils import check_random_state

from suffice.fit import descend
from suffice.fit.batches import shuffled_batches
from suffice.nets import MLP, Autoencoder, ResNet, classification_loss, reconstruction_loss
from suffice.runtime.precision import cast

RATE = 0.1
SEED = 0
STEPS = 100
TORCH = find_spec("torch") is not None
SGD = optax.sgd(RATE)


def images(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits of 8 x 8, repeated and blown up to 28 x 28 where asked, with their labels."""
    digits = load_digits()
    index = np.arange(count) % len(digits.data)
    pictures = (digits.images[index] / 16).astype(np.float32)
    if size == 28:
        pictures = np.pad(np.kron(pictures, np.ones((3, 3), np.float32)), ((0, 0), (2, 2), (2, 2)))
    return pictures[:, None], digits.target[index]


def batches(count: int, batch_size: int, epochs: int) -> list[list[np.ndarray]]:
    """Row numbers of every batch of every epoch, in the order in which ``descend`` takes them."""
    key = jax.random.key(check_random_state(SEED).randint(np.iinfo(np.int32).max), impl="threefry2x32")
    orders = [shuffled_batches(jax.random.fold_in(key, epoch), count, batch_size) for epoch in range(epochs)]
    return [[index[true] for index, true in zip(*map(np.asarray, order), strict=True)] for order in orders]


def ours(network: Any, data: Any, loss: Any, batch_size: int, epochs: int) -> tuple[float, float, np.ndarray]:
    """Seconds to the first epoch's end, seconds of an epoch after it, and the mean loss of each epoch."""
    fit = partial(descend, network, data, loss=loss, optimizer=SGD, batch_size=batch_size, random_state=SEED)
    first, _ = seconds_of(lambda: fit(epochs=1))
    short = min(seconds_of(lambda: fit(epochs=1))[0] for _ in range(3))
    long, solution = min((seconds_of(lambda: fit(epochs=epochs)) for _ in range(3)), key=lambda pair: pair[0])
    return first, (long - short) / (epochs - 1), solution.trace["loss"]


def seconds_of(run: Callable[[], Any]) -> tuple[float, Any]:
    """Time of one run, and what it gives."""
    begin = time.perf_counter()
    result = run()
    return time.perf_counter() - begin, result


def in_pytorch(network: Any, data: Any, loss: Any, batch_size: int, epochs: int) -> tuple[float, np.ndarray]:
    """Seconds of an epoch after the first, the least of all, and the mean loss of each epoch."""
    import torch

    tensors = [torch.from_numpy(np.asarray(array)) for array in data]
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    network.train()
    seconds, curve = [], []
    for epoch in batches(len(data[0]), batch_size, epochs):
        begin, total = time.perf_counter(), 0.0
        for index in map(torch.from_numpy, epoch):
            optimizer.zero_grad(set_to_none=True)
            value = loss(network, *(tensor[index] for tensor in tensors))
            value.backward()
            optimizer.step()
            total += float(value.detach()) * len(index)
        seconds.append(time.perf_counter() - begin)
        curve.append(total / len(data[0]))
    return min(seconds[1:]), np.array(curve)


def torch_classification(network: Any, inputs: Any, labels: Any) -> Any:
    """Mean cross-entropy of a batch."""
    import torch.nn.functional as F

    return F.cross_entropy(network(inputs), labels)


def torch_reconstruction(network: Any, inputs: Any) -> Any:
    """Cross-entropy of reconstructions, summed over pixels, the mean of a batch."""
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits(network(inputs), inputs, reduction="sum") / len(inputs)


def torch_resnet(channels: int) -> Any:
    """The same residual network in PyTorch, with its own initial weights."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layers = [part for _ in range(2) for part in (convolution(channels, 1), nn.BatchNorm2d(channels))]
            self.inner = nn.Sequential(layers[0], layers[1], nn.ReLU(), layers[2], layers[3])

        def forward(self, maps: Any) -> Any:
            return torch.relu(maps + self.inner(maps))

    def convolution(inputs: int, stride: int) -> Any:
        return nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)

    torch.manual_seed(SEED)
    return nn.Sequential(
        convolution(1, 2), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2), Block(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(channels, 10),
    )  # fmt: skip


def from_pytorch(network: Any, module: Any) -> Any:
    """Our network with the parameters of a PyTorch module whose layers come in the same order."""
    return eqx.tree_at(leaves_of, network, [value.detach().numpy().copy() for value in module.parameters()])


def leaves_of(network: Any) -> list[Any]:
    """Parameters in the order of the forward pass."""
    if not isinstance(network, ResNet):
        return jax.tree.leaves(network)
    block = network.block
    inner = [(block.convolutions[place], block.norms[place]) for place in (0, 1)]
    return jax.tree.leaves([network.convolution, network.norm, inner, network.linear])


def torch_layers(*sizes: int) -> Any:
    """Fully connected layers with rectifiers in PyTorch."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    layers = [part for pair in pairwise(sizes) for part in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def torch_autoencoder(inputs: int, hidden: int) -> Any:
    """A sigmoid autoencoder in PyTorch, with the logits as its outputs."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, inputs))


def case(
    name: str, network: Any, module: Any, losses: tuple[Any, Any], data: Any, batch_size: int, epochs: int = 6
) -> dict[str, Any]:
    """One network in ours and in PyTorch: time of an epoch, time to the first, last loss."""
    network = network if module is None else from_pytorch(network, module)
    first, seconds, curve = ours(network, data, losses[0], batch_size, epochs)
    numbers = {"rows": len(data[0]), "batch": batch_size, "first": first, "suffice": seconds, "loss": curve[-1]}
    said = f"suffice {seconds:.3f} s an epoch (first {first:.2f} s), loss {curve[-1]:.5f}"
    if module is not None:
        theirs, their_curve = in_pytorch(module, data, losses[1], batch_size, epochs)
        numbers |= {"pytorch": theirs, "pytorch_loss": their_curve[-1]}
        said += f"; PyTorch {theirs:.3f} s, {their_curve[-1]:.5f}: {theirs / seconds:.2f} times"
    if isinstance(network, MLP):
        peer, peer_curve = in_scikit_learn(network, data, batch_size, epochs)
        numbers |= {"scikit_learn": peer, "scikit_learn_loss": peer_curve[-1]}
        said += f"; scikit-learn {peer:.3f} s, {peer_curve[-1]:.5f}: {peer / seconds:.2f} times"
    return say(f"{name}, batch {batch_size}", said, **numbers)


def in_scikit_learn(network: MLP, data: Any, batch_size: int, epochs: int) -> tuple[float, np.ndarray]:
    """Seconds of an epoch after the first, the least of all, and the mean loss of each epoch."""
    rows, labels = data
    peer = MLPClassifier(
        [len(layer.weight) for layer in network.layers[:-1]], solver="sgd", alpha=0, batch_size=batch_size,
        learning_rate_init=RATE, momentum=0, shuffle=False,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.partial_fit(rows[:batch_size], labels[:batch_size], classes=np.arange(10))
        for place, layer in enumerate(network.layers):
            peer.coefs_[place][:], peer.intercepts_[place][:] = layer.weight.T, layer.bias
        seconds, curve = [], []
        for epoch in batches(len(rows), batch_size, epochs):
            order = np.concatenate(epoch)
            inputs, outputs = rows[order], labels[order]
            seconds.append(seconds_of(lambda inputs=inputs, outputs=outputs: peer.partial_fit(inputs, outputs))[0])
            curve.append(peer.loss_)
    return min(seconds[1:]), np.array(curve)


def same_curve(channels: int, steps: int) -> dict[str, Any]:
    """The losses of the first steps in float64, against PyTorch's from the same weights with the same batches."""
    import torch

    pictures, labels = images(1280, 8)
    module = torch_resnet(channels).double()
    network = cast(from_pytorch(ResNet(channels, key=0), module), "float64")
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    state, differences = None, []
    for step in range(steps):
        chosen = slice(128 * (step % 10), 128 * (step % 10 + 1))
        rows = pictures[chosen].astype(np.float64), labels[chosen]
        solution = descend(
            state or network, rows, loss=classification_loss, optimizer=SGD, epochs=step + 1, precision="float64"
        )
        state = solution.details["state"]
        optimizer.zero_grad()
        value = torch_classification(module, *map(torch.from_numpy, rows))
        value.backward()
        optimizer.step()
        differences.append(abs(float(value.detach()) - solution.trace["loss"][-1]))
    running = [buffer.numpy() for buffer in module.buffers() if buffer.ndim]
    pairs = zip(jax.tree.leaves(state.running), running, strict=True)
    statistics = max(float(np.abs(left - right).max()) for left, right in pairs)
    said = (
        f"largest difference of a loss {max(differences):.1e}, of a running moment {statistics:.1e}, over {steps} steps"
    )
    return say(f"ResNet({channels}) in float64 against PyTorch", said, loss=max(differences), running=statistics)


def cases(scale: int) -> list[dict[str, Any]]:
    """Every case, with so many times fewer rows."""
    classification, reconstruction = (
        (classification_loss, torch_classification),
        (reconstruction_loss, torch_reconstruction),
    )
    done = [same_curve(4, STEPS)] if TORCH else []
    for channels, size, count in ((64, 8, 6400), (16, 28, 6400), (64, 28, 6400)):
        module = torch_resnet(channels) if TORCH else None
        name = f"ResNet({channels}), {size} x {size}"
        done.append(case(name, ResNet(channels, key=0), module, classification, images(count // scale, size), 128))
    pictures, labels = images(12_800 // scale, 28)
    rows = pictures.reshape(len(pictures), -1)
    for batch_size in (32, 128):
        module = torch_layers(784, 100, 10) if TORCH else None
        name = "MLP 784-100-10"
        done.append(case(name, MLP(784, [100], 10, key=0), module, classification, (rows, labels), batch_size))
    for batch_size in (32, 128):
        module = torch_autoencoder(784, 500) if TORCH else None
        name, network = "autoencoder 784-500-784", Autoencoder(784, 500, key=0)
        done.append(case(name, network, module, reconstruction, (rows,), batch_size))
    return done


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    quick = parser.parse_args().quick
    CONSOLE.print(machine())
    print(json.dumps({"machine": machine(), "cases": cases(10 if quick else 1)}))


if __name__ == "__main__":
    main()
