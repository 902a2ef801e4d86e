"""Where the pages are that show what a history holds, and what they ask of it."""

from django.urls import path

from consistency_viz.live.health import views as health
from consistency_viz.live.playback import views as playback
from consistency_viz.live.trace import views

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("runs/<run:run_id>/at", playback.at, name="run-at"),
    path("runs/<run:run_id>/frames", playback.frames, name="run-frames"),
    path("runs/<run:run_id>/spacetime/", views.spacetime, name="spacetime"),
    path("runs/<run:run_id>/conflicts", views.conflicts, name="conflicts"),
    path("runs/<run:run_id>/trace", views.trace, name="trace"),
    path("runs/<run:run_id>/trace/<int:index>", views.observation, name="observation"),
]
