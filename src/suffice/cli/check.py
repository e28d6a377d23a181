"""``suffice check``: one claim about a named problem, or the answers of many people to a set of exercises."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.parse import flat, names

if TYPE_CHECKING:
    from suffice.check.grading.question import Question
    from suffice.check.report import CheckReport

CLAIM, EXERCISES = "One claim", "Exercises"
RIGHT = ("right", "right up to convention")


def _names(help: str) -> Any:
    return typer.Option(parser=names, metavar="NAME,...", help=help, show_default="none", rich_help_panel=CLAIM)


def _word(help: str, metavar: str = "NAME", default: str = "none") -> Any:
    return typer.Option(metavar=metavar, help=help, show_default=default, rich_help_panel=CLAIM)


@dataclass(frozen=True)
class Told:
    """What a check is told beside problem and claim; None where nothing was said."""

    wrt: Annotated[Any, _names("Variable of a derivative; two of a mixed hessian.")] = None
    params: Annotated[Any, _names("Parameters of m-step, mle or map; a claim for each.")] = None
    latent: Annotated[
        str | None, _word("Latent variable of a posterior, a conditional, an expectation or a sampler.")
    ] = None
    function: Annotated[str | None, _word("What an expectation is of, in quotes.", "FORMULA")] = None
    form: Annotated[
        str | None,
        _word(
            "Of a posterior: table, prob_one, marginals, pairwise, mean_var, mean_cov or density.",
            "FORM",
            "table, or prob_one of a conditional",
        ),
    ] = None
    sense: Annotated[str | None, _word("max or min, of m-step, mle and map.", "SENSE", "max")] = None
    cotangent: Annotated[str | None, _word("Name of the cotangent in the claim of a vjp.", default="cotangent")] = None
    tangent: Annotated[str | None, _word("Name of the tangent in the claim of a jvp.", default="tangent")] = None
    over: Annotated[Any, _names("Latent variables that a normalised density is summed over.")] = None
    of: Annotated[Any, _names("Latent variables that a factorised density is of.")] = None
    given: Annotated[Any, _names("Latent variables that it is given.")] = None
    direction: Annotated[str | None, _word("lower or upper, of a bound.", "SIDE", "lower")] = None
    layout: Annotated[str | None, _word("any, or same where a transposed answer is wrong.", "LAYOUT", "any")] = None

    def options(self) -> dict[str, Any]:
        """What was said."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        if found["wrt"] is not None and len(found["wrt"]) == 1:
            found["wrt"] = found["wrt"][0]
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Grading:
    """How exercises are graded, and functions in files are run."""

    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for marks.json and marks.html.", rich_help_panel=EXERCISES)
    ] = Path("checked")
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace marks that are there.", rich_help_panel=EXERCISES)
    ] = False
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code",
            help="Run functions in files, in a process of their own with limits; only if you trust their authors.",
            rich_help_panel=EXERCISES,
        ),
    ] = False
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Of a function, for all its calls in one check.", rich_help_panel=EXERCISES)
    ] = 10.0
    memory: Annotated[
        float, typer.Option(min=0.1, help="Of a function, in GiB (Linux).", rich_help_panel=EXERCISES)
    ] = 4.0


@flat
def check(
    told: Told,
    grading: Grading,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHECK PROBLEM CLAIM...  or  EXERCISES.toml ANSWERS...", show_default=False,
            help="A check, a problem and a claim; or files of exercises and answers. A problem alone is described.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the random points.", show_default="0", rich_help_panel=CLAIM)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.", rich_help_panel=CLAIM)] = False,
) -> None:  # fmt: skip
    """Hold a claim against its model and name the mistake, or grade the answers of many people.

    suffice check gradient gaussian-mixture --wrt weights "sum(r, axis=0) / weights"

    The status is 1 where one claim is not right.
    """
    words = list(words or ())
    if words and words[0].endswith(".toml"):
        _refuse_claim_options(told, seed, json)
        from suffice.cli.graded import grade_files

        grade_files(Path(words[0]), [Path(word) for word in words[1:]], grading)
    elif len(words) < 2 and not told.options():
        _describe(words)
    else:
        if grading.overwrite or grading.out != Grading().out:
            raise ValueError("--out and --overwrite are of exercises; of one claim, --json prints the report.")
        report = _reported(words, told, grading, seed or 0)
        typer.echo(report.to_json() if json else str(report))
        if report.verdict not in RIGHT:
            raise typer.Exit(1)


def _refuse_claim_options(told: Told, seed: int | None, json: bool) -> None:
    given = [*told.options(), *(["seed"] if seed is not None else []), *(["json"] if json else [])]
    if given:
        raise ValueError(
            f"--{given[0]} is of one claim, and exercises were named: their file says what is checked, and {given[0]} there too."
            if given[0] != "json"
            else "--json is of one claim; marks of exercises are written to --out as JSON anyway."
        )


def _describe(words: list[str]) -> None:
    """A problem, or all of them with the checks."""
    from suffice.check.grading.question import KINDS
    from suffice.check.problems.catalogue import ALL, describe

    if words and words[0] not in KINDS:
        typer.echo(describe(words[0]))
        return
    if words:
        raise ValueError(f"check {words[0]} needs a problem and a claim; `suffice check` lists the problems.")
    wide = max(map(len, ALL))
    typer.echo(f"Checks: {', '.join(name for name in KINDS if name != 'table')}\n\nProblems:")
    for name in sorted(ALL):
        typer.echo(f"  {name:<{wide}}  {ALL[name].title}")
    typer.echo("\n`suffice check PROBLEM` tells its notation, with an example.")


def _reported(words: list[str], told: Told, grading: Grading, seed: int) -> CheckReport:
    from suffice.check.grading.question import question_of

    kind, problem = words[0], words[1] if len(words) > 1 else None
    if kind == "table":
        raise ValueError("A table of counts is checked by exercises, or with suffice.check.check_table in Python.")
    try:
        question = question_of(kind, problem, told.options())
    except ValueError as error:
        raise ValueError(_with_options(str(error))) from None
    if len(words) < 3:
        raise ValueError(f"There is no claim: write it in quotes after {problem}, such as 'sum(r, axis=0) / weights'.")
    return _of_claims(question, words[2:], grading, seed)


def _with_options(sentence: str) -> str:
    """A missing option by its name on the command line."""
    head, needs, rest = sentence.partition(" needs ")
    return f"{head}{needs}--{rest}" if needs and not rest.startswith("a problem") else sentence


def _of_claims(question: Question, claims: list[str], grading: Grading, seed: int) -> CheckReport:
    from suffice.check.claims import ClaimError
    from suffice.check.confined.function import Limits, confined
    from suffice.check.report import not_comparable

    file, _, function = claims[0].partition(":")
    if not file.endswith(".py"):
        several = question.check in ("derivation", "factorised")
        return question.report(claims if several else claims[0] if len(claims) == 1 else tuple(claims), seed)
    if len(claims) > 1:
        raise ValueError(
            f"{claims[1]} was given too; one function in a file claims all parameters, by a tuple in their order."
        )
    if not grading.allow_code:
        raise ValueError(f"{claims[0]} would be run: allow that with --allow-code if you trust its author.")
    if not function:
        raise ValueError(f"{file} was given; a function in it is expected too, such as {file}:claim.")
    try:
        with confined(Path(file), function, Limits(grading.seconds, round(grading.memory * 1024**3))) as claim:
            return question.report(claim, seed)
    except ClaimError as error:
        return not_comparable(str(error), seed=seed)
