"""scikit-learn's own checks of the estimators of networks.

Mini-batches of other rows give other weights, so weight 2 is the row twice in the mean only; ``test_neural_classifier.py`` and
``test_autoencoder.py`` have laws for it.
"""

import pytest
from estimators import ESTIMATORS
from sklearn.utils.estimator_checks import parametrize_with_checks

NOISY = {"check_sample_weight_equivalence_on_dense_data": "batches of other rows give other weights"}


@pytest.mark.filterwarnings("ignore:X runs from:UserWarning")
@parametrize_with_checks(
    [row.make() for row in ESTIMATORS if row.can.issuperset({"network", "checks"})],
    expected_failed_checks=lambda estimator: NOISY,
)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
