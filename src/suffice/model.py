"""What a latent-variable model offers to the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float, Num

from suffice.rows.block import TILE
from suffice.rows.missing import MissingLayout
from suffice.rows.patterns import arrange
from suffice.rows.row_function import RowFunction
from suffice.runtime.arrays import Array
from suffice.runtime.module import Module, field
from suffice.runtime.precision import dtype_of, in_own_precision, precision_of


class Hyperparameters(Module):
    """What a fit holds fixed: priors, floors. Shared by all restarts and never moved by ``maximize``."""


class PreparedEStep(RowFunction):
    """The E-step with all worked out that rows share, a function ``(rows, weight, given=None)`` to expected statistics."""

    @property
    def accurate(self) -> Array | bool:
        """Whether rounding errors stay small with this form; where they do not, ``em`` asks the model for another."""
        return True

    def __call__(self, rows: Any, weight: Array, given: Array | None = None) -> Any:
        raise NotImplementedError


class EStep(RowFunction):
    """The E-step of a model as a function of rows."""

    model: LatentModel
    centred: bool = field(static=True)

    @property
    def missing(self) -> MissingLayout | None:  # type: ignore[override]
        """How the model takes rows with missing cells."""
        return self.model.missing

    @property
    def ready(self) -> bool:
        """What rows share has to be worked out."""
        return False

    def prepare(self) -> Callable[..., Any]:
        """The function of rows and weights to statistics."""
        return self.model.expectation(self.centred)

    def __call__(self, rows: Any, weight: Array) -> Any:
        return self.prepare()(rows, weight)


class Chart:
    """Coordinates (..., P) of a model, or of components (..., K); leading axes are restarts, those of components are in P.

    A maximum at the edge, such as a probability of 0, is an ordinary maximum in them: probabilities and rates are squares, and
    covariances are those of a triangular factor.
    """

    def exists(self, model: Any) -> bool:
        """Whether a model has coordinates."""
        raise NotImplementedError

    def position(self, model: Any) -> Float[Array, "... P"]:
        """Coordinates of a model's parameters."""
        raise NotImplementedError

    def at(self, model: Any, position: Float[Array, "... P"]) -> Any:
        """The same model with the parameters of these coordinates."""
        raise NotImplementedError

    def slope(self, model: Any, statistics: Any) -> Float[Array, "... P"]:
        """Gradient in the coordinates of log-likelihood plus log-prior, from expected statistics at this same model."""
        raise NotImplementedError

    def limited(self, model: Any) -> np.ndarray:
        """Which coordinates (P,) are at least 0."""
        raise NotImplementedError

    def units(self, model: Any) -> np.ndarray:
        """How far (P,) a coordinate of one model goes until distributions differ clearly; where limited no farther than 0."""
        return np.where(self.limited(model), np.minimum(np.asarray(self.position(model)), 1.0), 1.0)

    def redundant(self, model: Any) -> np.ndarray:
        """Directions (P, R) at the position of one model in which it stays the same."""
        return np.zeros((self.limited(model).size, 0))


class NoChart(Chart):
    """No coordinates: no step is taken but those of expectation-maximisation."""

    def exists(self, model: Any) -> bool:
        """Never."""
        return False

    def position(self, model: Any) -> Float[Array, "... P"]:
        """No number."""
        return np.zeros((*model.restarts, 0), dtype_of(precision_of(model)))

    def at(self, model: Any, position: Float[Array, "... P"]) -> Any:
        """The model itself."""
        return model

    def slope(self, model: Any, statistics: Any) -> Float[Array, "... P"]:
        """No number."""
        return self.position(model)

    def limited(self, model: Any) -> np.ndarray:
        """No number."""
        return np.zeros(0, bool)


NO_CHART = NoChart()


class LatentModel(Module):
    """A model fitted by expectation-maximisation: sum expected statistics over rows, then update.

    A model may carry several restarts at once, along leading axes of its parameters; everything per restart then has these
    axes, the log-likelihood included.
    """

    chart: ClassVar[Any] = NO_CHART
    """The parameters among numbers without constraints, where expectation-maximisation is accelerated."""

    def expectation(self, centred: bool) -> Callable[..., Any]:
        """The E-step as a function ``(rows, weight, given=None)`` to statistics: a ``PreparedEStep``, or a plain function.

        Parameters
        ----------
        centred
            What ``needs_centring()`` of this model answered.
        """
        raise NotImplementedError

    def maximize(self, statistics: Any) -> Self:
        """The M-step: the model with the parameters that maximise the expected complete log-likelihood.

        Parameters
        ----------
        statistics
            Sum of what ``expect`` returns, over all rows.
        """
        raise NotImplementedError

    @property
    def restarts(self) -> tuple[int, ...]:
        """Sizes of the leading axes of the parameters, along which restarts lie."""
        return ()

    @property
    def missing(self) -> MissingLayout | None:
        """How the E-step takes rows with missing cells, as ``MaskedRows`` or ``PatternRows``; None where they are refused."""
        return None

    @property
    def width(self) -> int | None:
        """How many numbers the E-step makes of each cell, one a component and restart; None where NumPy cannot take it over."""
        return None

    @property
    def tile(self) -> int:
        """How many rows the E-step should see at a time."""
        return TILE

    def needs_centring(self) -> bool:
        """Whether these parameters need rows measured from the means to keep their digits; asked outside ``jit``."""
        return False

    def log_prior(self) -> Array | float:
        """Logarithm of the prior density at these parameters, up to a constant."""
        return 0.0

    @in_own_precision
    def expect(
        self, rows: Num[Array, "n D"], weight: Float[Array, " n"], given: Float[Array, "n K"] | None = None
    ) -> Any:
        """Expected sufficient statistics of one tile of rows.

        Parameters
        ----------
        rows
            Rows ``(n, D)``; NaN is a missing cell, where the model takes them.
        weight
            Row weights ``(n,)``.
        given
            Log-priors of the components for each row ``(n, K)``: labels, partly known labels, clamped responsibilities.
        """
        return self.expectation(self.needs_centring())(arrange(rows, self.missing), weight, given)
