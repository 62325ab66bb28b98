"""The only wiring: configuration, workers and the order of the stages."""
