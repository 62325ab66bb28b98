"""Intelligence against mails: what a mail shows, what an indicator asks, and where they meet."""
