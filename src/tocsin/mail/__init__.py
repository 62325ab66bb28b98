"""Bytes to Message: structure, headers, addresses, text and URLs, without I/O."""
