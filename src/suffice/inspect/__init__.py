"""What a function or network is made of, and how its gradient is computed."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph, Node
    from suffice.inspect.trace import graph

export_lazily(__name__)
