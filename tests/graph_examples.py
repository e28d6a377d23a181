"""Graphs written by hand and drawn at random, for the tests of drawings."""

from hypothesis import strategies as st

from suffice.inspect.nodes import Graph, Node

SCOPES = [(), ("a",), ("b",), ("a", "c"), ("a", "d"), ("b", "c")]


class Builder:
    """Nodes one after another."""

    def __init__(self):
        self.nodes = []

    def __call__(self, operation, *inputs, shape=(4,), name=None, scope=(), **settings):
        self.nodes.append(Node(len(self.nodes), operation, inputs, shape, "float32", name, tuple(scope), settings))
        return len(self.nodes) - 1

    def graph(self, *outputs):
        return Graph(tuple(self.nodes), outputs)


@st.composite
def graphs(draw, most=16):
    """Graphs of any shape, with parameters, sums past something, and scopes that may be left and entered again."""
    build = Builder()
    build("input", name="x")
    for _ in range(draw(st.integers(0, most))):
        operation = draw(st.sampled_from(["tanh", "affine", "residual add", "parameter", "softmax"]))
        scope = draw(st.sampled_from(SCOPES))
        count = 0 if operation == "parameter" else draw(st.integers(1, 3))
        inputs = [draw(st.integers(0, len(build.nodes) - 1)) for _ in range(count)]
        build(operation, *inputs, name=draw(st.sampled_from([None, "z", "hidden"])), scope=scope)
    return build.graph(len(build.nodes) - 1)


def residual_block():
    """Two layers with a connection past each of them."""
    build = Builder()
    x = build("input", name="x")
    W, b, V, c = (
        build("parameter", name=name, shape=shape) for name, shape in zip("WbVc", [(4, 4), (4,)] * 2, strict=True)
    )
    h = build("residual add", build("tanh", build("affine", W, x, b, name="z")), x, name="h")
    y = build("residual add", build("tanh", build("affine", V, h, c, name="r")), h, name="y")
    return build.graph(y)


def residual_network(stages=(3, 4, 6, 3)):
    """Stages of blocks of ten operations, each with a connection past it; the first of a stage with a projection."""
    build = Builder()
    x = build("input", name="image", shape=(3, 224, 224))
    for stage, count in enumerate(stages):
        for place in range(count):
            x = _block(build, x, (f"stages[{stage}]", f"blocks[{place}]"), (64 * 2**stage, 56, 56), project=place == 0)
    return build.graph(build("average pooling", x, shape=(2048,)))


def _block(build, x, scope, shape, project):
    h = x
    for layer in range(3):
        kernel = build("parameter", name="weight", shape=(*shape[:1], 3, 3), scope=(*scope, f"conv{layer}"))
        h = build("convolution", h, kernel, shape=shape, scope=(*scope, f"conv{layer}"), kernel=(3, 3), stride=(1, 1))
        h = build("normalisation", h, shape=shape, scope=scope)
        h = build("relu", h, shape=shape, scope=scope) if layer < 2 else h
    if project:
        x = build("normalisation", build("convolution", x, shape=shape, scope=scope), shape=shape, scope=scope)
    return build("relu", build("residual add", h, x, shape=shape, scope=scope), shape=shape, scope=scope)


def chain(length, *operations):
    """Operations one after another, over and over, without scopes."""
    build = Builder()
    x = build("input", name="x")
    for _ in range(length):
        for operation in operations:
            x = build(operation, x)
    return build.graph(x)
