"""The graph of a model: its steps, what goes wrong on one of them, and how a step is named."""
