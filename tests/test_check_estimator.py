"""scikit-learn's own checks, for every estimator of the table, usually with one setting of each; only those of sparse rows fail.

There scikit-learn expects of ``predict_proba`` the four classes of a classifier, whatever the estimator is.

``test_neural_check_estimator.py`` and ``test_rbm_check_estimator.py`` have those of networks and RBMs, so that files are of like
length.
"""

import pytest
from estimators import ESTIMATORS
from sklearn.base import is_classifier
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
    pytest.mark.filterwarnings("ignore::suffice.data.UnknownCategoryWarning"),
]
SPARSE = ("check_estimator_sparse_array", "check_estimator_sparse_matrix")
ROWS = [row for row in ESTIMATORS if "checks" in row.can and not row.can & {"rbm", "network"}]


def checked(row):
    """Mixtures of few iterations: none of the checks is about the maximum."""
    if row.name == "MixtureClassifier":
        return row.make().set_params(mixture__max_iter=20)
    return row.accepting(max_iter=20) if "mixture" in row.can else row.make()


def failing(estimator):
    """Checks that take whatever has ``predict_proba`` for a classifier, by name."""
    clusters = not is_classifier(estimator) and hasattr(estimator, "predict_proba")
    sparse = get_tags(estimator).input_tags.sparse and clusters
    return dict.fromkeys(SPARSE, "predict_proba is taken for a classifier's") if sparse else {}


FIRST = list({type(estimator): estimator for estimator in map(checked, reversed(ROWS))}.values())
OTHERS = [estimator for estimator in map(checked, ROWS) if repr(estimator) not in map(repr, FIRST)]


@parametrize_with_checks(FIRST, expected_failed_checks=failing)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)


@pytest.mark.whole
@parametrize_with_checks(OTHERS, expected_failed_checks=failing)
def test_scikit_learn_check_passes_with_other_settings(estimator, check):
    check(estimator)
