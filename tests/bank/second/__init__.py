"""A second bank, whose claims were written before the naming rules were read; ``python tests/bank/judged.py --second``."""

from bank.second import conjugate, energies, gaussians, mixtures, networks, regressions

EXERCISES = (
    *regressions.EXERCISES,
    *gaussians.EXERCISES,
    *mixtures.EXERCISES,
    *networks.EXERCISES,
    *energies.EXERCISES,
    *conjugate.EXERCISES,
)
