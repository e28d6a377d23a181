"""Numbers as people write them: thousands, decimal commas, currency, percent and other units, marks for what is missing."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from suffice.data.text_cells import NUMBER, trimmed

DASHES = ("-", "--", "---", "–", "—", "−", "*", "..", "...", "n.a.", "N.A.", "na", "k.A.", "nd", "n.d.", "missing", "nil",
          "<NA>", "NaT", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#N/A N/A", "-nan", "-NaN")  # fmt: skip
"""Cells that stand for nothing where all others of their column are numbers."""
_CURRENCY = r"[$€£¥₹]|USD|EUR|GBP|CHF|JPY|CAD|AUD|INR"
_DRESSED = (
    rf"^(?P<first>[+\-−]?)\s*(?P<before>(?:{_CURRENCY})?)\s*(?P<sign>[+\-−]?)"
    r"(?P<core>\d[\d.,’'\x{a0}\x{2009}\x{202f} ]*|[.,]\d+)(?P<power>(?:[eE][+\-]?\d+)?)\s*"
    r"(?P<after>(?:[^\d\s.,:;+\-−/'’()][^:;,]{0,11})?)$"
)
_BLANKS = r"[’'\x{a0}\x{2009}\x{202f} ]"
_GROUPED = r"^(\d{1,3}(%s\d{3})+|\d+)(%s\d*)?$|^%s\d+$"
_BY_POINT = _GROUPED % (f"(?:,|{_BLANKS})", r"\.", r"\.")
_BY_COMMA = _GROUPED % (rf"(?:\.|{_BLANKS})", ",", ",")


@dataclass(frozen=True)
class Written:
    """Text cells that are all numbers once their dressing is off.

    ``cores`` have digits and marks only; ``before`` and ``after`` are what stands around each of them; ``odd`` are the places of
    cells that are no numbers, ``count`` how many cells are, ``empty`` the marks that were taken for missing, ``example`` the
    first cell with more than plain digits.
    """

    cells: pa.Array
    cores: pa.Array
    signs: pa.Array
    powers: pa.Array
    before: str
    after: str
    odd: list[int] = field(default_factory=list)
    count: int = 0
    empty: list[str] = field(default_factory=list)

    @property
    def point(self) -> bool:
        """Whether all of them are numbers with a decimal point, of which commas separate thousands."""
        return _all_match(self.cores, _BY_POINT)

    @property
    def comma(self) -> bool:
        """Whether all of them are numbers with a decimal comma, of which points separate thousands."""
        return _all_match(self.cores, _BY_COMMA)

    @property
    def ambiguous(self) -> bool:
        """Whether the two ways of reading them give different numbers."""
        return self.point and self.comma and self.example(r"[.,]") is not None

    def example(self, pattern: str) -> str | None:
        """The first cell whose digits hold a mark."""
        row = pc.index(pc.fill_null(pc.match_substring_regex(self.cores, pattern), False), True).as_py()
        return None if row < 0 else self.cells[row].as_py()

    def unlike(self, decimal: str) -> list[int]:
        """Places of cells that are no numbers by a decimal mark."""
        pattern = _BY_POINT if decimal == "." else _BY_COMMA
        odd = pc.invert(pc.match_substring_regex(self.cores, pattern))
        return pc.indices_nonzero(pc.fill_null(odd, False)).to_pylist()

    def numbers(self, decimal: str) -> pa.Array:
        """The numbers, by a decimal mark."""
        other = "," if decimal == "." else "."
        plain = pc.replace_substring_regex(self.cores, rf"{_BLANKS}|\{other}", "")
        plain = pc.replace_substring(plain, decimal, ".")
        signs = pc.replace_substring(self.signs, "−", "-")
        text = pc.binary_join_element_wise(signs, plain, self.powers, "")
        return pc.replace_substring_regex(text, r"^\+", "").cast(pa.float64())


def written_numbers(column: pa.ChunkedArray) -> Written | None:
    """What the cells of a column of text say as numbers; None if it holds no text or hardly any number."""
    cells = trimmed(column)
    if cells is None:
        return None
    cells = _one(cells)
    found = pc.extract_regex(cells, _DRESSED)
    matched = pc.and_(pc.is_valid(found), pc.is_valid(cells))
    if not pc.any(matched).as_py():
        return None
    part = {name: _part(found, name) for name in ("first", "before", "sign", "core", "power", "after")}
    before, after = _most_common(part["before"], matched), _most_common(part["after"], matched)
    alike = pc.and_(pc.equal(part["before"], before), pc.equal(part["after"], after))
    signs = pc.binary_join_element_wise(part["first"], part["sign"], "")
    good = pc.fill_null(pc.and_(pc.and_(matched, alike), pc.less(pc.utf8_length(signs), 2)), False)
    marks = pc.and_(pc.invert(good), pc.is_in(cells, pa.array(DASHES)))
    odd = pc.and_(pc.and_(pc.invert(good), pc.invert(marks)), pc.is_valid(cells))
    return Written(
        cells, _where(good, part["core"]), _where(good, signs), _where(good, part["power"]), before, after,
        odd=pc.indices_nonzero(odd).to_pylist(), count=pc.sum(good).as_py(),
        empty=pc.unique(cells.filter(marks)).to_pylist(),
    )  # fmt: skip


def may_be_thousands(cells: list[str]) -> bool:
    """Whether points in all of these cells may separate thousands, though they read as decimal points."""
    found = pa.array(cells)
    return (
        len(cells) > 0 and _all_match(found, r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)$") and any("." in cell for cell in cells)
    )


def have_decimal_commas(cells: list[str]) -> bool:
    """Whether these cells are numbers, some of which have a comma that cannot separate thousands."""
    found = pa.array(cells, pa.string())
    return _all_match(found, _BY_COMMA) and any("," in cell for cell in cells) and not _all_match(found, _BY_POINT)


def plain_numbers(cells: pa.Array | pa.ChunkedArray) -> bool:
    """Whether all cells are numbers as programs write them."""
    return _all_match(cells, NUMBER)


def _all_match(cells: pa.Array | pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(cells, pattern)).as_py() is not False


def _most_common(values: pa.Array, matched: pa.Array) -> str:
    counts = pc.value_counts(values.filter(matched))
    return max(counts.to_pylist(), key=lambda one: one["counts"])["values"]


def _part(found: pa.Array, name: str) -> pa.Array:
    part = pc.struct_field(found, [name])
    return pc.utf8_trim_whitespace(pc.fill_null(part, ""))


def _where(good: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(good, values, pa.scalar(None, values.type))


def _one(cells: pa.ChunkedArray | pa.Array) -> pa.Array:
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
