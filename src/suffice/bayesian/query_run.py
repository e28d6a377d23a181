"""One query run forwards: in floating point, and in logarithms where numbers are too small or too large for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from suffice.bayesian.contraction import Contract, contraction
from suffice.bayesian.leaves import Prepared, Soft
from suffice.bayesian.logarithms import log_contraction
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.passes import LOWEST, Values, run_forward
from suffice.bayesian.program import Program


class QueryRun(NamedTuple):
    """Values of all slots, their logarithms where ``logarithms`` says so, and the log-probability of the evidence."""

    program: Program
    values: Values
    scales: Values
    logarithms: bool
    log_evidence: float


def run_query(
    network: DiscreteNetwork, make: Callable[[Contract], Program], codes: Sequence[int], soft: Soft | None
) -> QueryRun:
    """Runs the program that is made for sums of products, or for the same in logarithms, of one row by its codes."""
    found = _floating(network, make(contraction), codes, soft)
    return found or _in_logarithms(network, make(log_contraction), codes, soft)


def _floating(network: DiscreteNetwork, program: Program, codes: Sequence[int], soft: Soft | None) -> QueryRun | None:
    prepared = Prepared(program, network.families, network.tables, soft)
    values, scales = prepared.one_row(codes), {}
    run_forward(program.forward, values, scales)
    tape = program.tape
    factors = np.array([1.0, *(values[root] for root in tape.roots), *scales.values()])
    total = float(prepared.one_closed(codes) + np.log(factors).sum())
    asked = np.ones(1) if tape.joint is None else values[tape.joint]
    enough = min(factors.min(), asked.max()) > LOWEST and np.isfinite(total + asked.sum())
    return QueryRun(program, values, scales, False, total) if enough else None


def _in_logarithms(network: DiscreteNetwork, program: Program, codes: Sequence[int], soft: Soft | None) -> QueryRun:
    prepared = Prepared(program, network.families, network.tables, soft, logarithms=True)
    values = prepared.one_row(codes)
    run_forward(program.forward, values, {})
    total = sum([float(values[root]) for root in program.tape.roots], prepared.one_closed(codes))
    return QueryRun(program, values, {}, True, total)
