"""The chart of components whose columns are independent: each family adds its own coordinates."""

from __future__ import annotations

from typing import Any

from suffice.model import Chart


class ColumnsChart(Chart):
    """That of any parameters of independent columns."""

    def exists(self, model: Any) -> bool:
        """Always."""
        return True
