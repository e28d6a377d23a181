"""What a fitted mixture says of rows: components, densities, criteria, draws, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.mixtures.drawn_rows import draw_components, rows_of
from suffice.estimators.mixtures.membership import joint_of
from suffice.estimators.shared.callbacks import CallbackSupportMixin
from suffice.estimators.shared.information_criteria import InformationCriteria
from suffice.latent.expectation import MixtureStatistics
from suffice.latent.gradient import log_likelihood_gradient
from suffice.latent.mixture import Mixture
from suffice.latent.readers import Evidence, MostProbable, Responsibilities, entropy, read, statistics
from suffice.rows.cluster.lazily import lazily
from suffice.rows.frequencies import weighed
from suffice.rows.streams import CheckedBatches, on_host, on_workers
from suffice.runtime.precision import scope
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_choice

if TYPE_CHECKING:
    from suffice.estimators.shared.labelled_columns import LabelledColumns
    from suffice.estimators.shared.rows import PlainColumns


class MixtureScores(InformationCriteria, CallbackSupportMixin, DensityMixin, BaseEstimator):
    """Of a fitted mixture what each row, and all of them, say of it."""

    model_: Mixture
    weights_: np.ndarray
    n_features_in_: int
    random_state: Any
    precision: str

    @property
    def _input(self) -> PlainColumns | LabelledColumns:
        """The columns of rows that are given."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        return self._input.tags(super().__sklearn_tags__())

    def fit(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> Any:
        """Fit to rows ``(n, D)``."""
        raise NotImplementedError

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))

    def _read(self, X: TableLike, reader: Callable[[Any], Any]) -> Any:
        check_is_fitted(self, "model_")
        return read(self.model_, self._input.batches(X), reader, self.precision)

    @lazily("component")
    def predict(self, X: TableLike, covariates: TableLike | None = None) -> np.ndarray:
        """The most probable component of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        covariates
            ``(n, q)`` as in ``fit``; None takes the mean memberships.

        Returns
        -------
        numpy.ndarray
            Component numbers ``(n,)``; -1 for rows of the noise, where there is some.
        """
        found = self._read(X, MostProbable) if covariates is None else joint_of(self, X, covariates)[1].argmax(1)
        return np.where(found == len(self.weights_), -1, found) if self.model_.components.noise_components else found

    @lazily("component")
    def predict_proba(self, X: TableLike, covariates: TableLike | None = None) -> np.ndarray:
        r"""Responsibilities :math:`r_{nk} = \pi_k p(x_n | k) / p(x_n)`.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        covariates
            ``(n, q)`` as in ``fit``; None takes the mean memberships.

        Returns
        -------
        numpy.ndarray
            ``(n, K)``, each row summing to 1; with noise ``(n, K + 1)``, the noise's last.
        """
        return self._read(X, Responsibilities) if covariates is None else joint_of(self, X, covariates)[1]

    @lazily("log_likelihood")
    def score_samples(self, X: TableLike, covariates: TableLike | None = None) -> np.ndarray:
        """Log-likelihood of each row in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        covariates
            ``(n, q)`` as in ``fit``: the log-likelihood given these; None takes the mean memberships.

        Returns
        -------
        numpy.ndarray
            ``(n,)``.
        """
        return self._read(X, Evidence) if covariates is None else joint_of(self, X, covariates)[0]

    def score(
        self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None, *,
        covariates: TableLike | None = None,
    ) -> float:  # fmt: skip
        """Mean log-likelihood of a row in nats.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row, or what a stream of batches brings.
        covariates
            ``(n, q)`` as in ``fit``, where it had some.
        """
        total, weight = self._log_likelihood(X, sample_weight, covariates)
        return total / weight

    def fit_predict(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> np.ndarray:
        """Fit, then the most probable component of each row.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Returns
        -------
        numpy.ndarray
            Component numbers ``(n,)``.
        """
        return self.fit(X, y, sample_weight).predict(X)

    def icl(
        self, X: TableLike, sample_weight: ArrayLike | None = None, *, covariates: TableLike | None = None
    ) -> float:
        r"""Integrated completed likelihood: BIC plus :math:`-2 \sum_{nk} r_{nk} \log r_{nk}`; lower is better.

        It prefers components that do not overlap (Biernacki, Celeux and Govaert, 2000).

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; N is their sum.
        covariates
            ``(n, q)`` as in ``fit``, where it had some.
        """
        if on_workers(X):
            from suffice.rows.cluster.sums import weighted_sums

            sums, _ = weighted_sums(X, sample_weight, self._entropies)
            return self.bic(X, sample_weight) + 2 * float(sums[0])
        share = self.predict_proba(X, covariates)
        weight = self._input.weight_of(X, sample_weight, len(share))
        return self.bic(X, sample_weight, covariates=covariates) + 2 * float(weight @ entropy(share))

    def _entropies(self, X: TableLike) -> np.ndarray:
        """Entropy of the responsibilities of each row, (n,)."""
        return entropy(self.predict_proba(X))

    def sample(
        self, n_samples: int = 1, *, component: int | ArrayLike | None = None, covariates: TableLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows drawn from the fitted mixture, and the component that each came from.

        Parameters
        ----------
        n_samples
            Number of rows.
        component
            The component, or that of each row ``(n_samples,)``, to draw from; -1 is the noise, where there is some. None draws
            components by their weights.
        covariates
            ``(n, q)`` as in ``fit``, after a fit with some: components are drawn given these, a row for each line.

        Returns
        -------
        X : numpy.ndarray
            Rows ``(n_samples, D)``.
        y : numpy.ndarray
            Component numbers ``(n_samples,)``.

        Raises
        ------
        ValueError
            If there is no such component, or covariates do not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import GaussianMixture
        >>> X = np.array([[1.0], [1.2], [0.8], [9.0], [9.2], [8.8]])
        >>> mixture = GaussianMixture(2, random_state=0).fit(X)
        >>> rows, component = mixture.sample(3, component=mixture.predict([[9.0]])[0])
        >>> print((rows > 8).ravel())
        [ True  True  True]
        """
        check_is_fitted(self, "model_")
        generator = self._generator()
        found = draw_components(self, n_samples, component, covariates, generator)
        return self._input.labelled(rows_of(self, found, generator)), found

    def expected_complete_log_likelihood(
        self, X: TableLike, at: Mixture | MixtureScores | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        r"""Q, the expected complete log-likelihood of the fitted parameters.

        .. math:: Q = \sum_n w_n \sum_k r_{nk} [\log \pi_k + \log p(x_n | k)]

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        at
            Model, or fitted estimator, that gives the responsibilities; None is this one.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.

        Raises
        ------
        ValueError
            If ``at`` is given and sums over rows under one model do not give the likelihood of another.
        """
        check_is_fitted(self, "model_")
        posterior: Any = self.model_ if at is None else getattr(at, "model_", at)
        if at is not None and not self.model_.components.one_pass:
            raise ValueError(
                "Sums over rows give the likelihood of these components at their own parameters only; leave at=None."
            )
        sums, origin = self._statistics(X, sample_weight, posterior)
        with scope("float64"):
            model = self.model_ if origin is None else self.model_.translated(-origin)
            return float(model.expected_complete_log_likelihood(sums))

    def log_likelihood_gradient(
        self, X: TableLike, sample_weight: ArrayLike | None = None, weights: str = "raw"
    ) -> dict[str, np.ndarray]:
        r"""Gradient of the log-likelihood :math:`\sum_n w_n \log p(x_n)` at the fitted parameters.

        Means and covariances (or probabilities) as well as the weights; the gradient with respect to a covariance counts its
        entries as free, so a symmetric change :math:`d\Sigma` changes the log-likelihood by
        :math:`\sum_{ij} G_{ij} d\Sigma_{ij}`.
        Computed by Fisher's identity: it is the gradient of the expected complete log-likelihood at its own parameters.

        Parameters
        ----------
        X
            Rows ``(n, D)``.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        weights
            ``"raw"``: :math:`N_k / \pi_k`, each weight free. ``"simplex"``: :math:`N_k / \pi_k - N`, with the multiplier of
            :math:`\sum_k \pi_k = 1`, zero at the maximum. ``"logits"``: :math:`N_k - N \pi_k`, weights as a softmax of logits.

        Returns
        -------
        dict
            ``"weights"`` (K,), and ``"means"`` (K, D) and ``"covariances"`` in their fitted shape, or ``"probabilities"`` (K, D).
        """
        check_choice("weights", weights, ("raw", "simplex", "logits"))
        check_is_fitted(self, "model_")
        sums, origin = self._statistics(X, sample_weight, self.model_)
        model = self.model_ if origin is None else self.model_.translated(-origin)
        return log_likelihood_gradient(model, sums, weights)

    def _statistics(
        self, X: TableLike, sample_weight: ArrayLike | None, model: Mixture
    ) -> tuple[MixtureStatistics, np.ndarray | None]:
        if on_workers(X):
            data, _, _ = weighed(X, sample_weight)
            return statistics(model, CheckedBatches(data, self._input.batch))
        rows = self._input.table(on_host(X))
        return statistics(model, rows, None if sample_weight is None else self._input.weight(sample_weight, rows))
