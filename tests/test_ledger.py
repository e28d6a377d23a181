"""The ledger as it is run: experiments kept and named so, one page and ledger.json, the command line."""

import json
import re

import pytest

from suffice.check.ledger import experiments, judging
from suffice.check.ledger.all import DOCUMENTS
from suffice.check.ledger.entry import Built, Entry, Lost, Measured, Outcome
from suffice.cli import main
from suffice.report.ledger import write_ledger

SCRIPT = """
import json, sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--out") + 1])
if (Path(__file__).parent / "fails").exists():
    sys.exit("no data here")
out.mkdir(parents=True, exist_ok=True)
(out / "curve.png").write_bytes(b"a picture")
count = Path(__file__).parent / "count"
count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
verdicts = [{"claim": "larger is better", "verdict": "holds", "mean": 0.5, "standard_error": 0.1}]
print("a line before")
print(json.dumps({"data": "digits", "seeds": 2, "epochs": 3, "verdicts": verdicts, "quick": "--quick" in sys.argv}))
"""
CLAIM = Measured("made_up", "larger", "undecided", ("curve.png", "absent.png"))


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "made_up.py").write_text(SCRIPT)
    monkeypatch.setattr(experiments, "scripts_folder", lambda: folder)
    return folder


def test_a_run_is_kept_and_named_as_kept(scripts, tmp_path):
    first = experiments.run("made_up", tmp_path / "out")
    second = experiments.run("made_up", tmp_path / "out")
    third = experiments.run("made_up", tmp_path / "out", again=True)
    assert (first.kept, second.kept, third.kept) == (False, True, False)
    assert (scripts / "count").read_text() == "2"
    assert first.result == second.result
    assert second.seconds == first.seconds > 0
    said = [experiments.outcome(CLAIM, run) for run in (first, second)]
    assert [outcome.verdict for outcome in said] == ["holds", "holds"]
    assert "kept" not in said[0].evidence.split(";")[0]
    assert "quick size, kept" in said[1].evidence
    assert "margin 0.5 ± 0.1" in said[0].evidence
    assert "five seeds (docs/experiments.md): undecided" in said[0].evidence
    assert len(said[0].pictures) == 1


def test_the_full_size_is_another_run(scripts, tmp_path):
    assert experiments.run("made_up", tmp_path / "out").result["quick"] is True
    assert experiments.run("made_up", tmp_path / "out", full=True).result["quick"] is False
    assert experiments.run("made_up", tmp_path / "out", full=True).kept


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"result": {}, "seconds": 1}', '{"seconds": 1}'])
def test_a_damaged_result_is_made_again(scripts, tmp_path, damage):
    run = experiments.run("made_up", tmp_path / "out")
    (run.folder / experiments.RESULT).write_text(damage)
    assert not experiments.run("made_up", tmp_path / "out").kept


def test_a_script_that_fails_is_said_so_and_not_kept(scripts, tmp_path):
    (scripts / "fails").touch()
    outcome = experiments.outcome(CLAIM, experiments.run("made_up", tmp_path / "out"))
    assert outcome.verdict == "not run"
    assert outcome.evidence.startswith("no data here; kept run of five seeds")
    (scripts / "fails").unlink()
    assert experiments.outcome(CLAIM, experiments.run("made_up", tmp_path / "out")).verdict == "holds"


def test_without_the_scripts_the_kept_verdict_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "scripts_folder", lambda: None)
    outcome = experiments.outcome(CLAIM, experiments.run("made_up", tmp_path))
    assert outcome.verdict == "not run"
    assert "undecided" in outcome.evidence


def test_a_claim_that_a_script_does_not_judge_is_not_run(scripts, tmp_path):
    other = Measured("made_up", "smaller", "holds")
    assert experiments.outcome(other, experiments.run("made_up", tmp_path)).verdict == "not run"


def test_what_is_looked_at_has_its_pictures_and_no_verdict(scripts, tmp_path):
    looked = Measured("made_up", "", "a matter of looking", ("curve.png",))
    outcome = experiments.outcome(looked, experiments.run("made_up", tmp_path))
    assert (outcome.verdict, outcome.evidence, len(outcome.pictures)) == ("not judged", "a matter of looking", 1)


