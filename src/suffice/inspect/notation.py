"""Formulas as they are written by hand and in LaTeX, from expressions that NumPy runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from unicodedata import normalize

from suffice.inspect.labels import MACRON

HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"
LONGEST = 9
"""Digits and signs of a number that is written as it is."""
SILENT = {"reshape", "transpose"}
"""Methods that are not written: what they move shows in the shapes."""
SIGNS = {ast.Gt: ">", ast.Lt: "<", ast.Eq: "=", ast.GtE: "≥", ast.LtE: "≤"}
LATEX_SIGNS = {ast.Gt: ">", ast.Lt: "<", ast.Eq: "=", ast.GtE: r"\ge", ast.LtE: r"\le"}
SIGN = {
    "dot": ("· ", r"\cdot "),
    "times": ("⊙", r"\odot"),
    "transposed": ("ᵀ", r"^\top"),
    "sum": ("Σ ", r"\sum "),
    "ones": ("𝟏", r"\mathbf{1}"),
    "not": ("¬", r"\lnot "),
    "inf": ("∞", r"\infty"),
    "pi": ("π", r"\pi"),
    "minus": ("−", "-"),
    "star": ("⋆", r"\star"),
}
"""Signs by hand and in LaTeX."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly an expression holds together."""


@dataclass(frozen=True)
class Script:
    """How signs are written, by hand or in LaTeX; ``numbers`` are names of values that are one number."""

    latex: bool
    numbers: Collection[str] = ()

    def sign(self, name: str) -> str:
        """A sign by its name."""
        return SIGN[name][self.latex]


def written(formula: str, *, latex: bool = False, numbers: Collection[str] = ()) -> str:
    """An expression with bars, Greek signs and transposes, or in LaTeX.

    Parameters
    ----------
    formula
        Expression that NumPy runs.
    latex
        Whether to write LaTeX.
    numbers
        Names of values that are one number each: products with them need no sign.
    """
    return _write(ast.parse(formula, mode="eval").body, Script(latex, numbers))[0]


Written = tuple[str, int]


def _write(node: ast.expr, script: Script) -> Written:
    for kind, write in WRITERS.items():
        if isinstance(node, kind):
            return write(node, script)
    return ast.unparse(node), ATOM


def _inside(node: ast.expr, least: int, script: Script) -> str:
    text, level = _write(node, script)
    return text if level >= least else rf"\left({text}\right)" if script.latex else f"({text})"


def _name(node: ast.Name, script: Script) -> Written:
    return (name_in_latex(node.id) if script.latex else node.id), ATOM


def name_in_latex(name: str) -> str:
    """A name in LaTeX: under a bar where it is a derivative's, with its number below."""
    plain = normalize("NFD", name)
    barred = MACRON in plain or plain.startswith("d_")
    plain = plain.replace(MACRON, "").removeprefix("d_") if barred else plain
    parts = re.fullmatch(r"([^\W\d_])_?(\d*)", plain)
    escaped = plain.replace("_", r"\_")
    letter = parts[1] if parts else rf"\mathrm{{{escaped}}}"
    body = rf"\bar{{{letter}}}" if barred else letter
    return f"{body}_{{{parts[2]}}}" if parts and parts[2] else body


def _number(node: ast.Constant, script: Script) -> Written:
    long = isinstance(node.value, float) and len(str(node.value)) > LONGEST
    return f"{node.value:.6g}" if long else str(node.value), ATOM


def _binary(node: ast.BinOp, script: Script) -> Written:
    return BINARY[type(node.op)](node, script)


def _added(node: ast.BinOp, script: Script) -> Written:
    minus = isinstance(node.op, ast.Sub)
    sign = script.sign("minus") if minus else "+"
    return f"{_inside(node.left, SUM, script)} {sign} {_inside(node.right, PRODUCT if minus else SUM, script)}", SUM


