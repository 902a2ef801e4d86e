"""Where the pages and commands of runs are."""

from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from consistency_viz.experiments import views


class RunIdConverter(SlugConverter):
    """A run's id: short, lower case."""

    regex = "[a-z0-9-]{1,32}"


register_converter(RunIdConverter, "run")

urlpatterns = [
    path("", views.run_list, name="runs"),
    path("enter/<str:token>/", views.enter, name="enter"),
    path("runs/start/", views.run_start, name="run-start"),
    path("runs/<run:run_id>/", views.run_detail, name="run"),
    path("runs/<run:run_id>/findings", views.findings, name="findings"),
    path("runs/<run:run_id>/fix/", views.run_fix, name="run-fix"),
    path("runs/<run:run_id>/history", views.history, name="history"),
    path("runs/<run:run_id>/order/", views.run_order, name="run-order"),
    path("runs/<run:run_id>/scale/", views.run_scale, name="run-scale"),
    path("runs/<run:run_id>/stop/", views.run_stop, name="run-stop"),
]
