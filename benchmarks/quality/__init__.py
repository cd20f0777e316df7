"""Quality: detection of outliers, imputation, classification of digits."""
