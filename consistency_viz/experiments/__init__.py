"""The Django app of scenarios, experiments and runs: admin, API and management commands."""
