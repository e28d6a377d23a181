"""scikit-learn's own checks of the RBM estimators; no failure is expected.

With all rows in one batch, chains meet the same random numbers whatever the weights, so that even weight 2 is the row twice; what
holds in distribution with several batches is in ``test_rbm_estimator.py``.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from suffice import RBM, RBMClassifier

ESTIMATORS = [RBM(4, epochs=2), RBMClassifier(4, epochs=60, learning_rate=0.2, batch_size=300)]


@pytest.mark.filterwarnings("ignore:X runs from:UserWarning")
@pytest.mark.filterwarnings("ignore::suffice.SaturatedUnitWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
