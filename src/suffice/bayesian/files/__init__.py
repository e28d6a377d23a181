"""Networks in files of other programs: BIF and UAI, plain or compressed."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.bayesian.files.bif_reader import read_bif
    from suffice.bayesian.files.bif_writer import write_bif
    from suffice.bayesian.files.uai import read_uai, write_uai

export_lazily(__name__)
