"""A process that was forked after JAX had started: JAX's threads are not in it, and a program would wait for them for ever."""

from __future__ import annotations

import os
import sys
from typing import Any

REFUSED = (
    "This process was forked after JAX had started, and JAX's threads do not survive a fork: a compiled program would wait "
    "for ever. Start the process with multiprocessing.get_context('spawn') or 'forkserver', or use joblib's loky (n_jobs in "
    "scikit-learn), or fork before anything is computed by JAX. Mixtures, factor models and classifiers of small tables need "
    "no JAX and work here."
)

_without: list[int] = []
"""Processes, this one or those above it, that have lost JAX's threads."""


def refuse_forked() -> None:
    """Raise an error where JAX had started when this process was forked."""
    if _without:
        raise RuntimeError(REFUSED)


def _started() -> bool:
    """Whether JAX has begun to compute, for us or for others."""
    bridge: Any = sys.modules.get("jax._src.xla_bridge")
    asked = getattr(bridge, "backends_are_initialized", None)
    return "jax" in sys.modules if asked is None else asked()


def _note() -> None:
    if _started():
        _without.append(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note)
