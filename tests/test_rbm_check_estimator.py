"""scikit-learn's own checks of the RBM estimators.

In float64 with all rows in one batch, chains meet the same random numbers whatever the weights, and weight 2 is the row twice;
with several batches fits agree in distribution only, for which ``test_rbm_estimator.py`` has a law.
"""

import pytest
from estimators import ESTIMATORS
from sklearn.utils.estimator_checks import parametrize_with_checks

from suffice import RBMClassifier

NOISY = {"check_sample_weight_equivalence_on_dense_data": "batches of other rows meet other random numbers"}


@pytest.mark.filterwarnings("ignore:X runs from:UserWarning")
@pytest.mark.filterwarnings("ignore::suffice.SaturatedUnitWarning")
@parametrize_with_checks(
    [row.make() for row in ESTIMATORS if row.can.issuperset({"rbm", "checks"})],
    expected_failed_checks=lambda estimator: NOISY if isinstance(estimator, RBMClassifier) else {},
)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
