"""Class pages list what skae defines; what scikit-learn's bases add is documented there."""


def skip_inherited(app, what, name, obj, skip, options):
    """True for methods that come from scikit-learn; None leaves the decision to autodoc."""
    if what == "class" and str(getattr(obj, "__module__", "")).startswith("sklearn."):
        return True
    return None


def setup(app):
    app.connect("autodoc-skip-member", skip_inherited)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
