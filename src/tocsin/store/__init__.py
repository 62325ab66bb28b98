"""Memory: what was observed and thought of it, in SQLite or PostgreSQL behind one interface."""
