"""Tocsin warns people who were sent mail that reports back."""

__version__ = "0.1.0"
