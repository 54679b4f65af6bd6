"""softeid: a software national ID card and the test lab around it."""

__version__ = "0.1.0"
