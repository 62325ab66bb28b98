"""Other formats to our values and back: STIX, MISP, CSV, lists; lossless or said so."""
