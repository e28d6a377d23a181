"""scikit-learn's own checks, for every estimator as it is and with three components; no failure is expected."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from suffice import (
    PPCA,
    BernoulliMixture,
    CategoricalMixture,
    FactorAnalysis,
    GaussianClassifier,
    GaussianMixture,
    MixedMixture,
    MixtureClassifier,
    MixtureOfPPCA,
    NaiveBayes,
    PoissonMixture,
)
from suffice.data import ColumnEncoder

MIXTURES = (GaussianMixture, BernoulliMixture, CategoricalMixture, PoissonMixture, MixedMixture)
ESTIMATORS = [estimator(n_components=components) for estimator in MIXTURES for components in (1, 3)]
CLASSIFIERS = [GaussianClassifier(), GaussianClassifier("full"), NaiveBayes(), MixtureClassifier()]
FACTORS = [PPCA(), PPCA(noise_variance=0.1, mean=0.0, algorithm="em", max_iter=20), FactorAnalysis(), MixtureOfPPCA()]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.filterwarnings("ignore::suffice.data.UnknownCategoryWarning")
@parametrize_with_checks([*ESTIMATORS, *CLASSIFIERS, *FACTORS, ColumnEncoder()])
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
