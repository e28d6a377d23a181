"""Which mixture suits the data: numbers of components, parameters and families, compared by one criterion."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.selection.bootstrap import bootstrap_test
    from suffice.selection.bootstrap_result import BootstrapTest
    from suffice.selection.result import Selection
    from suffice.selection.search import select

export_lazily(__name__)
