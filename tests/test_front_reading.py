"""Files as people write them: numbers are right or asked about, and nothing becomes a label or a row in silence."""

import gzip
import json
import os
import struct
import threading
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from suffice.data import DataError, layout, pipes, read_columns, read_table
from suffice.data.image_files import read_image


@pytest.fixture
def written(tmp_path):
    """A function from the content of a file to its path."""

    def write(content, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


TOLD = {
    "thousands by commas, in quotes": ('pop,x\n"1,234",3.5\n"12,500",2.25\n"980",1.0\n', [1234, 12500, 980], "1234"),
    "thousands by points, beside decimal commas": (
        "pop;x\n1.234;3,5\n12.500;2,25\n2.980;1,0\n", [1234, 12500, 2980], "thousands apart",
    ),
    "thousands by blanks": ("pop;x\n1 234,5;1\n12 500,0;2\n", [1234.5, 12500], "thousands apart"),
    "per cent": ("pop;x\n5,5 %;1\n6,5 %;2\n", [5.5, 6.5], "in %"),
    "a currency": ("pop,x\n$5.50,1\n-$2,2\n", [5.5, -2], "in $"),
    "a unit": ("pop,x\n12 kg,1\n7.5 kg,2\n", [12, 7.5], "in kg"),
    "a dash for nothing": ("pop,x\n1.5,1\n-,2\n2.5,3\n", [1.5, np.nan, 2.5], "'-' is read as missing"),
    "a minus of typographers": ("pop,x\n−1.5,1\n2,2\n", [-1.5, 2], "names in the first line"),
    "a title": ("Monthly report\n\npop,b\n1,2\n3,4\n", [1, 3], "Above the table stands 'Monthly report'"),
    "units below the names": ("pop,hum\nC,%\n20,30\n21,31\n", [20, 21], "units: pop in C, hum in %"),
    "a total below": ("pop,b\n1,2\n3,4\n,\nTotal,6\n", [1, 3], "Row 4 ('Total') sums up"),
    "blanks and tabs": ("pop 2\t3\n4 5   6\n7 8\t9\n", [4, 7], "delimiter blanks"),
    "payloads of NaN": ("pop,b\n1,2\nnan(123),3\n-nan,5\n+nan,6\n", [1, np.nan, np.nan, np.nan], "3 missing cells"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_people_write_is_read_and_said(written, case):
    text, expected, said = TOLD[case]
    table = read_table(written(text))
    np.testing.assert_array_equal(table.values[:, 0], expected)
    assert said in " ".join(table.notes)
    np.testing.assert_array_equal(
        np.array(read_columns(written(text)).values.column(0).to_pylist(), float), table.values[:, 0]
    )


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_column_that_can_be_read_in_two_ways_is_asked_about(written, delimiter):
    path = written(f"a{delimiter}b\n1.234{delimiter}1\n12.500{delimiter}2\n")
    with pytest.raises(
        DataError, match=r"two ways: '1.234' is 1.234 with a decimal point and 1,234 with a decimal comma"
    ):
        read_table(path)
    assert read_table(path, decimal=".").values[:, 0].tolist() == [1.234, 12.5]
    assert read_table(path, decimal=",").values[:, 0].tolist() == [1234, 12500]
    with pytest.raises(DataError, match=r"give .\.. or"):
        read_table(path, decimal="x")


def test_three_digits_behind_the_point_are_no_thousands_where_points_are_decimal(written):
    assert read_table(written("a;b\n1.234;0.5\n12.500;2\n")).values[:, 0].tolist() == [1.234, 12.5]
    assert read_table(written("a,b\n1.234,5\n12.500,2\n")).values[:, 0].tolist() == [1.234, 12.5]


@pytest.mark.parametrize("mark", [".", ","])
def test_numbers_come_back_whatever_marks_they_are_written_with(written, mark):
    draw = np.random.default_rng(0)
    numbers = np.round(draw.normal(size=40) * 10.0 ** draw.integers(0, 7, 40), 2)
    swap = {".": ".,", ",": ",."}[mark]
    cells = [f"{number:,.2f}".translate(str.maketrans(".,", swap)) for number in numbers]
    table = read_table(written("a|b\n" + "".join(f"{cell} €|1\n" for cell in cells)))
    np.testing.assert_allclose(table.values[:, 0], numbers)


def test_a_word_among_numbers_is_named_and_never_a_label(written):
    path = written("a,b\n" + "".join(f"{i}.5,1\n" for i in range(30)) + "oops,2\n")
    for read in (read_table, read_columns):
        with pytest.raises(DataError, match=r"column 'a' holds text, such as 'oops' in row 31.*--missing a=oops"):
            read(path)
        assert (
            read(path, missing_values={"a": ["oops"]})
            .notes[1]
            .startswith("Column 'a': 1 cell 'oops' is read as missing")
        )


def test_codes_and_sizes_stay_labels(written):
    path = written("a,b\n" + "1st,x\n2nd,y\n3rd,x\n" * 10)
    assert read_columns(path).values["a"][:2].to_pylist() == ["1st", "2nd"]


def test_marks_for_missing_cells_are_of_all_columns_or_of_one(written):
    path = written("a,b\n-9,99\n1,999999\n2,-9\n")
    expected = [[np.nan, np.nan], [1, 999999], [2, np.nan]]
    np.testing.assert_array_equal(read_table(path, missing_values=[-9, "99"]).values, expected)
    np.testing.assert_array_equal(read_table(path, missing_values={"b": [999999]}).values[1], [1, np.nan])
    notes = read_table(path, missing_values=[-9, 12345]).notes
    assert f"No cell of {path.name} is '12345', given as missing." in notes
    assert not any("No cell" in note for note in read_table(path, missing_values=[-9]).notes)
    with pytest.raises(DataError, match=r"no column 'c' \(given as missing\)"):
        read_table(path, missing_values={"c": [1]})
    np.testing.assert_array_equal(
        read_table(np.array([[1, 2], [-9, 3]]), missing_values=[-9]).values, [[1, 2], [np.nan, 3]]
    )


def test_names_that_are_years_are_names_and_rows_without_a_name_are_refused(written):
    assert read_columns(written("x,2019,2020\nA,1,2\nB,3,4\n")).columns == ["x", "2019", "2020"]
    with pytest.raises(DataError, match="line 1 has 2 names where the rows have 3 cells"):
        read_table(written("a,b\n1.5,2,3\n4.5,5,6\n7.5,8,9\n"))


@pytest.mark.parametrize("cell", ["-+3.5", "+ -3.5", "--3.5"])
def test_a_number_of_two_signs_is_none(cell, written):
    with pytest.raises(DataError, match="holds text"):
        read_table(written(f"a,b\n1.5,2\n{cell},4\n2.5,1\n"))
    read_columns(written(f"a,b\n1.5,2\n{cell},4\n2.5,1\n"))


def test_an_encoding_is_that_of_the_whole_file(written):
    table = read_table(written("Preis €;Länge\n1,5;2\n2,5;3\n".encode("cp1252")))
    assert table.columns == ["Preis €", "Länge"]
    assert "Windows-1252" in table.notes[0]
    rows = b"a,b\n" + b"x,1\n" * 300_000 + "é,1\n".encode("cp1252")
    assert read_columns(written(rows)).values["a"][-1].as_py() == "é"


def test_dates_become_parts_that_vary(written):
    path = written("d,a\n2020-01-01 05:00,5\n2020-02-02 06:00,6\n")
    assert read_table(path, dates="parts").columns == ["a", "d.month", "d.day", "d.weekday", "d.hour"]
    assert read_table(path, dates="parts").values[1, 1:].tolist() == [2, 2, 6, 6]
    assert read_columns(path, dates="keep").values["d"].to_pylist() == ["2020-01-01 05:00", "2020-02-02 06:00"]
    assert read_table(written("d,a\n31.12.2020,5\n01.01.2021,6\n"), dates="parts").values[0, 1:].tolist() == [
        2020,
        12,
        31,
        3,
    ]
    with pytest.raises(DataError, match="day or the month first"):
        read_table(written("d,a\n1/2/2020,5\n3/4/2020,6\n"), dates="parts")


def test_json_lists_arff_and_arrow_are_tables(written, tmp_path):
    rows = [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]
    for text in ("\n".join(map(json.dumps, rows)), json.dumps(rows)):
        assert read_columns(written(text)).values.to_pydict() == {"a": [1, 2.5], "b": ["x", None]}
    with pytest.raises(DataError, match="'a' holds lists or objects"):
        read_table(written('{"a": {"b": 1}}\n'))
    with pytest.raises(DataError, match="no JSON"):
        read_table(written('{"a": 1}\n{"a": '))
    arff = "% c\n@RELATION r\n@ATTRIBUTE a NUMERIC\n@ATTRIBUTE b {u,v}\n@DATA\n1,u\n?,v\n"
    assert read_columns(written(arff)).values.to_pydict() == {"a": [1, None], "b": ["u", "v"]}
    feather.write_feather(pa.table({"a": [1.0, 2.0]}), tmp_path / "a.arrow")
    assert read_table(tmp_path / "a.arrow").values.tolist() == [[1], [2]]


def test_sheets_of_workbooks_are_tables(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1.5, "1,234"], [2, None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    np.testing.assert_array_equal(read_table(tmp_path / "a.xlsx").values, [[1.5, 1234], [2, np.nan]])
    book.create_sheet("other").append([1])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match=r"2 sheets 'Sheet', 'other'.*array='Sheet'"):
        read_table(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx", array="other").values.tolist() == [[1]]


def test_files_of_the_same_columns_are_one_table(written):
    first, second = written("a,b\n1,2\n", "1.csv"), written("b,a\n4,3\n", "2.csv")
    assert read_table([first, second]).values.tolist() == [[1, 2], [3, 4]]
    assert read_columns([str(first), str(second)]).values.to_pydict() == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(DataError, match=r"3.csv has no column 'b', unlike 1.csv"):
        read_table([first, written("a\n1\n", "3.csv")])


def test_masked_cells_are_missing_and_queries_are_refused():
    masked = np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]])
    np.testing.assert_array_equal(read_table(masked).values, [[1, np.nan], [3, 4]])
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match=r"frame.collect\(\)"):
        read_table(polars.DataFrame({"a": [1.0]}).lazy())


