"""Tables learned from rows: counts and priors, laws of rows, expectation-maximisation that never falls and finds the truth."""

import itertools
import os
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.exceptions import ConvergenceWarning

import suffice
from suffice import BayesianNetwork
from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.learning.counted_rows import begun, counted_rows
from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.fit_rows import Asked, read_rows
from suffice.bayesian.learning.model import FamilySums, RowsBefore, Skeleton, TableModel
from suffice.bayesian.learning.tables import UnseenParentsWarning
from suffice.bayesian.rows import columns_of, named_columns
from suffice.fit import em
from suffice.rows.host import Host

FOLDER = Path(os.environ.get("SUFFICE_DATA", "no-data")) / "bif"
needs_networks = pytest.mark.skipif(not FOLDER.is_dir(), reason="SUFFICE_DATA names no folder with bif in it")
EDGES = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
STATES = {"a": ["n", "y"], "b": [0, 1, 2], "c": [False, True], "d": ["u", "v", "w"]}
PARENTS = {"b": ["a"], "c": ["a"], "d": ["b", "c"]}
SHAPES = {"a": (2,), "b": (2, 3), "c": (2, 2), "d": (3, 2, 3)}


def network(seed=0):
    draw = np.random.default_rng(seed)
    tables = {node: draw.dirichlet(np.ones(shape[-1]), size=shape[:-1]) for node, shape in SHAPES.items()}
    return BayesianNetwork.from_tables(tables, PARENTS, STATES)


def rows_of(seed=0, count=400, gaps=0.0, coded=True):
    rows = network(seed).sample(count, coded=True, random_state=seed).astype(float)
    rows[np.random.default_rng(seed + 1).random(rows.shape) < gaps] = np.nan
    return rows


def labelled(rows):
    columns = {
        node: [None if np.isnan(cell) else labels[int(cell)] for cell in rows[:, place]]
        for place, (node, labels) in enumerate(STATES.items())
    }
    return pa.table(columns)


def fitted(rows, coded=True, **settings):
    fit = {name: settings.pop(name) for name in ("sample_weight", "checkpoint") if name in settings}
    return BayesianNetwork(EDGES, states=STATES, **settings).fit(rows, coded=coded, **fit)


def same(one, other, tolerance=1e-12):
    assert one.nodes_ == other.nodes_
    for node in one.nodes_:
        assert np.allclose(one.tables_[node], other.tables_[node], atol=tolerance, rtol=0)


@pytest.mark.parametrize(("prior", "strength"), [("bdeu", 6.0), ("cell", 0.5), ("bdeu", 1e-9)])
def test_tables_of_complete_rows_are_counts_and_the_priors_rows(prior, strength):
    rows = rows_of()
    found = fitted(rows, prior=prior, prior_strength=strength)
    for node, shape in SHAPES.items():
        axes = [list(STATES).index(name) for name in (*PARENTS.get(node, []), node)]
        counts = np.zeros(shape)
        np.add.at(counts, tuple(rows[:, axis].astype(int) for axis in axes), 1)
        counts += strength / counts.size if prior == "bdeu" else strength
        assert np.allclose(found.tables_[node], counts / counts.sum(-1, keepdims=True))
    assert found.outcome_.startswith("The parameters of highest posterior density were found in one pass")
    assert found.parents_ == {"a": [], **PARENTS}


def test_the_objective_is_the_likelihood_and_the_prior():
    rows = rows_of()
    found = fitted(rows, prior_strength=6.0)
    prior = sum(6.0 / table.size * np.log(table).sum() for table in found.tables_.values())
    assert found.lower_bound_ == pytest.approx(found.score(rows, coded=True) + prior / len(rows))
    perturbed = fitted(rows, prior_strength=6.0)
    other = sum(6.0 / table.size * np.log(table).sum() for table in network().tables_.values())
    assert perturbed.lower_bound_ > network().score(rows, coded=True) + other / len(rows)


def test_rows_come_in_any_kind():
    rows = rows_of(gaps=0.2)
    table, coded = labelled(rows), fitted(rows)
    kinds = [
        table,
        table.select(["d", "b", "a", "c"]),
        np.column_stack([column.to_pylist() for column in table.columns]),
    ]
    pandas = pytest.importorskip("pandas")
    kinds += [table.to_pandas(), table.to_pandas().astype("category")]
    assert isinstance(kinds[3], pandas.DataFrame)
    for kind in kinds:
        same(fitted(kind, coded=False), coded)


