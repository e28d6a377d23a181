"""Every exercise."""

from bank import gaussians, mixtures, models, networks, regressions

EXERCISES = (
    *regressions.EXERCISES, *mixtures.EXERCISES, *gaussians.EXERCISES, *networks.EXERCISES, *models.EXERCISES,
)  # fmt: skip
