"""scikit-learn's callback protocol (SLEP023), where the installed scikit-learn has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from sklearn.base import BaseEstimator

from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    pass


try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks  # pyright: ignore[reportMissingImports, reportAssignmentType]
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin: ...

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        return method


class Iterations:
    """The callback context of one fit, told after every iteration."""

    def __init__(
        self,
        estimator: BaseEstimator,
        X: TableLike,
        metadata: dict[str, Any],
        y: ArrayLike | None = None,
        most: int | None = None,
    ):
        self.wanted = bool(getattr(estimator, "_skl_callbacks", None) or hasattr(estimator, "_parent_callback_ctx"))
        self.estimator, self.X, self.y, self.metadata = estimator, X, y, metadata
        most = getattr(estimator, "max_iter", None) if most is None else most
        self.context = cast(Any, estimator)._init_callback_context(max_subtasks=most) if self.wanted else None
        if self.context is not None:
            self._tell(self.context, "call_on_fit_task_begin")

    def step(self, iteration: int, fitted: Callable[[], dict[str, Any]]) -> bool:
        """Tell that an iteration has ended; whether a callback asks to stop."""
        if self.context is None:
            return False
        task = self.context.subcontext(task_name=f"iteration {iteration}")
        self._tell(task, "call_on_fit_task_begin")
        return bool(self._tell(task, "call_on_fit_task_end", fitted))

    def end(self, fitted: Callable[[], dict[str, Any]]) -> None:
        """Tell that the fit has ended."""
        if self.context is not None:
            self._tell(self.context, "call_on_fit_task_end", fitted)

    def _tell(self, context: Any, hook: str, fitted: Callable[[], dict[str, Any]] | None = None) -> Any:
        arguments = {"estimator": self.estimator, "X": self.X, "y": self.y, "metadata": self.metadata}
        return getattr(context, hook)(**arguments, reconstruction_attributes=fitted)
