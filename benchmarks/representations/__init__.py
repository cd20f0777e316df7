"""Representations: quality of codes learnt without labels."""
