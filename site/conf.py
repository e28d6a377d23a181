"""Settings of Sphinx for the site that ``site/build.py`` makes."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Suffice"
author = "The Suffice authors"
copyright = f"2026, {author}"
release = version = metadata.version("suffice")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "formulas", "linked"]
exclude_patterns = ["src", "tests", "benchmarks", "experiments"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]  # links to attributes of that name elsewhere mislead
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Array", "ArrayLike", "KeyLike", "PathLike", "TableLike")}
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
maximum_signature_line_length = 90

smartquotes_action = "De"  # dashes and dots; shapes in annotations are quoted strings

html_theme = "furo"
html_title = "Suffice"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["suffice.css"]
html_math_renderer = "mathml"
html_show_search_summary = False  # it is fetched, which pages opened from files may not do
html_copy_source = False
html_show_sourcelink = False
pygments_style = "default"
pygments_dark_style = "monokai"
