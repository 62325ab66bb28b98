"""All input and output with the world."""
