"""Gaussian classifiers: closed forms, scikit-learn's classifiers, gradients, pieces, gaps, unknown labels, refusals."""

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris
from sklearn.decomposition import FactorAnalysis
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.naive_bayes import GaussianNB

import suffice
from suffice import GaussianClassifier
from suffice.latent.families.covariances.low_rank import low_rank
from suffice.runtime.precision import scope

TYPES = ("tied_diag", "diag", "spherical", "tied", "full", "tied_low_rank")
X, Y = load_iris(return_X_y=True)
ROWS, CLASSES, FEATURES = 150, 3, 4
WEIGHT = np.random.default_rng(3).integers(1, 4, ROWS).astype(float)
GAPS = np.where(np.random.default_rng(4).random(X.shape) < 0.2, np.nan, X)


def classifier(kind, **settings):
    return GaussianClassifier(kind, **{"reg_covar": 0.0, **settings})


@pytest.fixture(scope="module")
def fitted():
    """One fit of every type to the irises, without any regularisation."""
    return {kind: classifier(kind).fit(X, Y) for kind in TYPES}


def matrices(model):
    """Covariance matrix of every class, (K, D, D)."""
    covariances = model.covariances_
    if model.covariance_type == "spherical":
        return covariances[:, None, None] * np.eye(FEATURES)
    if model.covariance_type.endswith("diag"):
        covariances = covariances[..., None] * np.eye(FEATURES)
    return np.broadcast_to(covariances, (CLASSES, FEATURES, FEATURES))


def joint(means, covariances, priors, rows):
    """log p(x, k) of complete rows, (n, K)."""
    parts = zip(means, covariances, strict=True)
    return np.stack([multivariate_normal(mean, matrix).logpdf(rows) for mean, matrix in parts], -1) + np.log(priors)


def within(weight=None):
    """Sums of squares and products about the class means, (K, D, D), weights and means of the classes."""
    weight = np.ones(ROWS) if weight is None else weight
    counts = np.bincount(Y, weight)
    means = np.stack([np.average(X[k == Y], axis=0, weights=weight[k == Y]) for k in range(CLASSES)])
    deviation = X - means[Y]
    return np.stack([(deviation * (weight * (k == Y))[:, None]).T @ deviation for k in range(CLASSES)]), counts, means


