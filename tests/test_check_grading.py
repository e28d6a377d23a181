"""Exercises and answers in files: read, checked, written; functions of others in a process with limits."""

import json
import subprocess
import sys

import pytest

from suffice.check import grade
from suffice.check.confined.function import Limits
from suffice.check.grading.answers import read_answers
from suffice.check.grading.exercises import read_exercises
from suffice.cli import main

SLOPE = '[slope]\ncheck = "gradient"\nproblem = "quadratic-form"\nwrt = "x"\npoints = 2\n'
LINES = '[lines]\ncheck = "derivation"\nproblem = "quadratic-form"\n'
QUICK = Limits(seconds=20.0)


def asked(folder, text=SLOPE):
    path = folder / "exercises.toml"
    path.write_text(text)
    return path


def answered(folder, text, name="answers.toml"):
    path = folder / name
    path.write_text(text)
    return path


def test_answers_of_many_people_are_marked(tmp_path):
    given = answered(
        tmp_path,
        '[Ada]\nslope = "(A + A.T) @ x + b"\nlines = ["x @ (A.T @ x)", "x @ A @ x"]\n'
        '[Charles]\nslope = "2 * A @ x + b"\nlines = "x @ A @ x\\n2 * x @ A @ x"\n[Mary]\nslope = "  "\n',
    )
    marks = grade(asked(tmp_path, SLOPE + LINES), given)
    assert [(one.person, one.points) for one in marks.people] == [("Ada", 3), ("Charles", 0), ("Mary", 0)]
    assert [mark.verdict for mark in marks.people[2].marks] == ["no answer", "no answer"]
    assert "Line 2" in marks.people[1].marks[1].report.message
    assert [many for _, many in marks.mistakes(marks.asked.exercises[0])] == [1]
    assert grade(tmp_path / "exercises.toml", given).to_json() == marks.to_json()
    assert json.loads(marks.to_json())["people"][0]["answers"][0]["report"]["verdict"] == "right"


def test_numbers_at_a_point_and_conventions_of_the_teacher(tmp_path):
    point = 'at = { x = [1.0, 2.0], A = [[1.0, 2.0], [3.0, 5.0]], b = [0.5, 0.25] }\naccept = ["right", "wrong"]\n'
    given = answered(tmp_path, "slope = [12.5, 25.25]", "ada.toml"), answered(tmp_path, "slope = [0, 1]", "joe.toml")
    marks = grade(asked(tmp_path, SLOPE + point), given)
    assert [(one.person, one.marks[0].verdict, one.points) for one in marks.people] == [
        ("ada", "right", 2),
        ("joe", "wrong", 2),
    ]


def test_a_model_of_ones_own(tmp_path):
    (tmp_path / "models.py").write_text(
        "def loss(x, t):\n    return ((x - t) ** 2).sum()\n"
        "def draw(generator):\n    return {'x': generator.normal(size=3), 't': generator.normal(size=3)}\n"
    )
    text = '[d]\ncheck = "gradient"\nproblem = "models.py:loss"\nat = "models.py:draw"\nwrt = "x"\n'
    marks = grade(asked(tmp_path, text), answered(tmp_path, 'd = "2 * (x - t)"'))
    assert marks.people[0].points == 1


HOSTILE = {
    "right": ("def {0}(x, A, b):\n    return sum((A + A.T)[:, i] * x[i] for i in range(len(x))) + b", "right", ""),
    "forever": ("def {0}(x):\n    while True: pass", "not comparable", "more than 2 s"),
    "huge": ("import numpy as np\ndef {0}(x):\n    return np.ones(10 * 2**30 // 8)", "not comparable", "MemoryError"),
    "raises": ("def {0}(x):\n    raise KeyError('no')", "not comparable", "KeyError: 'no'"),
    "leaves": ("import os\ndef {0}(x):\n    os._exit(0)", "not comparable", "ended its process"),
    "at_import": ("raise RuntimeError('early')\ndef {0}(x): return x", "not comparable", "RuntimeError: early"),
    "shape": ("def {0}(x):\n    return [[1.0], [2.0]]", "wrong", "shape (2, 1)"),
    "text": ("def {0}(x):\n    return 'zero'", "not comparable", "holds text, not real numbers"),
    "nothing": ("def {0}(x):\n    print('hello')", "not comparable", "returned None"),
    "stranger": ("def {0}(y):\n    return y", "not comparable", "'y', which is no variable"),
    "broken": ("def {0}(x:\n    return", "not comparable", "is not Python at line 1"),
    "absent": ("def other(x):\n    return x", "not comparable", "no function"),
}


def test_functions_of_others_are_confined(tmp_path):
    for name, (text, _, _) in HOSTILE.items():
        (tmp_path / f"{name}.py").write_text(text.format("slope"))
    given = answered(tmp_path, "".join(f'[{name}]\nslope = "{name}.py:slope"\n' for name in HOSTILE))
    with pytest.raises(ValueError, match="--allow-code"):
        grade(asked(tmp_path), given)
    marks = grade(asked(tmp_path), given, allow_code=True, limits=Limits(seconds=2.0, memory=3 * 2**30))
    for one in marks.people:
        _, verdict, said = HOSTILE[one.person]
        report = one.marks[0].report
        assert (one.person, report.verdict) == (one.person, verdict)
        assert said in report.message
        assert "\n" not in report.message


