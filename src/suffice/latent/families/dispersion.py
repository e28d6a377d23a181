r"""Dispersions of negative binomial variables that raise the likelihood, from sums over rows at the present ones.

Of the likelihood as a function of r = 1 / alpha only :math:`h(r) = \sum_n \sum_{j < x_n} \log (r + j)` depends on the rows, and
not on sums that would do for every r. Two functions touch it at the present :math:`r_0` with the same slope and curvature:

.. math:: \frac{h'^2}{-h''} \log \Big(r - r_0 + \frac{h'}{-h''}\Big), \qquad -r_0^2 h'' \log r + (h' + r_0 h'') \, r

The first lies below h for all :math:`r > r_0` (by Jensen's inequality, as 1 / (1 + u d) is convex in u), the second for all
:math:`r < r_0` (each term of h' less its slope there is :math:`-j (r - r_0)^2` over something positive). So whichever way the
likelihood rises, the highest point of the lower one, found by bisection, is no lower than the present one; near the end, steps
are Newton's.
"""

from __future__ import annotations

from suffice.latent.ties import Labels, group_means
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax

LARGEST = 1e6
HALVINGS = 48


def smallest(means: Array) -> Array:
    """Dispersions that cannot be told from 0: they widen the variance by the square root of the rounding unit."""
    return jnp.sqrt(jnp.finfo(means.dtype).eps) / jnp.maximum(means, 1.0)


def free_dispersions(
    now: Array, means: Array, sums: tuple[Array, Array, Array, Array], labels: Labels | None = None
) -> Array:
    """Dispersions (..., K, D) no worse than ``now``, given means and sums of [x, rising's two, 1]; equal for one label."""
    first, once, twice, cells = sums
    if labels is not None:
        once, twice = group_means(once, labels), group_means(twice, labels)
    means = jnp.maximum(means, jnp.finfo(means.dtype).eps)

    def shared(values: Array) -> Array:
        return values if labels is None else group_means(values, labels)

    def rest(a: Array) -> Array:
        return shared(cells * jnp.log1p(means * a) + (first - cells * means) * a / (1 + means * a))

    def slope(a: Array, falls: Array) -> Array:
        """Slope in r of the lower bound, where dispersions fall or where they rise."""
        below = jnp.where(once > 0, twice * now + (once - twice) * a, 1.0)
        return jnp.where(falls, once**2 * a * now / below, twice * a + (once - twice) * now) - rest(a)

    def bound(a: Array, falls: Array) -> Array:
        """The lower bound itself, which given other means need not have one highest point."""
        steps = jnp.where(once > 0, once / jnp.where(once > 0, twice, 1.0), 1.0)
        lower = jnp.where(
            falls, once * steps * jnp.log(1 / a + (steps - 1) / now), (once - twice) * now / a - twice * jnp.log(a)
        )
        return lower + shared(first * jnp.log(a) - (cells / a + first) * jnp.log1p(means * a))

    falls = slope(now, jnp.ones_like(now, bool)) > 0
    near, far = jnp.log(now), jnp.log(jnp.where(falls, shared(smallest(means)), LARGEST))

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        near, far = ends
        middle = (near + far) / 2
        rises_still = (slope(jnp.exp(middle), falls) > 0) == falls
        return jnp.where(rises_still, middle, near), jnp.where(rises_still, far, middle)

    near, _ = lax.fori_loop(0, HALVINGS, halve, (near, far))
    found = jnp.exp(near)
    better = (once > 0) & (bound(found, falls) >= bound(now, falls))
    return jnp.where(better, found, now)
