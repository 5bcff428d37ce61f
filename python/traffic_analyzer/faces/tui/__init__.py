"""The dashboard: what is shown is a pure matter of keys and answers, and curses puts it on the terminal."""