def test_a_file_of_python_is_one_persons_answers(tmp_path):
    text = SLOPE + SLOPE.replace("[slope]", "[the-same]")
    (tmp_path / "ada.py").write_text("def the_same(x, A, b):\n    return (A + A.T) @ x - b\n")
    marks = grade(asked(tmp_path, text), tmp_path / "ada.py", allow_code=True, limits=QUICK)
    assert [mark.verdict for mark in marks.people[0].marks] == ["no answer", "wrong"]
    assert "the sign of b is wrong" in marks.people[0].marks[1].report.message  # its source was read as a formula


def test_their_process_knows_no_jax():
    said = "import sys; import suffice.check.confined.child; print('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, text=True).stdout.strip() == "False"


REFUSED = {
    "not TOML": "[slope\n",
    "no check": '[slope]\nproblem = "softmax"\n',
    "no check 'gradiant'; did you mean gradient": SLOPE.replace('"gradient"', '"gradiant"'),
    "needs wrt": SLOPE.replace('wrt = "x"', ""),
    "no variable 'y'; it has": SLOPE.replace('wrt = "x"', 'wrt = "y"'),
    "no problem named 'quadratic'": SLOPE.replace("quadratic-form", "quadratic"),
    "takes no 'latent'": SLOPE + 'latent = "z"\n',
    "points = -1": SLOPE.replace("points = 2", "points = -1"),
    "points = nan": SLOPE.replace("points = 2", "points = nan"),
    "accept names 'nearly'": SLOPE + 'accept = ["nearly"]\n',
    "no exercise": 'title = "none"\n',
    "'wrt' stands before": 'wrt = "x"\n' + SLOPE,
    "no file": SLOPE + 'at = "absent.py:draw"\n',
}


