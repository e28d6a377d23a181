"""Pages of wide and sparse fits: the columns that matter, a box to search the others, nothing of the size of the table."""

import json
import re

import numpy as np
import pytest
from scipy.sparse import csr_array

from suffice import PPCA, GaussianClassifier, MixtureOfPPCA, MultinomialNaiveBayes, PoissonMixture, write_report
from suffice.report.classifiers.wide import class_means
from suffice.report.finder import finder

DRAW = np.random.default_rng(0)
KIND = np.arange(30) % 3
WIDE = DRAW.standard_normal((30, 600)) + 4.0 * (np.arange(600) == 7) * KIND[:, None]
GAPS = np.where(DRAW.random(WIDE.shape) < 0.05, np.nan, WIDE)
COUNTS = csr_array(
    DRAW.poisson(0.05 + 2.0 * (np.arange(600) % 3 == KIND[:, None]) * (np.arange(600) < 30)).astype(float)
)
NAMES = [f"<column{j}>" for j in range(600)]
NAMED = np.array(["a", "b", "c"])[KIND]


def searched(page):
    """What the box of a page can find, by the names of the columns."""
    found = json.loads(re.search(r'<script type="application/json">(\[\[.*?\]\])</script>', page, re.DOTALL)[1])
    return {line[0]: line[1:] for line in found}


CASES = {
    "ppca": (PPCA(2), GAPS),
    "mixture": (MixtureOfPPCA(2, n_factors=1, random_state=0), WIDE),
    "counts": (PoissonMixture(3, random_state=0), COUNTS),
    "shared": (GaussianClassifier("tied", shrinkage=0.3), WIDE),
    "words": (MultinomialNaiveBayes(), COUNTS),
}


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("name", CASES)
def test_a_wide_page_shows_what_matters_and_finds_the_rest(name, tmp_path, monkeypatch):
    model, rows = CASES[name]
    dense = csr_array.toarray

    def to_array(self, *given, **named):
        assert self.shape[1] <= 512, "a page made sparse rows dense"
        return dense(self, *given, **named)

    monkeypatch.setattr("suffice.rows.sparse.SparseRows.dense", lambda self: pytest.fail("sparse rows were made dense"))
    model.fit(rows, NAMED)
    if name == "counts":
        monkeypatch.setattr(csr_array, "toarray", to_array)
    page = write_report(model, rows, tmp_path / "page.html", columns=NAMES, target=NAMED, source="x").read_text()
    assert len(page) < 2_000_000
    assert page.count("<tr") < 100
    assert "<column7>" not in page
    found = searched(page)
    assert list(found) == NAMES
    assert '<section class="finder" hidden>' in page
    if name == "shared":
        table = page.index("Columns that tell the classes apart")
        assert page.index("&lt;column7&gt;", table) < page.index("</tr>", page.index("<tbody>", table))
        np.testing.assert_allclose(
            np.array(found["<column7>"], float), GaussianClassifier("tied").fit(WIDE, KIND).means_[:, 7], rtol=6e-3
        )


def test_class_means_of_sparse_rows_and_of_rows_with_gaps_are_plain_averages():
    dense = COUNTS.toarray()
    sparse, plain = class_means(COUNTS, KIND, 3), class_means(dense, KIND, 3)
    for one, other in zip(sparse, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(plain.means, [dense[k == KIND].mean(0) for k in range(3)])
    within = np.sqrt(np.mean([dense[k == KIND].var(0) for k in range(3)], 0))
    np.testing.assert_allclose(plain.within, within, atol=1e-12)
    np.testing.assert_allclose(class_means(GAPS, KIND, 3).means, [np.nanmean(GAPS[k == KIND], 0) for k in range(3)])


def test_a_page_holds_so_many_numbers_and_says_which(monkeypatch):
    assert finder("title", ["a"], NAMES[:100], np.zeros((100, 1))) is None
    monkeypatch.setattr("suffice.report.finder.MOST_NUMBERS", 50)
    found = finder("title", ["a"], NAMES, -np.arange(600.0)[:, None])
    assert (found.kept, found.all) == (50, 600)
    assert json.loads(found.data)[0][0] == "<column550>"
    assert "<" not in found.data
