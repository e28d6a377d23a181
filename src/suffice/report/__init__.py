"""A page about a fitted model that can be looked at, kept, printed and sent: one HTML file with everything in it."""

from suffice.report.page import write_page, write_report
from suffice.report.section import Section, model_name, section
from suffice.report.summary import Assigned, Summary, summarize

__all__ = ["Assigned", "Section", "Summary", "model_name", "section", "summarize", "write_page", "write_report"]
