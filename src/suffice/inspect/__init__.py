"""What a function or network is made of, and how its gradient is computed."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.inspect.accounting import Account, account
    from suffice.inspect.comparison import Comparison, compare
    from suffice.inspect.convention import Convention
    from suffice.inspect.difference import Difference, diff
    from suffice.inspect.drawing.draw import Drawing, draw
    from suffice.inspect.inverse import ConvSolution, SolutionSet, solve_conv
    from suffice.inspect.layer_row import Row, explain
    from suffice.inspect.leverage import Lever, Levers, levers
    from suffice.inspect.marking import MarkedCell, MarkedTable, from_table
    from suffice.inspect.naming import name
    from suffice.inspect.node import Node
    from suffice.inspect.nodes import Graph
    from suffice.inspect.receptive_field import ReceptiveField
    from suffice.inspect.reconciliation import Reconciliation, reconcile
    from suffice.inspect.search import NetSolution, solve_net
    from suffice.inspect.trace import graph
    from suffice.inspect.values import Values

export_lazily(__name__)
