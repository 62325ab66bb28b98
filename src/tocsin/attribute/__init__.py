"""Who may be behind a campaign: evidence, hypotheses, and what caps them. Pure functions over frozen values."""
