"""Observations and history to a verdict."""
