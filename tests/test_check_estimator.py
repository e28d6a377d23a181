"""scikit-learn's own checks, for every estimator of the table; no failure is expected.

``test_neural_check_estimator.py`` and ``test_rbm_check_estimator.py`` have those of networks and RBMs, so that files are of like
length.
"""

import pytest
from estimators import ESTIMATORS
from sklearn.utils.estimator_checks import parametrize_with_checks

ROWS = [row for row in ESTIMATORS if "checks" in row.can and not row.can & {"rbm", "network"}]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.filterwarnings("ignore::suffice.data.UnknownCategoryWarning")
@parametrize_with_checks([row.make() for row in ROWS])
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
