"""The admin: scenarios, experiments and what they found, for those who configure and those who look.

It never imports the workers' runtime: what is started here becomes rows, and the processes see to them.
"""

from django.contrib import admin

from consistency_viz.experiments.admin import accounts, experiments, findings, runs, scenarios, tokens
from consistency_viz.experiments.admin.signing_in import BrakedForm

__all__ = ["accounts", "experiments", "findings", "runs", "scenarios", "tokens"]

admin.site.login_form = BrakedForm
admin.site.login_template = "admin/experiments/login.html"
admin.site.index_template = "admin/experiments/index.html"
admin.site.index_title = "Begin here"
