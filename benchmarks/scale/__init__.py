"""Scale: many rows, many columns, many workers."""
