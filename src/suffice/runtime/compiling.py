"""How programs are compiled: with the settings under which they are ready soonest and run as fast."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import equinox as eqx
import jax

COMPILER_OPTIONS: dict[str, bool | int | str] | None = (
    {"xla_cpu_use_fusion_emitters": False} if jax.__version_info__ < (0, 11) else None
)
"""On a CPU, XLA's older code generator takes half the time of its newer one for programs of many small steps.

A program compiled with options cannot be called inside another. Loops of Gibbs sampling keep the newer one: random bits and
sigmoids run faster there, and their time is in running. Functions of rows whose time is in long elementwise steps keep it
too: they say so by ``RowFunction.elementwise``.
"""

filter_jit = partial(cast(Callable[..., Any], eqx.filter_jit), compiler_options=COMPILER_OPTIONS)
"""``equinox.filter_jit`` with these options."""
