"""A virtual home: a router, three clients and an internet of servers, each in a network namespace of its own."""
