"""A page about a fitted model that can be looked at, kept, printed and sent: one HTML file with everything in it."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.report.mixture.section import Section, model_name, section
    from suffice.report.mixture.summary import Assigned, Summary, summarize
    from suffice.report.page import write_page, write_report

export_lazily(__name__)
