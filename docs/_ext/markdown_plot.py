"""matplotlib's plot directive in Markdown pages: ```` ```{plot} ````, with its options and one context a page."""

from docutils import nodes
from docutils.statemachine import StringList
from matplotlib.sphinxext import plot_directive


class _Collected:
    """What stands for docutils' state machine: keeps the lines that the directive would insert into the page."""

    def __init__(self, document):
        self.document = document
        self.lines = []

    def insert_input(self, lines, source):
        self.lines += lines


class MarkdownPlot(plot_directive.PlotDirective):
    """The plot directive, whose output, in reStructuredText, is parsed as an ``eval-rst`` block."""

    def run(self):
        self.state_machine = collected = _Collected(self.state_machine.document)
        errors = super().run()
        parent = nodes.Element()
        block = ["````{eval-rst}", *collected.lines, "````"]
        self.state.nested_parse(StringList(block, source=""), self.content_offset, parent)
        return [*errors, *parent.children]


def without_last_blank_line(app, docname, source):
    """Take away the blank line with which a block ends, for doctest, that is no output."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app):
    app.setup_extension("matplotlib.sphinxext.plot_directive")
    app.add_directive("plot", MarkdownPlot, override=True)
    app.connect("source-read", without_last_blank_line)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
