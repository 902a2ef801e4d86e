"""Where the pages of experiments are."""

from django.urls import path

from consistency_viz.experiments.campaign import views
from consistency_viz.experiments.hunting import views as hunts

urlpatterns = [
    path("", views.experiment_list, name="experiments"),
    path("<slug:name>/", views.experiment_detail, name="experiment"),
    path("<slug:name>/start/", views.experiment_command, {"command": "start"}, name="experiment-start"),
    path("<slug:name>/stop/", views.experiment_command, {"command": "stop"}, name="experiment-stop"),
    path("<slug:name>/open/", views.experiment_open_seed, name="experiment-open-seed"),
    path("<slug:name>/hunts/", hunts.hunt_start, name="hunt-start"),
    path("<slug:name>/hunts/<int:hunt_id>/", hunts.hunt_detail, name="hunt"),
    path("<slug:name>/hunts/<int:hunt_id>/save/", hunts.hunt_save, name="hunt-save"),
    path("<slug:name>/hunts/<int:hunt_id>/stop/", hunts.hunt_command, {"command": "stop"}, name="hunt-stop"),
    path("<slug:name>/hunts/<int:hunt_id>/go-on/", hunts.hunt_command, {"command": "go-on"}, name="hunt-go-on"),
    path("<slug:name>/results/<str:kind>/", views.experiment_results, name="experiment-results"),
    path("<slug:name>/cells/<int:position>/seeds/<int:seed>/open/", views.experiment_open, name="experiment-open"),
]
