"""Two wide tables from their files to their pages: mice with gaps, three a class, and the texts of this repository.

``python experiments/wide_tables.py OUT`` writes four pages and says what was found. SUFFICE_DATA names the folder of the data.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import cross_val_score

from suffice import PPCA, FactorAnalysis, MultinomialNaiveBayes, PoissonMixture, write_report
from suffice.data import read_table

ROOT = Path(__file__).resolve().parents[1]
ROWS_OF_A_CLASS = 3


def few_mice(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Three rows of each class, with their gaps; classes; names of the columns of numbers."""
    table = read_table(path, target="class", drop=["MouseID", "Genotype", "Treatment", "Behavior"])
    codes = np.asarray(table.target)
    order = np.random.default_rng(0).permutation(len(codes))
    chosen = np.concatenate([order[codes[order] == name][:ROWS_OF_A_CLASS] for name in np.unique(codes)])
    return np.asarray(table.values, float)[chosen], codes[chosen], list(table.columns)


def texts() -> tuple[list[str], np.ndarray]:
    """The texts of this repository, a file a row, and the folder of each."""
    files = sorted([*ROOT.glob("src/suffice/*/**/*.py"), *ROOT.glob("tests/*.py"), *ROOT.glob("docs/**/*.md")])
    kinds = [path.relative_to(ROOT).parts[2 if path.is_relative_to(ROOT / "src") else 0] for path in files]
    return [path.read_text() for path in files], np.array(kinds)


def main() -> None:
    """Fit both tables and write their pages."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pages")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    rows, classes, names = few_mice(Path(os.environ["SUFFICE_DATA"]) / "tabular" / "mice_protein.csv")
    print(f"mice: {rows.shape[0]} x {rows.shape[1]}, {np.isnan(rows).sum()} cells missing")
    models: list[Any] = [PPCA(3), FactorAnalysis(2)]
    for model in models:
        page = out / f"mice-{type(model).__name__.lower()}.html"
        write_report(model.fit(rows), rows, page, columns=names, source="mice_protein.csv", target=classes)
        print(f"{page.name}: {model.score(rows):.2f} nats a row. {model.outcome_}")
    documents, kinds = texts()
    words = CountVectorizer()
    counts: Any = words.fit_transform(documents)
    columns = words.get_feature_names_out().tolist()
    print(
        f"documents: {counts.shape[0]} x {counts.shape[1]}, {counts.nnz / np.prod(counts.shape):.1%} of the cells stored"
    )
    mixture = PoissonMixture(6, random_state=0).fit(counts)
    write_report(mixture, counts, out / "documents-mixture.html", columns=columns, source="documents", target=kinds)
    for settings in ({}, {"complement": True}):
        found = cross_val_score(MultinomialNaiveBayes(**settings), counts, kinds, cv=3)
        print(f"folders told apart, three folds, {settings or 'multinomial'}: {found.mean():.3f}")
    classifier = MultinomialNaiveBayes().fit(counts, kinds)
    write_report(classifier, counts, out / "documents-folders.html", columns=columns, source="documents", target=kinds)


if __name__ == "__main__":
    main()
