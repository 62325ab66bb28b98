"""Looking into the files that travel with a mail: what they are, and one reader a format."""