def test_states_are_learned_and_nodes_are_in_the_order_of_first_mention():
    found = BayesianNetwork(EDGES).fit(labelled(rows_of()))
    assert found.nodes_ == ["a", "b", "c", "d"]
    assert found.states_ == STATES
    assert BayesianNetwork([("d", "a")]).fit(labelled(rows_of())).nodes_ == ["d", "a", "b", "c"]
    assert BayesianNetwork([("x1", "x0")]).fit(rows_of()[:, :2].astype(int)).nodes_ == ["x1", "x0"]


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_weight_two_is_the_row_twice_and_weight_none_no_row(gaps):
    rows, draw = rows_of(gaps=gaps), np.random.default_rng(3)
    weight = draw.integers(0, 3, len(rows)).astype(float)
    same(fitted(rows, sample_weight=weight), fitted(np.repeat(rows, weight.astype(int), 0)), 1e-7)


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_order_of_rows_does_not_matter(gaps):
    rows = rows_of(gaps=gaps)
    same(fitted(rows), fitted(rows[::-1]), 1e-7)


def test_counts_of_halves_add_to_those_of_the_whole():
    rows = np.where(np.isnan(rows_of(gaps=0.2)), -1, rows_of()).astype(np.int16)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(rows))
    parts = [Counts(rows[part], weight[part], (2, 3, 2, 3)) for part in (slice(0, 150), slice(150, None), slice(None))]
    for family in ([0], [0, 1], [1, 2, 3]):
        first, second, whole = (part.of(family) for part in parts)
        assert np.allclose(first + second, whole)


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_a_stream_is_what_it_holds(gaps):
    table = labelled(rows_of(gaps=gaps))
    weight = np.random.default_rng(0).uniform(1, 2, table.num_rows)
    batches = [(table.slice(start, 90), weight[start : start + 90]) for start in range(0, table.num_rows, 90)]
    stream, memory = BayesianNetwork(EDGES).fit(batches), BayesianNetwork(EDGES).fit(table, sample_weight=weight)
    assert stream.states_ == memory.states_
    same(stream, memory, 1e-7 if gaps else 1e-13)
    assert stream.lower_bound_ == pytest.approx(memory.lower_bound_, rel=1e-12)
    coded = BayesianNetwork(EDGES).fit(np.array_split(rows_of(gaps=gaps), 5), coded=True)
    same(coded, BayesianNetwork(EDGES).fit(rows_of(gaps=gaps), coded=True), 1e-7 if gaps else 1e-13)


def test_of_a_stream_only_rows_with_gaps_are_kept_and_labels_may_come_late():
    table = labelled(rows_of(gaps=0.1))
    late = table.take(np.argsort(np.array(table["b"].fill_null(0))))
    batches = [(late.slice(start, 50), np.ones(50)) for start in range(0, 400, 50)]
    asked = Asked(EDGES, {}, {})
    counted, read = counted_rows(batches, asked), read_rows(batches, asked)
    gaps = (read.codes < 0).any(1)
    assert np.array_equal(counted.codes, read.codes[gaps])
    assert (counted.states, counted.total_weight) == (read.states, 400)
    sizes = [len(own) for own in read.states]
    for family, found in counted.counted.items():
        assert np.array_equal(found, Counts(read.codes[~gaps], read.weight[~gaps], sizes).of(family))


def test_a_stream_of_bad_batches_is_refused_as_a_table_is():
    some = pa.table({"a": ["x", "y", None], "b": [1, 2, 2]})
    with pytest.raises(ValueError, match="'a' holds no label"):
        BayesianNetwork([("a", "b")]).fit([pa.table({"a": pa.nulls(2), "b": [1, 2]})] * 2)
    with pytest.raises(ValueError, match=r"'b' is 2 in row 1 .*which is no state; its states are 1"):
        BayesianNetwork([("a", "b")], states={"b": [1]}).fit([some, some])
    with pytest.raises(ValueError, match="different labels"):
        BayesianNetwork([("a", "b")]).fit(
            [pa.table({"a": [str(k + row) for row in range(600)], "b": [1] * 600}) for k in (0, 600)]
        )


