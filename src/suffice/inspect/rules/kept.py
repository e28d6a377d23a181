"""Values inside a node that its backward rule needs: what they are called."""

KEPT = {
    "dropout": "kept",
    "pick": "places",
    "embedding": "places",
    "attention": "weights",
    "normalisation": "inverse_deviation",
}
"""By operation: which numbers were kept, and how much larger; where numbers were picked; weights of attention; one by sigma."""


def kept_name(operation: str, label: str) -> str:
    """Name of what a rule needs from inside a node."""
    return f"{KEPT[operation]}_{label}"
