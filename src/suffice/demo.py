"""What ``make demo`` runs: two mixtures on real data that scikit-learn ships, and a page to look at."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score

from suffice import BernoulliMixture, GaussianMixture
from suffice.data import Table, bundled_digits
from suffice.report import Section, section, write_page


def main(folder: str = "demo") -> Path:
    """Fit, print how well, and write ``report.html`` to a folder."""
    flowers = GaussianMixture(3, n_init=10, random_state=0)
    digits = BernoulliMixture(20, binarize=0.5, n_init=10, max_iter=300, random_state=0)
    sections = [
        _fitted(flowers, iris(), "Flowers: a Gaussian mixture", "species"),
        _fitted(digits, bundled_digits(), "Digits: a Bernoulli mixture", "digit"),
    ]
    path = write_page(
        Path(folder, "report.html"), "Suffice: two mixtures on real data", sections,
        "Neither fit saw the known classes; they are used afterwards, to compare.",
    )  # fmt: skip
    print(f"Look at {path}")
    return path


def iris() -> Table:
    """Fisher's irises, as scikit-learn ships them."""
    bunch: Any = load_iris()
    names = [name.removesuffix(" (cm)") for name in bunch.feature_names]
    note = "Fisher's irises, measured in centimetres, bundled with scikit-learn."
    return Table(bunch.data, names, "iris", [note], None, bunch.target_names[bunch.target])


def _fitted(estimator: GaussianMixture | BernoulliMixture, table: Table, title: str, target_name: str) -> Section:
    begin = time.perf_counter()
    fitted: Any = estimator.fit(table.values)
    seconds = time.perf_counter() - begin
    rows, columns = table.values.shape
    rand = adjusted_rand_score(table.target, estimator.predict(table.values))
    print(f"{title}, {estimator.n_components} components, on {rows:,} rows of {table.name} in {columns} columns, "
          f"{estimator.n_init} starts, {seconds:.1f} s")  # fmt: skip
    print(f"  {fitted.outcome_}")
    print(f"  log-likelihood {fitted.lower_bound_:.3f} nats per row; "
          f"agreement with the known {target_name} (adjusted Rand index) {rand:.2f}")  # fmt: skip
    return section(
        estimator, table.values, title=title, source=table.name, columns=table.columns, notes=table.notes,
        image_shape=table.image_shape, target=table.target, target_name=target_name, seconds=seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