def test_relative_weights_are_scaled_and_that_is_said():
    found = fitted(rows_of(), sample_weight=np.full(400, 1 / 400))
    assert found.outcome_.endswith("they were scaled to sum to 400.")
    same(found, fitted(rows_of()))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "settings", [{}, {"tol": 1e-9}, {"prior_strength": 0.0}, {"prior": "cell", "n_init": 3}], ids=str
)
def test_the_objective_never_falls_and_ends_at_rest(seed, settings):
    rows = rows_of(seed, gaps=0.4)
    found = fitted(rows, random_state=0, **settings)
    assert found.converged_
    for trace in found.traces_:
        assert np.diff(trace).min(initial=0.0) > -1e-12
    assert found.lower_bound_ == max(trace[-1] for trace in found.traces_)
    planned = PlannedRows(found.model_.parents, found.model_.cardinalities, _codes(rows), np.ones(len(rows)))
    counts, log_likelihood = planned.expected(found.model_.tables)
    assert log_likelihood == pytest.approx(found.score_samples(rows, coded=True).sum())
    for own, table in zip(counts, found.model_.tables, strict=True):
        strength = found.prior_strength if found.prior == "cell" else found.prior_strength / own.size
        again = (own + strength) / (own + strength).sum(-1, keepdims=True)
        assert np.allclose(again, table, atol=2e-3)


def _codes(rows):
    return np.where(np.isnan(rows), -1, rows).astype(np.int16)


class Enumerated:
    """Expected counts by a sum over all completions of each row."""

    def __init__(self, parents, sizes, codes):
        self.parents, self.sizes, self.codes, self.weight = parents, sizes, codes, float(len(codes))

    def expected(self, tables):
        counts, total = [np.zeros_like(table) for table in tables], 0.0
        for row in self.codes:
            free = [range(size) if cell < 0 else [cell] for cell, size in zip(row, self.sizes, strict=True)]
            places = [[(*(cells[axis] for axis in own), cells[node]) for node, own in enumerate(self.parents)]
                      for cells in itertools.product(*free)]  # fmt: skip
            chances = np.array([np.prod([table[at] for table, at in zip(tables, own, strict=True)]) for own in places])
            for own, chance in zip(places, chances / chances.sum(), strict=True):
                for count, at in zip(counts, own, strict=True):
                    count[at] += chance
            total += np.log(chances.sum())
        return counts, total


def model_of(seed, before, restarts=1):
    own = network(seed).model_
    skeleton = Skeleton(own.nodes, own.states, own.parents)
    tables = tuple(np.repeat(table[None], restarts, 0) for table in network(seed + 10).model_.tables)
    return TableModel(tables, RowsBefore(np.full(4, before)), skeleton)


def test_each_step_is_that_of_enumeration():
    codes = _codes(rows_of(count=30, gaps=0.4))
    start = model_of(0, 0.1)
    solutions = []
    for planned in (
        PlannedRows(start.skeleton.parents, start.skeleton.sizes, codes, np.ones(30)),
        Enumerated(start.skeleton.parents, start.skeleton.sizes, codes),
    ):
        solutions.append(em(start, Host([(planned, np.ones(30))], None, None, np.inf, lambda: None), max_iter=12))
    assert np.allclose(solutions[0].trace, solutions[1].trace, atol=1e-10)
    for one, other in zip(solutions[0].model.tables, solutions[1].model.tables, strict=True):
        assert np.allclose(one, other, atol=1e-8)


@pytest.mark.parametrize("held", [(), (1,)])
def test_the_slope_is_that_of_the_objective(held):
    codes, start = _codes(rows_of(count=50, gaps=0.3)), model_of(1, 0.2)
    start = TableModel(start.tables, start.before, start.skeleton, held)
    planned, chart = PlannedRows(start.skeleton.parents, start.skeleton.sizes, codes, np.ones(50)), start.chart

    def height(position):
        model = chart.at(start, position)
        return planned.expected(model.tables_of(0))[1] + float(model.log_prior()[0])

    position = chart.position(start)
    counts, log_likelihood = planned.expected(start.tables_of(0))
    sums = FamilySums(tuple(count[None] for count in counts), np.array([log_likelihood]), 50.0)
    slope, step = chart.slope(start, sums)[0], 1e-6
    frozen = np.concatenate([np.full(table[0].size, node in held) for node, table in enumerate(start.tables)])
    for place in range(position.shape[1]):
        moved = np.zeros_like(position)
        moved[0, place] = step
        wanted = 0.0 if frozen[place] else (height(position + moved) - height(position - moved)) / (2 * step)
        assert slope[place] == pytest.approx(wanted, abs=1e-5)