def test_bombs_and_endless_lines_are_refused(written, monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "MOST_UNPACKED", 1 << 20)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_table(written(gzip.compress(b"1,2\n" * (1 << 19)), "rows.csv.gz"))
    monkeypatch.setattr(layout, "_LONGEST_LINE", 2 << 20)
    with pytest.raises(DataError, match="no line end in its first"):
        read_table(written(gzip.compress(b"1" * (4 << 20), 1), "rows.csv.gz"))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\x93NUMPY" + b"\0" * (2 << 20))
    with pytest.raises(DataError, match="unpacks to more than"):
        read_table(tmp_path / "a.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_read_once_and_waited_for_within_bounds(tmp_path, monkeypatch):
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    monkeypatch.setattr(pipes, "WAIT", 0.2)
    with pytest.raises(DataError, match="Nothing came through"):
        read_table(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("a,b\n1,2\n"))
    writer.start()
    monkeypatch.setattr(pipes, "WAIT", 20.0)
    assert read_table(pipe).values.tolist() == [[1, 2]]
    writer.join()
    with pytest.raises(DataError, match="is a device"):
        read_table("/dev/zero")


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_pictures_of_every_depth_have_the_shades_they_show(tmp_path, bits):
    shades = np.array([[0, 1], [(1 << bits) - 1, 1]])
    path = tmp_path / "a.png"
    path.write_bytes(png(shades, bits))
    np.testing.assert_allclose(read_image(path), shades / ((1 << bits) - 1), atol=1e-6)


def png(shades, bits):
    """A grey PNG file of so many bits a pixel."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = [f"{int(''.join(f'{shade:0{bits}b}' for shade in row).ljust(8, '0'), 2):x}" for row in shades]
    width = -(-shades.shape[1] * bits // 8)
    content = b"".join(b"\0" + int(row, 16).to_bytes(width, "big") for row in rows)
    header = struct.pack(">IIBBBBB", shades.shape[1], shades.shape[0], bits, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(content)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_pictures_too_large_or_damaged_are_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(np.zeros((2, 2), int), 8).replace(struct.pack(">II", 2, 2), struct.pack(">II", 60000, 60000)))
    for content in (path.read_bytes(), b"\x89PNG\r\n\x1a\n", b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"at most 100,000,000 are read|cannot be read as a picture"):
            read_image(path)


def test_labels_are_no_totals(written):
    table = read_columns(written("channel,year,clicks\nprint,2020,10\nmedia,2020,20\nprint,2020,12\nmedia,2020,14\n"))
    assert table.values.num_rows == 4
