"""Who and what a flow was."""
