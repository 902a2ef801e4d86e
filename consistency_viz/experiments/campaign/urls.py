"""Where the pages of experiments are."""

from django.urls import path

from consistency_viz.experiments.campaign import views

urlpatterns = [
    path("", views.experiment_list, name="experiments"),
    path("<slug:name>/", views.experiment_detail, name="experiment"),
    path("<slug:name>/start/", views.experiment_command, {"command": "start"}, name="experiment-start"),
    path("<slug:name>/stop/", views.experiment_command, {"command": "stop"}, name="experiment-stop"),
    path("<slug:name>/open/", views.experiment_open_seed, name="experiment-open-seed"),
    path("<slug:name>/results/<str:kind>/", views.experiment_results, name="experiment-results"),
    path("<slug:name>/cells/<int:position>/seeds/<int:seed>/open/", views.experiment_open, name="experiment-open"),
]
