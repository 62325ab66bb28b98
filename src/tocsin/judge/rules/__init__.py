"""Rules of the operator's own: read from YAML, made into functions once, asked for each mail."""
