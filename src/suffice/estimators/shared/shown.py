"""What a notebook shows of an estimator."""

from __future__ import annotations

from typing import Any

from sklearn import get_config
from sklearn.utils import estimator_html_repr


def notebook_bundle(self: Any, **kwargs: Any) -> dict[str, str]:
    """Text, and as HTML scikit-learn's diagram with the outcome and a picture of the fit below it."""
    from suffice.report.notebook import in_notebook

    told = {"text/plain": repr(self)}
    if get_config()["display"] != "diagram":
        return told
    return told | {"text/html": estimator_html_repr(self) + in_notebook(self)}
