"""The database: the only room that writes SQL."""
