"""A page about a fitted model that can be looked at, kept, printed and sent: one HTML file with everything in it."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.report.page import section, write_page, write_report
    from suffice.report.parts import Section, model_name
    from suffice.report.summary import Assigned, Summary, summarize

export_lazily(__name__)