@pytest.mark.parametrize("said", REFUSED)
def test_files_of_exercises_are_refused_with_a_sentence(tmp_path, said):
    with pytest.raises(ValueError, match=said) as refused:
        read_exercises(asked(tmp_path, REFUSED[said]))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[Ada]\nslop = "x"', "'slop', which is not asked"),
        ('slope = "x"\n[Ada]\nslope = "x"', "stands before the people"),
        ("slope = ", "is not TOML"),
    ],
)
def test_files_of_answers_are_refused_with_a_sentence(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        read_answers(answered(tmp_path, text), read_exercises(asked(tmp_path)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"../secret.py:f"', "outside the folder"),
        ('"absent.py"', "no file absent.py"),
        ("true", "no formula"),
        ("{ a = 1 }", "no formula"),
        ('["x", 1]', "no formula"),
        ("2024-01-01", "no formula"),
        ("\"__import__('os').system('true')\"", "The method .system is not read"),
    ],
)
def test_answers_that_are_none_have_a_sentence(tmp_path, value, said):
    given = answered(tmp_path, f"[Ada]\nslope = {value}")
    report = grade(asked(tmp_path), given, allow_code=True).people[0].marks[0].report
    assert (report.verdict, said in report.message) == ("not comparable", True)


def test_command_for_one_claim(capsys):
    claim = ["check", "gradient", "quadratic-form", "--wrt", "x"]
    assert main([*claim, "(A + A.T) @ x + b"]) == 0
    assert main([*claim, "(A + A.T) @ x - b", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["verdict"] == "wrong"
    assert (
        main(["check", "mle", "gaussian-diagonal", "--params", "mean,variances", "mean(X, axis=0)", "var(X, axis=0)"])
        == 0
    )
    assert main(["check", "posterior", "rbm-free-energy", "--latent", "h", "--form", "prob_one", "ph"]) == 0
    assert main(["check", "softmax"]) == 0
    assert "row sums" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gradient", "softmax"], "needs a problem and a claim|needs --wrt"),
        (["gradient", "softmax", "x"], "needs --wrt"),
        (["gradient", "quadratic-form", "--wrt", "x"], "no claim"),
        (["gradient", "quadratic-form", "--wrt", "x", "f.py:g"], "--allow-code"),
        (["gradient", "quadratic-form", "--wrt", "x", "--latent", "h", "x"], "takes no 'latent'"),
        (["posterior", "quadratic-form", "--latent", "h", "x"], "no latent variable 'h'; it has none"),
        (["exercises.toml", "--wrt", "x"], "--wrt is of one claim"),
        (["exercises.toml"], "no file exercises.toml"),
    ],
)
def test_command_is_refused_with_a_sentence(capsys, words, said):
    assert main(["check", *words]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert any(part in error for part in said.split("|"))


def test_command_writes_marks_and_never_over_others(tmp_path, capsys):
    out = tmp_path / "marks"
    words = [
        "check",
        str(asked(tmp_path)),
        str(answered(tmp_path, '["<b>Ada</b>"]\nslope = "x < 2"')),
        "--out",
        str(out),
    ]
    assert main(words) == 0
    page = (out / "marks.html").read_text()
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "x &lt; 2" in page
    assert not any(f"{mark}http" in page for mark in ('src="', 'href="', "url("))
    before = (out / "marks.json").read_bytes()
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0
    assert (out / "marks.json").read_bytes() == before
    assert sorted(path.name for path in out.iterdir()) == ["marks.html", "marks.json"]


def test_tables_of_one_name_are_told_apart_and_teachers_mistakes_refused(tmp_path):
    counts = '[t]\ncheck = "table"\nlayers = [{type = "fc", name = "F", out = 3}]\ninput_shape = [4]\n'
    people = []
    for name, weights in (("ada", 12), ("bob", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "counts.csv").write_text(f"layer,units,weights\nF,3,{weights}\n")
        people.append(answered(tmp_path / name, 't = "counts.csv"\n', f"{name}.toml"))
    marks = grade(asked(tmp_path, counts), people)
    assert [one.marks[0].verdict for one in marks.people] == ["right", "wrong"]
    with pytest.raises(ValueError, match="tabel"):
        read_exercises(
            asked(tmp_path, '[p]\ncheck = "posterior"\nproblem = "gaussian-mixture"\nlatent = "z"\nform = "tabel"\n')
        )


def test_what_raises_is_no_mistake_of_the_formula(tmp_path):
    (tmp_path / "ada.py").write_text("def slope(x, A, b):\n    return np.dot(A + A.T, x) + b\n")
    given = answered(tmp_path, '[Ada]\nslope = "ada.py:slope"\n')
    (mark,) = grade(asked(tmp_path), given, allow_code=True, limits=QUICK).people[0].marks
    assert mark.report.verdict == "not comparable"
    assert "transposed" not in mark.report.message


SAMPLED = '[step]\ncheck = "sampler"\nproblem = "models.py:joint"\nlatent = { z = 3 }\nat = { z = [0, 1], p = [0.5, 0.2, 0.3] }\n'
STEPS = """
def step(generator, z, p):
    return generator.choice(3, size=2, p=p)


def lazy(generator, z, p):
    return generator.choice(3, size=2)


def broken(generator, z, p):
    return 1 / 0
"""


def test_means_and_samplers_are_marked(tmp_path):
    mean = '[mean]\ncheck = "expectation"\nproblem = "beta-bernoulli"\nlatent = "theta"\nfunction = "theta**2"\n'
    (tmp_path / "models.py").write_text(
        "import jax.numpy as jnp\ndef joint(z, p):\n    return jnp.sum(jnp.log(p)[z])\n"
    )
    answered(tmp_path, STEPS, "steps.py")
    first = "(heads + a) / (heads + tails + a + b)"
    people = {
        "Ada": (f"{first} * (heads + a + 1) / (heads + tails + a + b + 1)", "step"),
        "Bob": (f"({first})**2", "lazy"),
        "Eve": ("theta", "broken"),
    }
    text = "".join(f'[{one}]\nmean = "{said}"\nstep = "steps.py:{own}"\n' for one, (said, own) in people.items())
    marks = grade(asked(tmp_path, mean + SAMPLED), answered(tmp_path, text), allow_code=True)
    verdicts = [[mark.verdict for mark in one.marks] for one in marks.people]
    assert verdicts == [["right", "inconclusive"], ["wrong", "wrong"], ["wrong", "not comparable"]]
    assert [one.points for one in marks.people] == [2, 0, 0]
    assert "the function of the mean" in marks.people[1].marks[0].report.message
    assert "changes the distribution of z" in marks.people[1].marks[1].report.message
    assert "ZeroDivisionError" in marks.people[2].marks[1].report.message


def test_samplers_of_formulas_and_functions_that_cannot_be_read_are_refused(tmp_path):
    given = answered(tmp_path, 'step = "z"', "joe.toml")
    (tmp_path / "models.py").write_text(
        "import jax.numpy as jnp\ndef joint(z, p):\n    return jnp.sum(jnp.log(p)[z])\n"
    )
    report = grade(asked(tmp_path, SAMPLED), given).people[0].marks[0].report
    assert report.verdict == "not comparable"
    assert "function in a file" in report.message
    misspelt = '[mean]\ncheck = "expectation"\nproblem = "beta-bernoulli"\nlatent = "theta"\nfunction = "thetta"\n'
    path = asked(tmp_path, misspelt)
    with pytest.raises(ValueError, match="no variable here"):
        read_exercises(path)


def test_an_expectation_on_the_command_line(capsys):
    words = [
        "check",
        "expectation",
        "gamma-poisson",
        "--latent",
        "rate",
        "--function",
        "rate",
        "(a + sum(x)) / (b + N)",
    ]
    assert main(words) == 0
    assert "right" in capsys.readouterr().out
