"""Updates that are the optimum of another objective: a prior or a term left out, doubled, or of the wrong sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from suffice.check.case import Case
from suffice.check.naming.models import other_model
from suffice.check.naming.slips import one_slip
from suffice.check.report import Finding


def optimum_of_another(case: Case) -> Iterator[Finding]:
    """The claim is where the slope of an objective vanishes that differs in one part."""
    if not hasattr(case.extra, "case") or not case.same_shape:
        return
    slopes = case.extra.case(case)
    if slopes is None:
        return
    for finding in [*one_slip(slopes)][:1] or [*other_model(slopes)][:1]:
        what = finding.what.replace("it was treated as constant", "the objective is taken without it").replace(
            "is right for a different model", "is the optimum of a different objective"
        )
        yield replace(finding, what=what)
