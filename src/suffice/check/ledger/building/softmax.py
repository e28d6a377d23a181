"""The code for a softmax's vector-Jacobian product: as printed, repaired, and with large scores."""

from __future__ import annotations

from typing import Any

import numpy as np

PRINTED = """def softmax-VJP(Z, Y-bar):
R = np.sum(np.exp(Z), axis=1, keepdims=True)
R_bar = -np.sum(I_bar * np.exp(Z), axis=1, keepdims=True)
/ R * * 2
Z_bar = Y-bar * np.exp(Z) / R + R_bar * np.exp(Z)
return Z_bar
"""


def compiles() -> tuple[bool, str]:
    """Whether Python reads the code as printed."""
    try:
        compile(PRINTED, "printed", "exec")
    except SyntaxError as error:
        return False, f"Python says of its line {error.lineno}: {error.msg}"
    return True, "it compiles"


def repaired(Z: Any, Y_bar: Any) -> np.ndarray:
    """The same lines with names and line breaks that Python takes."""
    R = np.sum(np.exp(Z), axis=1, keepdims=True)
    R_bar = -np.sum(Y_bar * np.exp(Z), axis=1, keepdims=True) / R**2
    return Y_bar * np.exp(Z) / R + R_bar * np.exp(Z)


def survives() -> tuple[bool, str]:
    """Scores of ±800."""
    with np.errstate(all="ignore"):
        found = repaired(np.array([[800.0, -800.0, 0.0]]), np.array([[1.0, 2.0, 3.0]]))
    finite = bool(np.isfinite(found).all())
    return finite, "finite at scores of ±800" if finite else "NaN at scores of ±800: exp overflows"