def test_every_measured_claim_is_one_of_its_script():
    folder = experiments.scripts_folder()
    assert folder is not None
    ways = [row.way for rows in DOCUMENTS.values() for row in rows if isinstance(row.way, Measured)]
    for way in ways:
        source = (folder / f"{way.script}.py").read_text()
        begins = re.escape(way.says.split(":")[-1].strip()[:20]) if "\\d" not in way.says else "hidden units have"
        assert re.search(begins.replace("500\\ ", "(500|\\{large\\})\\ "), source), way
        assert way.pictures
        assert all(f'"{picture}"' in source for picture in way.pictures)


def some_rows():
    return [
        Entry("000", "1", "a < b & c", Built(lambda: (True, "measured <so>")), "right"),
        Entry("000", "2", "not so", Built(lambda: (False, "off by 2")), "wrong", "read so", "what is right"),
        Entry("004", "3", "lost", Lost("The figure is lost."), "not judged"),
        Entry("004", "4", "unexpected", Built(lambda: (False, "off")), "right"),
    ]


def test_rows_are_judged_in_order_and_timed(tmp_path):
    met = []
    rows = list(judging.judged(some_rows(), tmp_path, watch=met.append))
    assert met == [row.entry for row in rows]
    assert [row.outcome.verdict for row in rows] == ["right", "wrong", "not judged", "wrong"]
    assert [row.as_expected for row in rows] == [True, True, True, False]
    assert all(row.seconds >= 0 for row in rows)


def test_an_experiment_runs_once_for_all_its_rows(scripts, tmp_path):
    rows = [Entry("000", "1", "one", CLAIM), Entry("000", "2", "two", CLAIM)]
    found = list(judging.judged(rows, tmp_path / "out"))
    assert (scripts / "count").read_text() == "1"
    assert [row.as_expected for row in found] == [None, None]
    assert found[0].to_dict()["kept"] == "undecided"
    assert found[0].beside == "quick size; five seeds: undecided"
    page = write_ledger(tmp_path / "ledger.html", found).read_text()
    assert page.count("quick size; five seeds: undecided") == 2
    assert 'class="verdict open">holds' in page, "a quick run is not shown as a result"
    (full, _) = judging.judged(rows, tmp_path / "out", full=True)
    assert (full.beside, full.outcome.verdict) == ("", "holds")


def test_the_page_is_whole_and_escapes_what_it_shows(tmp_path):
    rows = list(judging.judged(some_rows(), tmp_path))
    picture = tmp_path / "folder" / "curve.png"
    picture.parent.mkdir()
    picture.write_bytes(b"bytes of a picture")
    rows.append(
        judging.Judged(
            Entry("002", "5", "c", CLAIM),
            Outcome("holds", "e", ((1.0, 2.0), (1.0, float("nan"))), (str(picture),)),
            1,
        )
    )
    page = write_ledger(tmp_path / "deep" / "ledger.html", rows).read_text()
    assert "a &lt; b &amp; c" in page
    assert "measured &lt;so&gt;" in page
    assert "right expected" in page
    assert page.count("data:image/png;base64,") == 2, "once as a thumbnail, once in full"
    assert not re.search(r"(src|href)=\"(?!#|data:)|url\((?!data:)|@import", page)
    assert "nan" not in page.lower().replace("nano", "")


def test_documents_that_are_none_are_refused():
    with pytest.raises(ValueError, match="no document '005'; the documents are 000, 001"):
        judging.entries(["005"])
    assert {row.document for row in judging.entries(["004", "001"])} == {"001", "004"}
    assert len(judging.entries()) == sum(map(len, DOCUMENTS.values()))


def test_the_command_writes_table_page_and_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(DOCUMENTS, "004", tuple(row for row in some_rows() if row.document == "004")[:1])
    assert main(["reproduce", "004", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "The figure is lost." in said
    assert "1 claims; of 1 whose verdict the mathematics has, 1 were judged so." in said
    (row,) = json.loads((tmp_path / "out" / "ledger.json").read_text())
    assert (row["document"], row["verdict"], row["as_expected"]) == ("004", "not judged", True)
    assert (tmp_path / "out" / "ledger.html").read_text().startswith("<!doctype html>")


def test_the_status_tells_of_a_verdict_that_is_not_expected(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(DOCUMENTS, "004", tuple(row for row in some_rows() if row.document == "004"))
    assert main(["reproduce", "004", "--out", str(tmp_path)]) == 1
    assert "(not right)" in capsys.readouterr().out


def test_the_command_refuses_what_is_no_document(tmp_path, capsys):
    assert main(["reproduce", "7", "--out", str(tmp_path)]) == 2
    assert "no document '7'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
