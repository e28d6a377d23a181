"""Named problems: models with their notation, so that a person writes only the claim."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.check.problems.catalogue import describe, names, problem

export_lazily(__name__)
