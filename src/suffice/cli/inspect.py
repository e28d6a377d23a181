"""``suffice inspect NETWORK``: what a network is made of, as a table and as a graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from suffice.cli.inspected import Inspected, Sizes, inspected
from suffice.cli.parse import sizes

Format = Literal["text", "markdown", "latex", "html", "csv", "json"]
NETWORK, TABLE = "Network", "Table and graph"


def inspect(
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="NETWORK",
            help="alexnet, resnet, lenet or mlp; a file of Python and a name in it, as net.py:build; or a saved run's folder.",
            show_default=False,
        ),
    ] = None,
    input: Annotated[
        Any, typer.Option("--input", parser=sizes, metavar="NUMBERxNUMBER", help="Shape of an example, such as 3x224x224.",
                          show_default="the network's own", rich_help_panel=NETWORK)
    ] = None,
    towers: Annotated[
        int | None, typer.Option(min=1, max=2, help="Of alexnet.", show_default="1", rich_help_panel=NETWORK)
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, help="Of resnet.", show_default="16", rich_help_panel=NETWORK)
    ] = None,
    classes: Annotated[
        int | None, typer.Option(min=1, help="Outputs.", show_default="1000 of alexnet, else 10", rich_help_panel=NETWORK)
    ] = None,
    hidden_sizes: Annotated[
        Any, typer.Option(parser=sizes, metavar="NUMBERxNUMBER", help="Units of the hidden layers of lenet and mlp.",
                          show_default="500 and 100", rich_help_panel=NETWORK)
    ] = None,
    convention: Annotated[
        Literal["course", "xla"], typer.Option(help="What is counted, and how.", rich_help_panel=TABLE)
    ] = "course",
    training: Annotated[
        bool, typer.Option("--training", help="Of a network in training, with what dropout and batches keep.",
                           rich_help_panel=TABLE)
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Of the table.", rich_help_panel=TABLE)] = "text",
    graph: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the graph too: an html page, an svg picture or a txt file.",
                     show_default="none", rich_help_panel=TABLE),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Boxes of the graph; what is more is folded.", rich_help_panel=TABLE)
    ] = 60,
    solve: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Layers between two lengths, as '12 -> 8, padding 0', or sizes, as 'weights <= 1e6'.",
                     show_default="none", rich_help_panel=TABLE),
    ] = None,
) -> None:  # fmt: skip
    """Units, weights, connections and receptive fields of a network, layer by layer, and its graph."""
    if network is None and solve is None:
        raise ValueError(
            "No network was given; `suffice inspect alexnet` is an example, and so is --solve '12 -> 8, padding 0'."
        )
    found = None if network is None else inspected(network, input, Sizes(towers, channels, classes, hidden_sizes))
    if solve is not None:
        typer.echo(_written(_solved(solve, found, convention), format))
    elif found is not None:
        _account(found, convention, training, format, graph, most)


def _solved(question: str, found: Inspected | None, convention: Any) -> Any:
    """Sizes of a network that meet constraints, or layers between two lengths."""
    from suffice.inspect.inverse import solve_text
    from suffice.inspect.search import solve_net

    if re.search("[<>]=", question):
        network, shape = (None, None) if found is None else (found.network, found.shape)
        return solve_net(question, network, shape, convention=convention)
    if found is not None:
        raise ValueError(
            f"{found.title} and --solve {question!r} were given; of a network ask for example 'weights <= 1e6', and leave it out "
            "for layers between two lengths."
        )
    return solve_text(question)


def _account(found: Inspected, convention: Any, training: bool, format: Format, graph: Path | None, most: int) -> None:
    from suffice.inspect import account, draw

    if found.shape is None:
        raise ValueError("The shape of an example is not known; give it with --input, such as --input 3x224x224.")
    if graph is not None and graph.suffix not in (".html", ".svg", ".txt"):
        raise ValueError(f"--graph {graph} was given; a name ending in .html, .svg or .txt is expected.")
    table = account(found.network, found.shape, convention, training=training)
    typer.echo(_written(table, format))
    if graph is not None:
        drawing = draw(table.graph, most=most, title=found.title)
        drawing.save(graph)
        typer.echo(f"{graph} holds the graph of {found.title}", err=True)


def _written(table: Any, format: Format) -> str:
    return str(table) if format == "text" else getattr(table, f"to_{format}")().rstrip("\n")
