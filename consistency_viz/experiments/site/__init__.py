"""What the site itself is made of: its environment, its static files."""
