"""Ways in which a mail phones home, one module a family of techniques."""
