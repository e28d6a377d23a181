"""Maximum flow on a grid, many pixels at a time: layers of equal distance, then pushes from the farthest to the nearest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

UNSEEN, DONE = -1, -2


class Flow(NamedTuple):
    """Whole numbers on a grid that is flattened with a margin, changed in place as flow is pushed.

    ``excess`` (N,) is what a pixel still has to send, below 0 what it still takes. ``room`` (ways, N) is what may still pass from
    each pixel to the one at an offset; ways 0 and 1, then 2 and 3, are opposite.
    """

    excess: np.ndarray
    room: np.ndarray
    offsets: np.ndarray


class Ways(NamedTuple):
    """For each way the offset, and where its room, and that of the way back, begin in all rooms written one after another."""

    offsets: np.ndarray
    there: np.ndarray
    back: np.ndarray


def push_all(flow: Flow, pixels: np.ndarray) -> None:
    """Pushes until no excess can reach a pixel that takes any.

    Turn by turn the layers begin at the pixels that take and at those that send, which changes nothing but signs. A pixel that
    no layer holds lies on no path between the two, nor will it ever: what is left to do shrinks.
    """
    distance = np.full(len(flow.excess), DONE, np.int32)
    live, turned = pixels, False
    while True:
        ways = _ways(flow, turned=turned)
        distance[live] = UNSEEN
        layers = _layers(flow, ways, live[flow.excess[live] < 0], distance)
        live = _reached(live, distance)
        if not (flow.excess[live] > 0).any():
            break
        _push_down(flow, ways, layers, distance)
        np.negative(flow.excess, out=flow.excess)
        turned = not turned
    if turned:
        np.negative(flow.excess, out=flow.excess)


def reached_from_excess(flow: Flow, pixels: np.ndarray) -> np.ndarray:
    """Places to which excess could still be pushed, those that have it among them."""
    distance = np.full(len(flow.excess), UNSEEN, np.int32)
    seeds = pixels[flow.excess[pixels] > 0]
    return np.concatenate(_layers(flow, _ways(flow, turned=True), seeds, distance))


def _ways(flow: Flow, *, turned: bool) -> Ways:
    number = np.arange(len(flow.offsets))
    there, back = number * len(flow.excess), flow.offsets + (number ^ 1) * len(flow.excess)
    return Ways(flow.offsets, *((back, there) if turned else (there, back)))


def _layers(flow: Flow, ways: Ways, seeds: np.ndarray, distance: np.ndarray) -> list[np.ndarray]:
    """Pixels by the fewest steps from which they reach a seed, which is written to ``distance`` too; the last is empty."""
    room = flow.room.ravel()
    distance[seeds] = 0
    layers = [seeds]
    while layers[-1].size:
        found = []
        for offset, there in zip(ways.offsets, ways.there, strict=True):
            tails = layers[-1] - offset
            tails = tails[distance[tails] == UNSEEN]
            tails = tails[room[tails + there] > 0]
            distance[tails] = len(layers)
            found.append(tails)
        layers.append(np.concatenate(found))
    return layers


def _reached(live: np.ndarray, distance: np.ndarray) -> np.ndarray:
    seen = distance[live] >= 0
    distance[live[~seen]] = DONE
    return live[seen]


def _push_down(flow: Flow, ways: Ways, layers: list[np.ndarray], distance: np.ndarray) -> None:
    """Pushes what each layer has to the next, from the farthest on; what finds no room stays."""
    excess, room = flow.excess, flow.room.ravel()
    for level in range(len(layers) - 1, 0, -1):
        sending = layers[level][excess[layers[level]] > 0]
        for offset, there, back in zip(*ways, strict=True) if sending.size else ():
            tails = sending[distance[sending + offset] == level - 1]
            amount = np.minimum(excess[tails], room[tails + there])
            excess[tails] -= amount
            excess[tails + offset] += amount
            room[tails + there] -= amount
            room[tails + back] += amount