def _times(node: ast.BinOp, script: Script) -> Written:
    left, right = _inside(node.left, PRODUCT, script), _inside(node.right, PRODUCT, script)
    if _is_number(node.left, script) or _is_number(node.right, script):
        tight = isinstance(node.right, ast.Constant)
        return f"{left} {script.sign('dot') if tight else ''}{right}", PRODUCT
    return f"{left} {script.sign('times')} {right}", PRODUCT


def _is_number(node: ast.expr, script: Script) -> bool:
    names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id != "np"]
    return all(name in script.numbers for name in names)


def _divided(node: ast.BinOp, script: Script) -> Written:
    if script.latex:
        return rf"\frac{{{_write(node.left, script)[0]}}}{{{_write(node.right, script)[0]}}}", ATOM
    return f"{_inside(node.left, PRODUCT, script)} / {_inside(node.right, POWER, script)}", PRODUCT


def _raised(node: ast.BinOp, script: Script) -> Written:
    base, power = _inside(node.left, ATOM, script), _write(node.right, script)[0]
    if script.latex:
        return f"{base}^{{{power}}}", POWER
    return base + (power.translate(RAISED) if power.isdigit() else f"^{power}"), POWER


def _matrices(node: ast.BinOp, script: Script) -> Written:
    return f"{_inside(node.left, PRODUCT, script)} {_inside(node.right, PRODUCT, script)}", PRODUCT


def _both(node: ast.BinOp, script: Script) -> Written:
    return f"{_write(node.left, script)[0]}{_write(node.right, script)[0]}", ATOM


def _signed(node: ast.UnaryOp, script: Script) -> Written:
    return f"{script.sign('minus')}{_inside(node.operand, PRODUCT, script)}", SUM


def _compared(node: ast.Compare, script: Script) -> Written:
    sign = (LATEX_SIGNS if script.latex else SIGNS).get(type(node.ops[0]), "?")
    return f"[{_write(node.left, script)[0]} {sign} {_write(node.comparators[0], script)[0]}]", ATOM


def _attribute(node: ast.Attribute, script: Script) -> Written:
    if node.attr == "T":
        return _inside(node.value, ATOM, script) + script.sign("transposed"), ATOM
    return script.sign(node.attr) if node.attr in SIGN else node.attr, ATOM


def _called(node: ast.Call, script: Script) -> Written:
    if isinstance(node.func, ast.Attribute):
        name, owner = node.func.attr, node.func.value
        if isinstance(owner, ast.Name) and owner.id == "np":
            return _function(name, node, script)
        if name in SILENT:
            return _write(owner, script)
        if name == "sum":
            return f"{script.sign('sum')}{_inside(owner, ATOM, script)}", PRODUCT
        if name == "mean":
            return _mean(_write(owner, script)[0], script), ATOM
    if ast.unparse(node.func) == "normalisation_vjp":
        return _normalised(node, script), SUM
    arguments = ", ".join(_write(each, script)[0] for each in node.args)
    name = ast.unparse(node.func)
    return (_operator(name) if script.latex else name) + f"({arguments})", ATOM


def _mean(text: str, script: Script) -> str:
    return f"{_operator('mean')}({text})" if script.latex else f"mean({text})"


def _normalised(node: ast.Call, script: Script) -> str:
    """A derivative d, less its mean where that is taken off x too, less x̂ times the mean of d and x̂."""
    x, derivative = (_write(node.args[place], script)[0] for place in (0, 2))
    hat = rf"\hat{{{x}}}" if script.latex else normalize("NFC", f"{x}{HAT}") if len(x) == 1 else f"normal({x})"
    minus, times = script.sign("minus"), script.sign("times")
    centred = next(word.value for word in node.keywords if word.arg == "centred")
    less = f" {minus} {_mean(derivative, script)}" if ast.literal_eval(centred) else ""
    held = _inside(node.args[2], PRODUCT, script)
    return f"{held}{less} {minus} {hat} {times} {_mean(f'{held} {times} {hat}', script)}"


