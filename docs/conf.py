"""Configuration of the documentation: ``python -m sphinx -W -b html docs docs/_build/html``; needs no network."""

import sys
import warnings
from pathlib import Path

import matplotlib
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skae import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
matplotlib.use("Agg")
# With one thread the pictures do not depend on the number of cores.
threadpool_limits(1)
# Blocks of the pages are short on purpose.
warnings.simplefilter("ignore", ConvergenceWarning)

project = "skae"
author = copyright = "The skae developers"
version = release = __version__
language = "en"
highlight_language = "none"
smartquotes = False
maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "alternative_texts",
    "markdown_plot",
    "own_members",
    "svg_math",
]
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "svg"

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    *("GL03", "GL05", "GL06", "GL07", "GL10", "SS01", "SS03", "SS04"),
    *("PR01", "PR02", "PR05", "PR06", "PR10", "RT01", "RT04", "RT05", "YD01"),
}
# Their fields are documented as attributes.
numpydoc_validation_exclude = {r"\.handwriting\.(Comparison|Result)$"}

plot_include_source = True
plot_html_show_formats = False
plot_html_show_source_link = False
plot_formats = [("png", 160)]
plot_rcparams = {"figure.figsize": (7.0, 3.4), "font.size": 10}
plot_apply_rcparams = True

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "image_scrapers": ("alternative_texts.scraped",),
    "within_subsection_order": "FileNameSortKey",
    "image_srcset": ["2x"],
    "write_computation_times": False,
    "capture_repr": (),
    "show_signature": False,
    "min_reported_time": 10**6,
    "download_all_examples": False,
    "doc_module": ("skae",),
    "backreferences_dir": "api/backreferences",
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = f"skae {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
# Named, or the theme writes an error to the console at a reader's first page.
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
# Pages without others beside them need no list of them.
html_sidebars = {
    page: []
    for page in (
        *("cheat_sheet", "faq", "comparison", "coming_from", "works_with", "performance", "extending", "changelog"),
        "contributing",
    )
}
html_copy_source = False
html_theme_options = {
    "logo": {"text": "skae"},
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version", "theme-version"],
}
