"""scikit-learn's own checks of the estimators of networks.

Mini-batches of other rows give other weights, so weight 2 is the row twice in the mean only; ``test_neural_classifier.py`` has a
law for it.
"""

from sklearn.utils.estimator_checks import parametrize_with_checks

from suffice import NeuralClassifier

NOISY = {
    "check_sample_weight_equivalence_on_dense_data": "batches of other rows give other weights",
}


@parametrize_with_checks([NeuralClassifier()], expected_failed_checks=lambda estimator: NOISY)
def test_scikit_learn_check_passes(estimator, check):
    check(estimator)
