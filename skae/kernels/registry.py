"""Registry: parts by name; of a name that it does not have it says what to do."""

# What to do about a name that only ``register`` can have made.
REGISTER_FIRST = "One from outside of skae is registered first in each process, by skae.extending.register."


class Registry(dict):
    """Records by their names.

    Parameters
    ----------
    what : str
        What the records are, for errors.
    records : iterable
        Each has a ``name``.
    """

    def __init__(self, what, records):
        super().__init__((record.name, record) for record in records)
        self.what = what

    def __missing__(self, name):
        raise ValueError(f"The {self.what} must be one of {sorted(self)}; got {name!r}. {REGISTER_FIRST}")
