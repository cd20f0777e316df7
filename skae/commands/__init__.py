"""Subcommands of ``python -m skae`` that fit estimators on files of rows and use them; a command a file."""
