"""scikit-learn's own tests of its Gaussian mixture, as installed with it, run on ours: which pass, and why the others do not.

The tests' ``GaussianMixture`` is replaced while they run. Exits with 1 if one fails for which no reason is given here; the
reasons are those of ``docs/from-scikit-learn.md``.
"""

from __future__ import annotations

import importlib
import os
import sys

import pytest

import suffice

TESTS = "sklearn.mixture.tests.test_gaussian_mixture"
WORDS = "a message in other words"
PRIVATE = "a private name of scikit-learn"
SINGLE = "float32 rows are answered in float64"
REASONS = {
    "test_check_weights": WORDS,
    "test_check_means": WORDS,
    "test_check_precisions": WORDS,
    "test_gaussian_mixture_fit_convergence_warning": WORDS,
    "test_sample": WORDS,
    "test_gaussian_mixture_n_parameters": PRIVATE,
    "test_gaussian_mixture_aic_bic": PRIVATE,
    "test_gaussian_mixture_precisions_init": PRIVATE,
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": PRIVATE,
    "test_regularisation": "a collapsed component is named in a warning and keeps its last covariance",
    "test_convergence_detected_with_warm_start": "without tol a fit goes on closer to the maximum",
    "test_gaussian_mixture_precisions_init_diag": "k-means sees columns in units of their standard deviations",
}


class Verdicts:
    """What became of each test: a plugin of pytest."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdict of a test that was called, or could not be."""
        name = report.nodeid.split("::")[-1]
        if report.failed:
            self.failed[name] = str(report.longrepr).strip().splitlines()[-1]
        elif report.passed and report.when == "call":
            self.passed.append(name)


def reason(name: str) -> str:
    """Why a test does not pass; nothing where that is not known."""
    return REASONS.get(name.split("[")[0], SINGLE if "float32" in name else "")


def main() -> int:
    """Run the tests, in both precisions, and print a line for each that does not pass."""
    os.environ["SKLEARN_RUN_FLOAT32_TESTS"] = "1"
    tests = importlib.import_module(TESTS)
    tests.GaussianMixture = suffice.GaussianMixture
    verdicts = Verdicts()
    quiet = ["-q", "--no-header", "--no-summary", "--disable-warnings", "-p", "no:cacheprovider", "-p", "no:xdist"]
    pytest.main([*quiet, "-c", os.devnull, str(tests.__file__)], plugins=[verdicts])
    for name, said in sorted(verdicts.failed.items(), key=lambda pair: reason(pair[0])):
        print(f"{reason(name) or 'NO REASON GIVEN: ' + said}: {name}")
    unknown = [name for name in verdicts.failed if not reason(name)]
    print(f"{len(verdicts.passed)} passed; {len(verdicts.failed)} did not, {len(unknown)} of them for no reason given.")
    return int(bool(unknown))


if __name__ == "__main__":
    sys.exit(main())
