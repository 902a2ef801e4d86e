"""What came of experiments and runs, drawn: one pure figures module behind the page and the report, and tables."""
