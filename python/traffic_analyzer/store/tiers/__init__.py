"""Minutes, hours and days: what is rolled up, taken by an archive, and read again."""
