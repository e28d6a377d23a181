"""What every test shares: pictures without a screen, shapes that are checked, and where the real data lie."""

import gc
import os

os.environ.setdefault("MPLBACKEND", "Agg")  # before matplotlib is imported anywhere

from pathlib import Path

import jax
import jaxtyping
import pytest
from jaxtyping import install_import_hook

install_import_hook(
    ["suffice.energy", "suffice.latent", "suffice.model", "suffice.nets", "suffice.rows"], "shapes.checked"
)  # before they are imported

from suffice.runtime.compiling import COMPILER_OPTIONS  # noqa: E402

# Most of the suite's time is compilation: programs that run once are neither optimised nor compiled in parts by several threads.
# A version of JAX that does not know a flag ends the process. XLA_FLAGS="" tests with the usual ones.
FLAGS = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    **({"xla_cpu_parallel_codegen_split_count": 1} if (0, 10) <= jax.__version_info__ < (0, 11) else {}),
    **(COMPILER_OPTIONS or {}),
}
os.environ.setdefault("XLA_FLAGS", " ".join(f"--{name}={value}".lower() for name, value in FLAGS.items()))

SHAPES_CHECKED = {
    "charts", "conditioning", "covariances", "factor_laws", "gaussian_mixture", "ising", "laws", "layers", "missing",
    "mixture_of_ppca", "mlp", "networks", "new_families", "rbm", "rows", "shapes", "wide_factors", "wide_mixtures",
}  # fmt: skip
"""Files whose tests meet every module: checking each call takes a fifth of the time, so the others go without."""

MOST_REGIONS = 6_000
"""A program takes four regions and one to two megabytes, so that this is two to three gigabytes."""

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SUFFICE_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="module", autouse=True)
def shapes_of_arrays(request):
    """Shapes are checked where every module is met."""
    jaxtyping.config.update("jaxtyping_disable", request.path.stem.removeprefix("test_") not in SHAPES_CHECKED)


@pytest.fixture(scope="module", autouse=True)
def compiled_programs():
    """Single operations are compiled once for many files; all programs are let go where there have come to be many."""
    yield
    if regions_of_memory() > MOST_REGIONS:
        jax.clear_caches()


def regions_of_memory() -> float:
    """Regions that this process has mapped; beyond every limit where the system does not tell."""
    try:
        return len(Path("/proc/self/maps").read_text().splitlines())
    except OSError:
        return float("inf")


def pytest_collection_finish():
    """What collection made stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def real_data():
    """A function from a name such as ``tabular/faithful.csv`` to its path; the test skips where the file is absent."""

    def path(name: str) -> Path:
        if not (DATA / name).exists():
            pytest.skip(f"real data {name} not found: set SUFFICE_DATA to the folder that holds it")
        return DATA / name

    return path
