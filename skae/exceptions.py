"""The errors and warnings of ``skae.runtime.exceptions``, by the name that filters of warnings use."""

import sys

from .runtime import exceptions

# The module itself: a class has one home.
sys.modules[__name__] = exceptions
