"""Whose code an operation comes from: the author's, whose names are kept, or a library's, whose calls are one operation each."""

from __future__ import annotations

import dis
import sys
import sysconfig
from functools import cache, lru_cache
from types import CodeType

from suffice.inspect.program import Place, Step

LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "optax", "jaxtyping", "beartype", "chex", "einops", "importlib")
"""Packages whose functions an author calls."""
LAYERS = ("equinox", "flax", "haiku")
"""Packages of layers that are made of such calls."""
PASSED = {
    "traceback_util", "pjit", "core", "linear_util", "api_util", "profiler", "util", "source_info_util",
    "contextlib", "functools", "numpy/ufunc_api", "numpy/array_methods", "numpy/util",
    "interpreters/partial_eval", "interpreters/batching",
}  # fmt: skip
"""Files of JAX and Python that every call passes through."""
TRANSFORMATIONS = {"api", "interpreters/ad", "custom_derivatives", "ad_checkpoint", "linearize", "custom_batching"}
"""Files of JAX whose functions run an author's function."""

KNOWN = {
    "jax": {
        "softmax": "softmax",
        "log_softmax": "log-softmax",
        "logsumexp": "log-sum-exp",
        "mean": "mean",
        "var": "variance",
        "std": "standard deviation",
        "standardize": "normalisation",
        "dot_product_attention": "attention",
        "one_hot": "one-hot",
        **{
            name: name
            for name in ("relu", "relu6", "sigmoid", "softplus", "gelu", "silu", "elu", "selu", "celu", "mish", "glu")
        },
        "swish": "silu",
        "log_sigmoid": "log-sigmoid",
        "leaky_relu": "leaky relu",
        "hard_tanh": "hard tanh",
        "take_along_axis": "pick",
    },
    "equinox": {
        "LayerNorm.__call__": "normalisation",
        "RMSNorm.__call__": "normalisation",
        "GroupNorm.__call__": "normalisation",
        "BatchNorm.__call__": "normalisation",
        "Dropout.__call__": "dropout",
        "Embedding.__call__": "embedding",
        "dot_product_attention": "attention",
        **{f"AvgPool{rank}d.__call__": "average pooling" for rank in (1, 2, 3)},
    },
    "flax": {
        "LayerNorm.__call__": "normalisation",
        "RMSNorm.__call__": "normalisation",
        "GroupNorm.__call__": "normalisation",
        "BatchNorm.__call__": "normalisation",
        "InstanceNorm.__call__": "normalisation",
        "Dropout.__call__": "dropout",
        "Embed.__call__": "embedding",
        "avg_pool": "average pooling",
        "dot_product_attention": "attention",
    },
    "optax": {
        "softmax_cross_entropy_with_integer_labels": "cross-entropy",
        "softmax_cross_entropy": "cross-entropy",
        "sigmoid_binary_cross_entropy": "binary cross-entropy",
    },
    "suffice": {
        "Conv2d.__call__": "convolution",
        "max_pool": "max pooling",
        "average_pool": "average pooling",
        "adaptive_average_pool": "average pooling",
        "BatchNorm.__call__": "normalisation",
        "dropout": "dropout",
        "cross_entropy": "cross-entropy",
        "binary_cross_entropy": "binary cross-entropy",
    },
}
"""Functions and layers that are one operation each, by package: every other call is called what it is called."""
RETURNS = {"RETURN_VALUE"}
STORES = {"STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF", "STORE_FAST_LOAD_FAST"}
GRADIENTS = {"grad_f", "value_and_grad_f", "vjp", "jvp", "linearize", "jacfun"}


@cache
def package(code: CodeType) -> str:
    """Package that a function is from: one of the names above, ``"python"`` for what Python brings, ``""`` for an author's."""
    file = code.co_filename
    for name in (*LIBRARIES, *LAYERS, "suffice"):
        for folder in getattr(sys.modules.get(name), "__path__", ()):
            if file.startswith(f"{folder}/"):
                return name
    return (
        "python" if file.startswith((sysconfig.get_path("stdlib"), "<frozen")) and "site-packages" not in file else ""
    )


@cache
def known(code: CodeType) -> str | None:
    """Operation that a function as a whole is, None where it is none."""
    if package(code) == "jax" and _file(code).startswith(("random", "prng")):
        return "random"
    functions = KNOWN.get(package(code), {})
    return functions.get(code.co_qualname) or (functions.get(code.co_name) if "." not in code.co_qualname else None)


@cache
def is_author(code: CodeType) -> bool:
    """Whether calls in a function count one by one."""
    return package(code) in ("", *LAYERS) or (package(code) == "suffice" and "/runtime/" not in code.co_filename)


@cache
def names_values(code: CodeType) -> bool:
    """Whether the variables of a function are the author's."""
    return is_author(code) and package(code) not in LAYERS


def boundary(step: Step) -> tuple[int, str | None]:
    """Depth, in the calls around a step, of the call it is a part of, and what operation that call is if it is known."""
    last = 0
    for depth, place in enumerate(step.places):
        if is_author(place.code):
            if (operation := known(place.code)) is not None:
                return depth, operation
            last = depth + 1
    for depth, place in enumerate(step.places[last:], last):
        if _file(place.code) not in PASSED:
            return depth, known(place.code)
    return last, None


def is_transformation(code: CodeType) -> bool:
    """Whether a function of JAX runs an author's function, so that its steps are no one operation."""
    return _file(code) in TRANSFORMATIONS or "control_flow" in code.co_filename


def variable(step: Step, depth: int) -> tuple[str, int] | None:
    """Variable that an author stored the result of a call in, at once or after returning it, and the depth of that author."""
    for place in reversed(range(min(depth, len(step.places)))):
        code = step.places[place].code
        if code.co_name in GRADIENTS:
            return None
        if not names_values(code):
            continue
        following = _following(step.places[place])
        if following not in RETURNS:
            return None if following is None else (following, place)
    return None


def goes_on(last: Step, now: Step, depth: int) -> bool:
    """Whether two operations are of one call made at a depth, not of two turns of a loop."""
    if last.places[: depth + 1] != now.places[: depth + 1]:
        return False
    for before, after in zip(last.places[depth + 1 :], now.places[depth + 1 :], strict=False):
        if before != after:
            return before.code is not after.code or before.instruction < after.instruction or loops(before, after)
    return len(last.places) != len(now.places) or last.primitive != now.primitive


@lru_cache(maxsize=4096)
def loops(before: Place, now: Place) -> bool:
    """Whether a function may come from a place back to an earlier one: whether one loop holds both."""
    jumps = [each for each in dis.get_instructions(now.code) if each.opname.startswith("JUMP_BACKWARD")]
    return any(each.argval <= now.instruction <= before.instruction <= each.offset for each in jumps)


@lru_cache(maxsize=4096)
def _following(place: Place) -> str | None:
    """Variable that the next instruction stores, or the name of an instruction that returns."""
    after = next((each for each in dis.get_instructions(place.code) if each.offset > place.instruction), None)
    if after is None or after.opname in RETURNS:
        return after and after.opname
    stored = after.argval[0] if isinstance(after.argval, tuple) else after.argval
    return str(stored) if after.opname in STORES else None


@cache
def _file(code: CodeType) -> str:
    """File of a function, its folder in front where that is one inside JAX."""
    place = code.co_filename.replace("\\", "/").removesuffix(".py")
    return place.rpartition("/jax/_src/")[2] if "/jax/_src/" in place else place.rpartition("/")[2]
