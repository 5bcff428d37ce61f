"""Reports, each declared once. Every face is drawn from the registry; a new report is one declaration."""
