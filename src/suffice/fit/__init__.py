"""How parameters move: expectation-maximisation, gradient descent, contrastive learning."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.fit.contrastive.loop import contrast
    from suffice.fit.contrastive.start import Gibbs
    from suffice.fit.contrastive.steps import Ascent
    from suffice.fit.epochs import Watch
    from suffice.fit.expectation_maximization import em
    from suffice.fit.gradient_descent import descend

export_lazily(__name__)
