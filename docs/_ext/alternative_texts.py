"""Alternative texts: each image has one, or the build warns; figures of examples give theirs as their label."""

import re

from docutils import nodes
from matplotlib import pyplot
from sphinx.util import logging
from sphinx_gallery.scrapers import matplotlib_scraper

_LOGGER = logging.getLogger(__name__)


def scraped(block, block_vars, gallery_conf):
    """Images of a block of an example, with the labels of their figures as alternative texts."""
    labels = [pyplot.figure(number).get_label() for number in pyplot.get_fignums()]
    if not all(labels):
        _LOGGER.warning("a figure without set_label: %s", block_vars["src_file"])
    texts = iter(labels)
    rest = matplotlib_scraper(block, block_vars, gallery_conf)
    return re.sub("(?<=:alt: ).*", lambda _: next(texts), rest)


def check(app, doctree, docname):
    """Name thumbnails by the titles of their examples, and warn of images without a text."""
    for image in doctree.findall(nodes.image):
        example = re.search(r"sphx_glr_(plot_\w+)_thumb", image["uri"])
        if example:
            image["alt"] = f"Picture of the example: {app.env.titles[f'auto_examples/{example[1]}'].astext()}"
        if not image.get("alt"):
            _LOGGER.warning("an image without alternative text: %s", image["uri"], location=image)


def setup(app):
    app.connect("doctree-resolved", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
