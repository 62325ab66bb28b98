"""Values to text, JSON and pages; no decisions."""
