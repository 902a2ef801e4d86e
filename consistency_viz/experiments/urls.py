"""Where the pages and commands of runs are."""

from django.urls import include, path, register_converter
from django.urls.converters import SlugConverter

from consistency_viz.experiments import alternative_views, fault_views, views


class RunIdConverter(SlugConverter):
    """A run's id: short, lower case."""

    regex = "[a-z0-9-]{1,32}"


register_converter(RunIdConverter, "run")

urlpatterns = [
    path("", views.run_list, name="runs"),
    path("experiments/", include("consistency_viz.experiments.campaign.urls")),
    path("enter/<str:token>/", views.enter, name="enter"),
    path("compare/", alternative_views.compare, name="compare"),
    path("runs/simulate/", alternative_views.run_simulate, name="run-simulate"),
    path("runs/start/", views.run_start, name="run-start"),
    path("runs/<run:run_id>/", views.run_detail, name="run"),
    path("runs/<run:run_id>/fault/", fault_views.run_fault, name="run-fault"),
    path("runs/<run:run_id>/fault/heal/", fault_views.run_heal, name="run-heal"),
    path("runs/<run:run_id>/fault/real/", fault_views.run_real_fault, name="run-real-fault"),
    path("runs/<run:run_id>/rerun/", fault_views.run_rerun, name="run-rerun"),
    path("runs/<run:run_id>/findings", views.findings, name="findings"),
    path("runs/<run:run_id>/fix/", alternative_views.run_fix, name="run-fix"),
    path("runs/<run:run_id>/fork/", alternative_views.run_fork, name="run-fork"),
    path("runs/<run:run_id>/relatives", alternative_views.relatives, name="relatives"),
    path("runs/<run:run_id>/history", views.history, name="history"),
    path("runs/<run:run_id>/order/", views.run_order, name="run-order"),
    path("runs/<run:run_id>/scale/", views.run_scale, name="run-scale"),
    path("runs/<run:run_id>/stop/", views.run_stop, name="run-stop"),
]
