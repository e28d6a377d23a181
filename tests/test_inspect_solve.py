"""Inverse questions: solution sets are complete, and every solution does what it says."""

from itertools import product

import numpy as np
import pytest

from suffice.inspect.inverse import solve_conv, solve_text
from suffice.inspect.windows import taps_on_input, windows


def kernels_and(name, found):
    return [(one.kernel, getattr(one, name)) for one in found]


def test_only_one_convolution_takes_12_to_8_without_padding():
    assert [(one.kernel, one.stride, one.padding, one.exact) for one in solve_conv(12, 8, padding=0)] == [
        (5, 1, 0, True)
    ]
    assert len(solve_text("12 -> 8, padding 0")) == 1


def test_four_convolutions_of_stride_1_take_12_to_8():
    assert kernels_and("padding", solve_conv(12, 8, stride=1)) == [(5, 0), (7, 1), (9, 2), (11, 3)]


def test_dilation_2_adds_a_kernel_of_3():
    found = solve_conv(12, 8, padding=0, dilation={1, 2})
    assert [(one.kernel, one.stride, one.dilation) for one in found] == [(3, 1, 2), (5, 1, 1)]


@pytest.mark.parametrize(("in_size", "out_size"), [(12, 8), (7, 3), (9, 1), (5, 6), (8, 4), (1, 1)])
def test_no_solution_is_missing_and_each_passes_the_forward_check(in_size, out_size):
    """Against every combination of settings, each tried by placing its windows one by one."""
    sizes = range(1, in_size + 1)
    every = {
        (kernel, stride, padding, dilation)
        for kernel, stride, padding, dilation in product(sizes, sizes, range(2 * in_size), sizes)
        if (span := dilation * (kernel - 1)) < in_size and padding <= span and (kernel > 1 or dilation == 1)
        if len(range(0, in_size + 2 * padding - span, stride)) == out_size
    }
    found = solve_conv(in_size, out_size, dilation=None)
    assert [(one.kernel, one.stride, one.padding, one.dilation) for one in found] == sorted(every)
    for one in (*found, *found.pooling, *found.transposed):
        assert one.output_size(in_size) == out_size
    for one in found:
        last = (out_size - 1) * one.stride + one.dilation * (one.kernel - 1)
        assert one.left_over == in_size + 2 * one.padding - 1 - last
        assert one.exact == (one.left_over == 0)


def test_sets_of_settings_are_kept_to():
    found = solve_conv(28, 14, kernel={2, 3, 4}, stride={1, 2}, padding=range(3))
    assert {one.stride for one in found} == {2}
    assert [(one.kernel, one.padding, one.left_over) for one in found] == [(2, 0, 0), (3, 1, 1), (4, 1, 0)]


def test_a_transposed_solution_is_the_shape_of_jax():
    jax = pytest.importorskip("jax")
    for one in solve_conv(5, 11, kernel={3, 4}, stride={2}).transposed:
        end = one.kernel - 1 - one.padding
        lowered = jax.eval_shape(
            lambda x, w, one=one, end=end: jax.lax.conv_general_dilated(
                x, w, (1,), [(end, end + one.left_over)], lhs_dilation=(one.stride,)
            ),
            jax.ShapeDtypeStruct((1, 1, 5), np.float32),
            jax.ShapeDtypeStruct((1, 1, one.kernel), np.float32),
        )
        assert lowered.shape[-1] == 11 == one.output_size(5)


def test_taps_on_the_input_are_those_of_placed_windows():
    for length, kernel, stride, before, dilation in product((4, 7), (1, 2, 3), (1, 2, 3), (0, 1, 3), (1, 2)):
        outputs = windows(length, kernel, stride, 2 * before, dilation)
        placed = sum(
            0 <= start * stride - before + tap * dilation < length for start in range(outputs) for tap in range(kernel)
        )
        assert taps_on_input(length, kernel, stride, before, outputs, dilation) == placed


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: solve_conv(12, 8, kernel=4, stride=1, padding=0), "loosen kernel"),
        (lambda: solve_conv(12, 8, kernel=4, stride=2, padding=0), "loosen"),
        (lambda: solve_conv(0, 8), "in_size=0"),
        (lambda: solve_conv(12, 8.5), "out_size=8.5"),
        (lambda: solve_conv(10**6, 8), "at most 4096"),
        (lambda: solve_conv(12, 8, stride=0), "stride=0"),
        (lambda: solve_conv(12, 8, stride=()), "stride="),
        (lambda: solve_conv(12, 8, stride="two"), "stride='two'"),
        (lambda: solve_text("12 by 8"), "12 -> 8"),
        (lambda: solve_text("12 -> 8, paddding 0"), "12 -> 8"),
    ],
)
def test_a_question_without_answer_gets_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question()


def test_a_solution_set_shows_each_kind_and_within_which_bounds():
    text = str(solve_conv(12, 8, padding=0))
    assert "convolution" in text
    assert "pooling" in text
    assert "All solutions" in text