@pytest.mark.parametrize("kind", ["tied_diag", "diag", "spherical", "tied", "full"])
def test_parameters_are_the_closed_form_and_variances_divide_by_the_weight(kind):
    square, counts, means = within(WEIGHT)
    own = square / counts[:, None, None]
    pooled = square.sum(0) / counts.sum()
    expected = {"tied_diag": np.diag(pooled), "diag": np.diagonal(own, axis1=1, axis2=2), "tied": pooled, "full": own,
                "spherical": np.trace(own, axis1=1, axis2=2) / FEATURES}[kind]  # fmt: skip
    found = classifier(kind).fit(X, Y, sample_weight=WEIGHT)
    np.testing.assert_allclose(found.means_, means, rtol=1e-12)
    np.testing.assert_allclose(found.covariances_, expected, rtol=1e-10)
    np.testing.assert_allclose(found.class_prior_, counts / counts.sum(), rtol=1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_probabilities_follow_from_bayes_rule(fitted, kind):
    model = fitted[kind]
    expected = joint(model.means_, matrices(model), model.class_prior_, X)
    np.testing.assert_allclose(model.predict_log_proba(X), log_softmax(expected, axis=1), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(X), np.exp(log_softmax(expected, axis=1)), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.score_samples(X), np.logaddexp.reduce(expected, axis=1), rtol=1e-9)
    assert (model.predict(X) == expected.argmax(1)).all()


def test_diagonal_covariances_agree_with_scikit_learns_naive_bayes():
    theirs = GaussianNB(var_smoothing=0).fit(X, Y, sample_weight=WEIGHT)
    ours = classifier("diag").fit(X, Y, sample_weight=WEIGHT)
    np.testing.assert_allclose(ours.means_, theirs.theta_, rtol=1e-12)
    np.testing.assert_allclose(ours.covariances_, theirs.var_, rtol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shrinkage", [0.0, 0.3])
def test_a_tied_covariance_agrees_with_scikit_learns_linear_discriminant_analysis(shrinkage):
    priors = [0.2, 0.5, 0.3]
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage or None).fit(X, Y)
    ours = classifier("tied", shrinkage=shrinkage).fit(X, Y)
    np.testing.assert_allclose(ours.covariances_, theirs.covariance_, rtol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9, atol=1e-12)
    given = classifier("tied", priors=priors).fit(X, Y)
    np.testing.assert_array_equal(given.class_prior_, priors)


def test_full_covariances_agree_with_scikit_learns_quadratic_discriminant_analysis(fitted):
    theirs, counts = QuadraticDiscriminantAnalysis(store_covariance=True).fit(X, Y), np.bincount(Y)
    unbiased = [matrix * n / (n - 1) for matrix, n in zip(fitted["full"].covariances_, counts, strict=True)]
    if np.isclose(
        theirs.covariance_[0][0, 0], fitted["full"].covariances_[0, 0, 0], rtol=1e-9
    ):  # divides by N from 1.8 on
        unbiased = fitted["full"].covariances_
    np.testing.assert_allclose(unbiased, theirs.covariance_, rtol=1e-9)
    expected = joint(fitted["full"].means_, unbiased, fitted["full"].class_prior_, X)
    np.testing.assert_allclose(log_softmax(expected, axis=1), theirs.predict_log_proba(X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["tied_diag", "tied"])
def test_two_classes_have_linear_log_odds(kind):
    two = Y > 0
    model = classifier(kind).fit(X[50:], Y[50:])
    logs = model.predict_log_proba(X[two])
    odds = logs[:, 1] - logs[:, 0]
    np.testing.assert_allclose(model.decision_function(X[two]), odds, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(X[two] @ model.coef_[0] + model.intercept_, odds, rtol=1e-9, atol=1e-9)
    if kind == "tied":
        theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(X[50:], Y[50:])
        np.testing.assert_allclose(model.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-9)


def test_scores_of_three_classes_are_log_probabilities_up_to_what_classes_share(fitted):
    scores = fitted["tied"].decision_function(X)
    np.testing.assert_allclose(log_softmax(scores, axis=1), fitted["tied"].predict_log_proba(X), rtol=1e-9, atol=1e-9)
    logs = fitted["tied"].predict_log_proba(GAPS)
    np.testing.assert_allclose(log_softmax(fitted["tied"].decision_function(GAPS), axis=1), logs, rtol=1e-9, atol=1e-9)
    with pytest.raises(AttributeError, match="decision_function"):
        fitted["full"].decision_function(X)


@pytest.mark.parametrize("classes", [2, 3])
def test_linear_scores_give_the_probabilities_of_the_general_way(classes):
    model = classifier("tied_diag", priors=np.arange(1, classes + 1) / sum(range(classes + 1))).fit(X, Y % classes)
    rows = np.r_[X, 1e3 * X[:3]]
    np.testing.assert_allclose(model.predict_proba(rows), np.exp(model.predict_log_proba(rows)), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(
        model.predict_proba([rows[:70], rows[70:]]).argmax(1), model.predict_proba(rows).argmax(1)
    )
    with_gap = np.where(np.arange(FEATURES) == 1, np.nan, X)
    np.testing.assert_allclose(model.predict_proba(with_gap), np.exp(model.predict_log_proba(with_gap)), rtol=1e-9)


def test_low_rank_is_factor_analysis_within_classes(fitted):
    model = fitted["tied_low_rank"]
    residual = X - model.means_[Y]
    theirs = FactorAnalysis(1, tol=1e-12, max_iter=100_000, svd_method="lapack").fit(residual)
    np.testing.assert_allclose(model.covariances_, theirs.get_covariance(), rtol=1e-3)
    ours = multivariate_normal(np.zeros(FEATURES), model.covariances_).logpdf(residual).mean()
    assert ours >= theirs.score(residual) - 1e-9
    values = np.linalg.eigvalsh(model.covariances_ - np.diag(np.diag(model.covariances_)))
    assert model.covariances_.shape == (FEATURES, FEATURES)
    assert (np.linalg.eigvalsh(model.covariances_) > 0).all()
    assert values[-1] > 0


def test_low_rank_covariance_of_a_low_rank_covariance_is_itself_and_vanishing_noise_is_held():
    draw = np.random.default_rng(0)
    loadings = draw.standard_normal((6, 2))
    matrix = loadings @ loadings.T + np.diag(draw.uniform(0.5, 2, 6))
    with scope("float64"):
        np.testing.assert_allclose(np.asarray(low_rank(matrix, 2)), matrix, rtol=2e-3)
        heywood = np.asarray(low_rank(np.array([[1.0, 0.999999], [0.999999, 1.0]]), 1))
    assert (np.linalg.eigvalsh(heywood) > 0).all()


def log_likelihood(means, covariances, priors):
    return (WEIGHT * joint(means, covariances, priors, X)[np.arange(ROWS), Y]).sum()


@pytest.mark.parametrize("kind", ["tied_diag", "full"])
def test_the_negative_log_likelihood_and_its_gradient_are_those_of_finite_differences(kind):
    model = classifier(kind, prior_strength=30.0).fit(X, Y)
    covariances = matrices(model)
    expected = -log_likelihood(model.means_, covariances, model.class_prior_)
    assert model.negative_log_likelihood(X, Y, sample_weight=WEIGHT) == pytest.approx(expected, rel=1e-12)
    slopes = model.negative_log_likelihood_gradient(X, Y, sample_weight=WEIGHT)
    draw = np.random.default_rng(0)
    steps = {name: draw.standard_normal(slope.shape) for name, slope in slopes.items()}
    steps["covariances"] = symmetric(steps["covariances"], kind)
    for name, step in steps.items():

        def value(size, name=name, step=step):
            moved = {"means": model.means_, "covariances": model.covariances_, "priors": model.class_prior_}
            moved[name] = moved[name] + size * step
            whole = moved["covariances"]
            whole = whole[..., None] * np.eye(FEATURES) if kind.endswith("diag") else whole
            whole = np.broadcast_to(whole, (CLASSES, FEATURES, FEATURES))
            return -log_likelihood(moved["means"], whole, moved["priors"])

        difference = (value(1e-6) - value(-1e-6)) / 2e-6
        assert (slopes[name] * step).sum() == pytest.approx(difference, rel=1e-5), name


def symmetric(step, kind):
    return step if kind.endswith("diag") else (step + np.swapaxes(step, -1, -2)) / 2


@pytest.mark.parametrize("kind", ["diag", "tied"])
def test_the_gradient_is_zero_at_the_maximum_and_n_on_the_simplex(fitted, kind):
    slopes = fitted[kind].negative_log_likelihood_gradient(X, Y)
    assert max(np.abs(slopes["means"]).max(), np.abs(slopes["covariances"]).max()) < 1e-8
    np.testing.assert_allclose(slopes["priors"], -ROWS, rtol=1e-12)


def test_the_low_rank_gradient_is_zero_along_loadings_and_diagonal(fitted):
    slope = fitted["tied_low_rank"].negative_log_likelihood_gradient(X, Y)["covariances"]
    scale = np.sqrt(np.diag(fitted["tied_low_rank"].covariances_))
    assert np.abs(np.diag(slope) * scale**2).max() < 1e-2


@pytest.mark.parametrize("kind", ["tied_diag", "spherical", "full", "tied_low_rank"])
def test_pieces_give_what_all_rows_at_once_give(fitted, kind):
    whole = classifier(kind, prior_strength=2.0).fit(X, Y)
    pieces = classifier(kind, prior_strength=2.0)
    for rows in np.array_split(np.random.default_rng(0).permutation(ROWS), 4):
        pieces.partial_fit(X[rows], Y[rows], classes=[0, 1, 2])
    for name in ("means_", "covariances_", "class_prior_"):
        np.testing.assert_allclose(getattr(pieces, name), getattr(whole, name), rtol=1e-11, atol=1e-13)


def test_pieces_with_gaps_and_late_classes_give_what_all_rows_at_once_give():
    whole = classifier("diag").fit(GAPS, Y)
    pieces = classifier("diag").partial_fit(GAPS[:100], Y[:100], classes=[0, 1, 2])
    assert pieces.predict_proba(X)[:, 2].max() == 0
    pieces.partial_fit(GAPS[100:], Y[100:])
    np.testing.assert_allclose(pieces.covariances_, whole.covariances_, rtol=1e-11)


def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row():
    twice = np.r_[np.arange(ROWS), np.arange(20)]
    weight = np.where(np.arange(ROWS) < 20, 2.0, 1.0)
    np.testing.assert_allclose(
        classifier("full").fit(X, Y, weight).covariances_, classifier("full").fit(X[twice], Y[twice]).covariances_
    )
    none = np.where(Y == 2, 0.0, 1.0)
    model = classifier("full").fit(X, Y, none)
    assert model.classes_.tolist() == [0, 1]


def test_order_of_rows_shift_and_names_do_not_matter():
    order, shift = np.random.default_rng(0).permutation(ROWS), 1e6
    names = np.array(["setosa", "versicolor", "virginica"])
    plain = classifier("tied").fit(X, Y)
    other = classifier("tied").fit(X[order] + shift, names[Y[order]])
    assert (other.predict(X + shift) == names[plain.predict(X)]).all()
    np.testing.assert_allclose(other.predict_proba(X + shift), plain.predict_proba(X), atol=1e-6)


def test_far_apart_classes_keep_their_digits():
    draw = np.random.default_rng(0)
    noise = draw.standard_normal((ROWS, FEATURES))
    near = classifier("full").fit(noise, Y)
    far = classifier("full").fit(noise + 1e8 * Y[:, None], Y)
    np.testing.assert_allclose(far.covariances_, near.covariances_, rtol=1e-6)


def test_missing_cells_of_independent_columns_take_one_pass():
    model = classifier("diag").fit(GAPS, Y)
    means = [np.nanmean(GAPS[k == Y], axis=0) for k in range(CLASSES)]
    np.testing.assert_allclose(model.means_, means, rtol=1e-12)
    np.testing.assert_allclose(model.covariances_, [np.nanvar(GAPS[k == Y], axis=0) for k in range(CLASSES)], rtol=1e-9)
    assert model.n_iter_ == 1
    shared = classifier("tied_diag").fit(GAPS, Y)
    np.testing.assert_allclose(shared.covariances_, np.nanmean(np.square(GAPS - shared.means_[Y]), axis=0), rtol=1e-9)


@pytest.mark.parametrize("kind", ["tied_diag", "full"])
def test_rows_with_gaps_have_the_density_of_their_observed_cells(fitted, kind):
    model, row = fitted[kind], np.array([[5.0, np.nan, 4.0, np.nan], [np.nan] * 4])
    seen = np.ix_([0, 2], [0, 2])
    parts = zip(model.means_, matrices(model), strict=True)
    expected = [multivariate_normal(mean[[0, 2]], matrix[seen]).logpdf([5.0, 4.0]) for mean, matrix in parts]
    found = model.predict_log_proba(row)
    np.testing.assert_allclose(found[0], log_softmax(expected + np.log(model.class_prior_)), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.exp(found[1]), model.class_prior_, rtol=1e-12)


@pytest.fixture(scope="module")
def with_gaps():
    """Full covariances fitted to rows with missing cells, to the maximum."""
    return classifier("full", reg_covar=1e-9, tol=1e-11, max_iter=3000).fit(GAPS, Y)


def test_missing_cells_of_dependent_columns_take_expectation_maximisation(with_gaps):
    assert (np.diff(with_gaps.lower_bounds_) > -1e-9).all()
    slopes = with_gaps.negative_log_likelihood_gradient(GAPS, Y)
    size = np.sqrt(np.diagonal(with_gaps.covariances_, axis1=1, axis2=2))
    assert np.abs(slopes["means"] * size).max() < 1e-2
    value = with_gaps.negative_log_likelihood(GAPS, Y)
    assert value == pytest.approx(-ROWS * with_gaps.lower_bounds_[-1], rel=1e-6)


def test_rows_of_unknown_class_help_and_the_likelihood_climbs():
    hidden = np.where(np.random.default_rng(0).random(ROWS) < 0.9, -1, Y)
    half = GaussianClassifier("tied", unlabelled=-1).fit(X, hidden)
    assert half.classes_.tolist() == [0, 1, 2]
    assert (np.diff(half.lower_bounds_) > -1e-6).all()
    assert half.score(X, Y) > 0.95
    assert half.negative_log_likelihood(X, hidden) == pytest.approx(-ROWS * half.lower_bounds_[-1], rel=1e-4)


def test_minus_one_is_a_class_like_any_other_unless_it_is_said_to_mark_unknown_ones():
    labels = np.where(Y == 0, -1, Y)
    assert GaussianClassifier().fit(X, labels).classes_.tolist() == [-1, 1, 2]
    assert GaussianClassifier(unlabelled=-1).fit(X, labels).classes_.tolist() == [1, 2]


def test_labels_of_all_rows_leave_nothing_to_expectation_maximisation(fitted):
    known = classifier("tied", unlabelled=-1).fit(X, Y)
    np.testing.assert_array_equal(known.covariances_, fitted["tied"].covariances_)
    unknown = np.where(np.isnan(np.where(Y == 0, np.nan, Y)), np.nan, Y)
    assert GaussianClassifier(unlabelled=np.nan).fit(X, unknown).classes_.tolist() == [1, 2]


def test_priors_are_rows_seen_beforehand(fitted):
    many = classifier("full", prior_strength=1e9).fit(X, Y)
    overall = np.broadcast_to(np.diag(X.var(0)), (CLASSES, FEATURES, FEATURES))
    np.testing.assert_allclose(many.covariances_, overall, atol=1e-5)
    np.testing.assert_allclose(many.means_, np.tile(X.mean(0), (CLASSES, 1)), rtol=1e-6)
    flat = classifier("tied_diag", weight_concentration_prior=1e9).fit(X, Y, WEIGHT)
    np.testing.assert_allclose(flat.class_prior_, 1 / 3, rtol=1e-6)


def test_rows_are_drawn_by_class(fitted):
    rows, labels = GaussianClassifier("full", random_state=0).fit(X, Y).sample(3000)
    again = GaussianClassifier("full").fit(rows, labels)
    np.testing.assert_allclose(again.means_, fitted["full"].means_, atol=0.1)
    only, label = fitted["full"].sample(5, y=2)
    assert only.shape == (5, FEATURES)
    assert label.tolist() == [2] * 5


def test_float32_gives_nearly_the_same(fitted):
    low = classifier("tied", precision="float32").fit(X.astype(np.float32), Y)
    np.testing.assert_allclose(low.predict_proba(X), fitted["tied"].predict_proba(X), atol=1e-3)


def test_a_saved_classifier_says_the_same(fitted, tmp_path):
    names = np.array(["a", "b", "c"])
    for model in (fitted["tied_low_rank"], GaussianClassifier().partial_fit(X, names[Y], classes=names)):
        loaded = suffice.load(suffice.save(model, tmp_path / "model"))
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.partial_fit(X, names[Y]).means_, model.partial_fit(X, names[Y]).means_)


def test_pieces_go_on_from_a_fit_in_one_pass():
    maximize_given_responsibilities = classifier("diag").fit(X[:100], np.where(Y[:100] == 1, 2, 0))
    maximize_given_responsibilities.partial_fit(GAPS[100:], Y[100:])
    whole = classifier("diag").fit(np.r_[X[:100], GAPS[100:]], np.where(Y == 1, 2, Y))
    np.testing.assert_allclose(maximize_given_responsibilities.covariances_, whole.covariances_, rtol=1e-11)


def test_many_rows_in_blocks_give_the_same():
    draw = np.random.default_rng(0)
    rows, labels = draw.standard_normal((30_000, FEATURES)), draw.integers(CLASSES, size=30_000)
    model = classifier("full").fit(rows, labels)
    expected = [np.cov(rows[labels == k].T, bias=True) for k in range(CLASSES)]
    np.testing.assert_allclose(model.covariances_, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "rows", "labels", "message"),
    [
        ({"covariance_type": "round"}, X, Y, "covariance_type='round'"),
        ({"shrinkage": 2.0}, X, Y, "0 to 1"),
        ({"priors": [0.5, 0.5]}, X, Y, "priors has shape"),
        ({"priors": [0.5, 0.5, 0.5]}, X, Y, "sum to 1"),
        ({"rank": 5, "covariance_type": "tied_low_rank"}, X, Y, "rank=5"),
        ({"covariance_type": "full", "reg_covar": 0.0}, X[[0, 1, 2, *range(50, 150)]], Y[[0, 1, 2, *range(50, 150)]],
         "covariance of classes 0 is singular"),
        ({"reg_covar": 0.0, "covariance_type": "diag"}, X[[0, *range(50, 150)]], Y[[0, *range(50, 150)]], "classes 0 is"),
        ({"reg_covar": 0.0}, np.c_[X, np.ones(ROWS)], Y, "constant and reg_covar=0"),
        ({}, np.c_[X, np.full(ROWS, np.nan)], Y, "every cell is missing"),
        ({}, np.where(X > 7.5, np.inf, X), Y, "infinity"),
        ({"unlabelled": -1}, X, np.full(ROWS, -1), "Every row is unlabelled"),
        ({}, X, np.where(Y == 0, np.nan, Y), "y contains NaN"),
        ({}, X, None, "requires y"),
        ({}, [(X, Y)], None, "call partial_fit with each batch"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_do(settings, rows, labels, message):
    with pytest.raises(ValueError, match=message):
        GaussianClassifier(**settings).fit(rows, labels)


def test_bad_calls_after_a_fit_are_refused(fitted):
    with pytest.raises(ValueError, match="none of the classes"):
        fitted["diag"].negative_log_likelihood(X[:2], [0, 7])
    with pytest.raises(ValueError, match="none of the classes"):
        fitted["diag"].sample(2, y=7)
    with pytest.raises(ValueError, match="first call"):
        GaussianClassifier().partial_fit(X, Y)
    with pytest.raises(ValueError, match="none of the classes"):
        GaussianClassifier().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="sums do not suffice"):
        GaussianClassifier("full").partial_fit(GAPS, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="labelled rows"):
        GaussianClassifier(unlabelled=0).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="the first call had"):
        GaussianClassifier().partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y, classes=[0, 1])


def test_a_class_without_spread_is_named_in_a_warning_and_one_class_is_always_predicted():
    with pytest.warns(suffice.DegenerateComponentWarning, match="Classes 0 have no spread"):
        model = GaussianClassifier("full").fit(X[[0, *range(50, 150)]], Y[[0, *range(50, 150)]])
    assert np.isfinite(model.predict_log_proba(X)).all()
    with pytest.warns(suffice.DegenerateComponentWarning, match="columns repeat or follow from others"):
        GaussianClassifier("tied").fit(np.c_[X, X[:, 0]], Y)
    assert (GaussianClassifier().fit(X, np.ones(ROWS)).predict(X) == 1).all()


def test_an_unfinished_fit_says_so():
    with pytest.warns(ConvergenceWarning):
        GaussianClassifier("tied", unlabelled=2, max_iter=1).fit(X, Y)