def test_a_fit_that_was_interrupted_goes_on_bit_for_bit(tmp_path):
    codes, start = _codes(rows_of(gaps=0.5)), model_of(2, 0.1, restarts=2)

    class Stopping:
        weight, passes = float(len(codes)), 9

        def expected(self, tables):
            self.passes -= 1
            if self.passes == 0:
                raise KeyboardInterrupt
            return planned.expected(tables)

    planned = PlannedRows(start.skeleton.parents, start.skeleton.sizes, codes, np.ones(len(codes)))

    def run(rows, **options):
        place = Host([(rows, np.ones(len(codes)))], None, None, np.inf, lambda: None)
        return em(start, place, max_iter=40, step_by_step=True, **options)

    whole = run(planned)
    file = tmp_path / "kept"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suffice.fit.checkpoint.SECONDS", -1.0)
        patch.setattr("suffice.fit.checkpoint.SHARE", np.inf)
        run(Stopping(), checkpoint=file)
        again = run(planned, checkpoint=file)
    assert file.exists()
    assert np.array_equal(whole.trace, again.trace, equal_nan=True)
    for one, other in zip(whole.model.tables, again.model.tables, strict=True):
        assert np.array_equal(one, other)


def test_a_hidden_class_is_found():
    draw = np.random.default_rng(3)
    chances = np.where(np.eye(3, dtype=bool)[[0, 1, 2, 0, 1, 2]], 0.85, 0.1).transpose()
    group = draw.integers(3, size=3000)
    rows = (draw.random((3000, 6)) < chances[group]).astype(int)
    states = {f"x{column}": [0, 1] for column in range(6)}
    edges = [("class", node) for node in states]
    found = BayesianNetwork(edges, states=states, hidden={"class": 3}, n_init=5, random_state=0).fit(rows)
    assert found.nodes_ == [*states, "class"]
    assert found.hidden_ == ["class"]
    believed = found.predict_proba(rows, ["class"])["class"].argmax(1)
    right = max((np.array(order)[believed] == group).mean() for order in itertools.permutations(range(3)))
    truth = np.log(np.mean([np.prod(np.where(rows, p, 1 - p), 1) for p in chances], 0)).mean()
    assert right > 0.8
    assert found.score(rows) > truth - 0.01
    assert not np.allclose(found.tables_["x0"][0], found.tables_["x0"][1], atol=0.1) or not np.allclose(
        found.tables_["x0"][0], found.tables_["x0"][2], atol=0.1
    )


@needs_networks
@pytest.mark.parametrize("name", ["asia", "alarm"])
def test_a_fifth_of_the_cells_missing_costs_little(name):
    truth = BayesianNetwork.from_bif(FOLDER / f"{name}.bif.gz")
    full = truth.sample(50_000, coded=True, random_state=0)
    gaps = np.where(np.random.default_rng(1).random(full.shape) < 0.2, -1, full)
    complete, found = (
        BayesianNetwork(truth.edges_, states=truth.states_).fit(rows, coded=True) for rows in (full, gaps)
    )
    counts = Counts(full.astype(np.int16), np.ones(len(full)), truth.model_.cardinalities)
    shares = [counts.of(family).sum(-1) / len(full) for family in truth.model_.families]

    def error(estimated):
        tables = zip(shares, estimated.model_.tables, truth.model_.tables, strict=True)
        return np.mean([(share * np.abs(one - other).sum(-1)).sum() / 2 for share, one, other in tables])

    assert found.converged_
    assert error(found) < 1.5 * error(complete)
    assert np.diff(found.lower_bounds_[np.isfinite(found.lower_bounds_)]).min() > -1e-12


