"""Labelled exercise mailboxes from scenarios: pure functions that write bytes and never send."""
