"""Tables of numbers, categories and gaps: their encoding as numbers, and an autoencoder of such rows."""

from .autoencoder import TableAutoencoder
from .encoder import TableEncoder

__all__ = ["TableAutoencoder", "TableEncoder"]
