"""Formulas as inline SVG, drawn when the pages are built: no script, no font and no network is needed to read them."""

from xml.etree import ElementTree

import ziamath
from docutils import nodes

# Units of the drawings; their sizes on the page are in em, so that they follow the text.
_SIZE = 20.0


def svg(tex, inline):
    """Drawing of a formula in the colour and size of the text around it.

    Parameters
    ----------
    tex : str
        LaTeX of the formula.
    inline : bool
        Whether it stands in a line of text, and is therefore to be low.

    Returns
    -------
    str
    """
    drawing = ziamath.Latex(tex, size=_SIZE, inline=inline, color="currentColor").svgxml()
    # The base line is at 0.
    _, top, width, height = (float(number) / _SIZE for number in drawing.get("viewBox").split())
    style = f"width: {width:.3f}em; height: {height:.3f}em; vertical-align: {-(top + height):.3f}em"
    drawing.attrib.update({"role": "img", "aria-label": tex, "style": style})
    return ElementTree.tostring(drawing, encoding="unicode")


def visit_inline(translator, node):
    translator.body.append(f'<span class="math">{svg(node.astext(), inline=True)}</span>')
    raise nodes.SkipNode


def visit_block(translator, node):
    translator.body.append(f'<div class="math">{svg(node.astext(), inline=False)}</div>')
    raise nodes.SkipNode


def setup(app):
    # Glyphs as paths of each drawing: shared symbols would need names that are unique in a page.
    ziamath.config.svg2 = False
    app.add_html_math_renderer("svg", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
