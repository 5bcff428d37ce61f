"""The schema, version by version, and how old databases come to it."""
