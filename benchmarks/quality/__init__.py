"""Quality: outliers found, missing values filled, digits told apart."""
