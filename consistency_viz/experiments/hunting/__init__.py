"""The anomaly hunter: looks for a run that breaks what is expected, then for the least that still breaks it."""