def test_parents_that_were_never_seen_keep_uniform_children_and_that_is_said():
    rows = rows_of()
    rows = rows[(rows[:, 1] != 2) | (rows[:, 2] != 1)]
    with pytest.warns(UnseenParentsWarning, match=r"1 states of parents were seen in no row \(of 'd'\)"):
        found = fitted(rows, prior_strength=0)
    assert np.allclose(found.tables_["d"][2, 1], 1 / 3)
    gaps = rows.copy()
    gaps[::3, 0] = np.nan
    with pytest.warns(UnseenParentsWarning, match=r"1 states of parents were seen in no row \(of 'd'\)"):
        found = fitted(gaps, prior_strength=0)
    assert np.allclose(found.tables_["d"][2, 1], 1 / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(rows, prior_strength=1e-3)


def test_limits_of_iterations_are_said():
    with pytest.warns(ConvergenceWarning, match="limit of iterations"):
        found = fitted(rows_of(gaps=0.5), max_iter=2)
    assert (found.converged_, found.n_iter_) == (False, 2)
    assert "start" in fitted(rows_of(gaps=0.5), max_iter=0).outcome_


def test_what_is_saved_is_loaded_to_the_same_bits(tmp_path):
    rows = rows_of(gaps=0.3)
    found = fitted(rows)
    loaded = suffice.load(suffice.save(found, tmp_path / "net"))
    assert loaded.get_params() == found.get_params()
    assert (loaded.states_, loaded.edges_, loaded.outcome_) == (found.states_, found.edges_, found.outcome_)
    assert np.array_equal(loaded.score_samples(rows, coded=True), found.score_samples(rows, coded=True))
    same(loaded, found, 0)


def test_a_network_from_a_file_learns_its_tables_anew(tmp_path):
    written = network().to_bif(tmp_path / "net.bif")
    found = BayesianNetwork.from_bif(written).fit(labelled(rows_of()))
    assert found.edges_ == network().edges_
    assert found.states_["b"] == ["0", "1", "2"]


@pytest.mark.parametrize("structure", ["hill-climbing", "chow-liu"])
@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_structures_are_searched_and_their_score_is_said(structure, gaps):
    rows = labelled(rows_of(count=2000, gaps=gaps))
    found = BayesianNetwork(structure=structure).fit(rows)
    assert np.isfinite(found.structure_score_)
    assert f"{found.structure_score_:.6g}" in found.outcome_
    joined = {frozenset(edge) for edge in found.edges_}
    assert len(joined & {frozenset(edge) for edge in EDGES}) >= 3
    if structure == "chow-liu":
        assert len(found.edges_) == 3


def test_in_a_search_with_gaps_weight_two_is_the_row_twice_in_any_order():
    rows = rows_of(count=300, gaps=0.2)
    weight = np.random.default_rng(3).integers(0, 4, len(rows))
    one = BayesianNetwork(states=STATES, random_state=0).fit(rows, coded=True, sample_weight=weight.astype(float))
    twice = np.random.default_rng(0).permutation(np.repeat(rows, weight, 0))
    other = BayesianNetwork(states=STATES, random_state=0).fit(twice, coded=True)
    assert one.edges_ == other.edges_
    assert one.structure_score_ == pytest.approx(other.structure_score_, rel=1e-12)
    same(one, other, 1e-6)


def test_required_and_forbidden_edges_are_heeded():
    rows = labelled(rows_of(count=2000))
    found = BayesianNetwork(
        structure="hill-climbing", required=[("d", "a")], forbidden=[("a", "b")], max_parents=1
    ).fit(rows)
    assert ("d", "a") in found.edges_
    assert ("a", "b") not in found.edges_
    assert max(map(len, found.parents_.values())) <= 1


FRAME = labelled(rows_of(count=50))
BAD = {
    "edges and structure": ({"edges": EDGES, "structure": "chow-liu"}, FRAME, "both given"),
    "structure": ({"structure": "pc"}, FRAME, "'hill-climbing', 'chow-liu'"),
    "criterion": ({"criterion": "mdl"}, FRAME, "'bic', 'aic', 'bdeu'"),
    "cycle": ({"edges": [("a", "b"), ("b", "c"), ("c", "a")]}, FRAME, "-> a form a cycle|-> b form|-> c form"),
    "self-loop": ({"edges": [("a", "a")]}, FRAME, "'a' is its own parent"),
    "edge twice": ({"edges": [("a", "b"), ("a", "b")]}, FRAME, "'a' -> 'b' twice"),
    "no pair": ({"edges": ["ab"]}, FRAME, "each edge is a pair"),
    "absent": ({"edges": [("a", "z")]}, FRAME, "edges name 'z', which is no column of X; its columns are 'a', 'b'"),
    "absent states": ({"states": {"z": [0, 1]}}, FRAME, "states name 'z'"),
    "state twice": ({"states": {"a": ["n", "n"]}}, FRAME, "the state 'n' twice"),
    "unknown label": ({"states": {"a": ["n"]}}, FRAME, "which is no state; its states are 'n'"),
    "hidden column": ({"edges": EDGES, "hidden": {"a": 2}}, FRAME, "hidden names 'a', which is a column"),
    "hidden count": ({"edges": EDGES, "hidden": {"h": 1}}, FRAME, "hidden"),
    "hidden and search": ({"hidden": {"h": 2}}, FRAME, "Give edges"),
    "required cycle": ({"required": [("a", "b"), ("b", "a")]}, FRAME, "required: The edges .* form a cycle"),
    "required unknown": ({"required": [("a", "q")]}, FRAME, "'q', which is no column; the columns are 'a'"),
    "both": ({"required": [("a", "b")], "forbidden": [("a", "b")]}, FRAME, "both required and forbidden"),
    "too few parents": ({"required": [("a", "c"), ("b", "c")], "max_parents": 1}, FRAME, "max_parents=1"),
    "chow-liu limits": ({"structure": "chow-liu", "required": [("a", "b")]}, FRAME, "takes no required"),
    "bdeu without rows": ({"criterion": "bdeu", "prior_strength": 0}, FRAME, "prior_strength above 0"),
    "prior": ({"edges": EDGES, "prior": "flat"}, FRAME, "'bdeu', 'cell'"),
    "strength": ({"edges": EDGES, "prior_strength": np.nan}, FRAME, "prior_strength"),
    "n_init": ({"edges": EDGES, "n_init": 0}, FRAME, "n_init=0"),
    "all missing": ({}, pa.table({"a": pa.nulls(3, pa.string()), "b": ["x", "y", "x"]}), "'a' holds no label"),
    "all missing, known": ({"states": {"a": ["x"]}}, pa.table({"a": pa.nulls(2), "b": ["x", "y"]}), "'a' holds no label"),
    "names of rows": ({}, pa.table({"id": [f"r{row}" for row in range(50_000)]}), "50000 different labels"),
    "no rows": ({}, FRAME.slice(0, 0), "0 rows"),
    "twice a column": ({}, pa.Table.from_arrays([pa.array(["x"])] * 2, names=["a", "a"]), "two columns 'a'"),
    "no table": ({}, np.zeros(3), "shape"),
    "nothing": ({}, None, "shape"),
    "a word": ({}, "abc", "shape"),
    "a number": ({}, 3, "shape"),
    "rows of different lengths": ({}, [[1, 2], [3]], "shape"),
    "a dictionary": ({}, {"a": [1]}, "shape"),
    "columns of an array": ({"edges": EDGES}, np.zeros((4, 3)), "3 columns; 4 are expected"),
    "huge": ({"edges": [(f"p{k}", "t") for k in range(40)]},
             pa.table({name: [0, 1] for name in [*(f"p{k}" for k in range(40)), "t"]}), "give it fewer parents"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_fitted_is_refused_with_a_sentence(name):
    settings, rows, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        BayesianNetwork(**settings).fit(rows)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (np.zeros(50), "weight"),
        (np.full(50, -1.0), "[Nn]egative"),
        (np.ones(3), "sample_weight"),
        (np.full(50, np.nan), "NaN"),
    ],
)
def test_bad_weights_are_refused(weight, said):
    with pytest.raises(ValueError, match=said):
        BayesianNetwork(EDGES).fit(FRAME, sample_weight=weight)


def test_batches_of_other_columns_and_second_weights_are_refused():
    with pytest.raises(ValueError, match="those of the first"):
        BayesianNetwork(EDGES).fit([FRAME, FRAME.select(["a", "b", "c"])])
    with pytest.raises(ValueError, match="Batches bring their own weights"):
        BayesianNetwork(EDGES).fit([FRAME, FRAME], sample_weight=np.ones(100))


def test_counts_that_are_joined_again_are_the_same():
    table = labelled(rows_of(gaps=0.1))
    left, right = (begun(table, Asked(EDGES, {}, {})) for _ in range(2))
    for counting, part in ((left, table.slice(0, 150)), (right, table.slice(150))):
        counting.add(named_columns(columns_of(part), counting.names), np.ones(part.num_rows))
    first, again = left.joined(right).rows(), left.joined(right).rows()
    assert first.total_weight == again.total_weight == 400
