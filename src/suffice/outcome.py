"""What a fit tells the person who started it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DegenerateComponentWarning(UserWarning):
    """A component holds hardly any row, or has collapsed onto fewer dimensions than the data have.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> X = np.concatenate([np.random.default_rng(0).normal(size=(30, 1)), np.full((10, 1), 9.0)])
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = GaussianMixture(2, random_state=0).fit(X)
    >>> print(caught[0].category.__name__, caught[0].message)
    DegenerateComponentWarning Component 0 collapsed: no spread in column 0. Use fewer components or a stronger prior.
    """


class SaturatedUnitWarning(UserWarning):
    """A hidden unit is always 1 or always 0, so that it says nothing of a row.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from suffice import RBM, SaturatedUnitWarning
    >>> X = np.random.default_rng(0).integers(0, 2, (40, 6))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", SaturatedUnitWarning)
    ...     rbm = RBM(2, epochs=5, random_state=0).fit(X)
    >>> rbm.n_hidden
    2
    """


class HeldParameterWarning(UserWarning):
    """Parameters have no standard error of their own: they are at an edge, or the rows do not tell them.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from suffice import BernoulliMixture
    >>> X = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]] * 4 + [[1, 0, 0], [0, 1, 1]])
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = BernoulliMixture(2, random_state=0).fit(X).standard_errors(X)
    >>> print([each.category.__name__ for each in caught])
    ['HeldParameterWarning']
    """


class Outcome(StrEnum):
    """How a fit ended; each value is a sentence for the user.

    Examples
    --------
    >>> from suffice.outcome import Outcome
    >>> print(Outcome.CONVERGED.value)
    Converged: the objective changed by less than the tolerance.
    """

    CONVERGED = "Converged: the objective changed by less than the tolerance."
    STATIONARY = (
        "Converged: within about 1e-6 nats of a stationary point, or within rounding errors where these are larger."
    )
    RESTING = "Converged: within about 0.01 nats of a stationary point, by the rate of the last steps."
    ONE_PASS = "The parameters of highest likelihood were found in one pass over the rows."
    ONE_PASS_WITH_PRIOR = "The parameters of highest posterior density were found in one pass over the rows."
    STOPPED_AT_LIMIT = "Stopped at the limit of iterations before converging: raise the limit or the tolerance."
    UNBOUNDED = (
        "Stopped without a maximum: components collapsed, so that the likelihood rises without bound; set a floor (reg_covar), a "
        "prior or fewer components."
    )
    AT_START = "These are the parameters of the start: max_iter=0 asks for no iteration."
    INTERRUPTED = "Interrupted: the parameters of the last finished step are kept."
    STOPPED_BY_CALLBACK = "Stopped by a callback: the parameters of the last finished step are kept."
    DIVERGED = "Diverged: a step gave values that are not finite or far worse, and parameters from before it are kept."
    NOT_FINITE = (
        "Failed: the log-likelihood is no number, so that these parameters are no model; look at the start, and at columns of "
        "extremely large or hardly different values."
    )
    STOPPED_EARLY = (
        "Stopped early: rows held out were fitted worse than allowed, and the parameters before that are kept."
    )


@dataclass(frozen=True)
class Solution:
    """A fitted model, what happened on the way, and how it ended.

    Parameters
    ----------
    model
        The fitted module; its arrays are NumPy arrays.
    trace
        The objective at each iteration or epoch.
    outcome
        How the fit ended, a sentence.
    details
        What one kind of fit has to say beyond that, by name.

    Examples
    --------
    >>> from suffice.outcome import Outcome, Solution
    >>> Solution(model=None, trace=[-2.0, -1.5], outcome=Outcome.CONVERGED).trace[-1]
    -1.5
    """

    model: Any
    trace: Any
    outcome: Outcome
    details: dict[str, Any] = field(default_factory=dict)
