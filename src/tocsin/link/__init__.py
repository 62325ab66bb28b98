"""Mails to campaigns, every tie with its reason."""