def _operator(name: str) -> str:
    escaped = name.replace("_", r"\_")
    return rf"\operatorname{{{escaped}}}"


def _function(name: str, node: ast.Call, script: Script) -> Written:
    first = node.args[0]
    if name in ("expand_dims", "asarray", "flip"):
        return _write(first, script)
    if name == "broadcast_to":
        return f"{_inside(first, PRODUCT, script)} {script.sign('ones')}", PRODUCT
    if name == "outer":
        return (
            f"{_inside(first, ATOM, script)} {_inside(node.args[1], ATOM, script)}{script.sign('transposed')}",
            PRODUCT,
        )
    if name == "where":
        return _chosen(node, script)
    if script.latex and name in ("exp", "sqrt"):
        inner = _write(first, script)[0]
        return (f"e^{{{inner}}}", POWER) if name == "exp" else (rf"\sqrt{{{inner}}}", ATOM)
    arguments = ", ".join(_write(each, script)[0] for each in node.args if not isinstance(each, ast.Constant))
    known = script.latex and name in ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")
    return (rf"\{name}" if known else _operator(name) if script.latex else name) + f"({arguments})", ATOM


def _chosen(node: ast.Call, script: Script) -> Written:
    """One of two arrays, where the other is 0: a product with what chooses."""
    chosen, first, second = node.args
    sign, kept = ("", first) if isinstance(second, ast.Constant) else (script.sign("not"), second)
    return f"[{sign}{_write(chosen, script)[0]}] {script.sign('times')} {_inside(kept, PRODUCT, script)}", PRODUCT


def _part(node: ast.Subscript, script: Script) -> Written:
    call = node.value
    if isinstance(call, ast.Call) and isinstance(node.slice, ast.Constant):
        if ast.unparse(call.func) == "convolution_vjp":
            return _convolved(call, node.slice.value == 0, script), PRODUCT
        place = f"_{{{node.slice.value}}}" if script.latex else f"[{node.slice.value}]"
        return _write(call, script)[0] + place, ATOM
    return f"{_inside(node.value, ATOM, script)}[{ast.unparse(node.slice)}]", ATOM


def _convolved(call: ast.Call, of_maps: bool, script: Script) -> str:
    """The two transposes of a convolution: of its kernels with the derivative, and of its maps with the derivative."""
    maps, kernels, derivative = (_inside(each, ATOM, script) for each in call.args[:3])
    return f"{kernels} {script.sign('star')} {derivative}" if of_maps else f"{maps} {script.sign('star')} {derivative}"


def pulled_back(label: str, source: str, cotangent: str, *, latex: bool) -> str:
    """A derivative for which there is no formula: the transposed Jacobian with the derivative.

    Parameters
    ----------
    label, source
        Names of the node and of its input.
    cotangent
        Name of the derivative with respect to the node.
    latex
        Whether to write LaTeX.
    """
    if not latex:
        return f"(∂{label}/∂{source})ᵀ {cotangent}"
    of, by = name_in_latex(label), name_in_latex(source)
    return rf"\left(\frac{{\partial {of}}}{{\partial {by}}}\right)^\top {name_in_latex(cotangent)}"


BINARY: dict[type[ast.operator], Callable[[ast.BinOp, Script], Written]] = {
    ast.Add: _added,
    ast.Sub: _added,
    ast.Mult: _times,
    ast.Div: _divided,
    ast.Pow: _raised,
    ast.MatMult: _matrices,
    ast.BitAnd: _both,
}
WRITERS: dict[type[ast.expr], Callable[..., Written]] = {
    ast.Name: _name,
    ast.Constant: _number,
    ast.BinOp: _binary,
    ast.UnaryOp: _signed,
    ast.Compare: _compared,
    ast.Attribute: _attribute,
    ast.Call: _called,
    ast.Subscript: _part,
}
