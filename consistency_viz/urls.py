"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("consistency_viz.api.urls")),
    path("", include("consistency_viz.experiments.urls")),
    path("", include("consistency_viz.live.urls")),
    path("", include("consistency_viz.rooms.urls")),
]
handler400 = "consistency_viz.experiments.errors.bad_request"
handler403 = "consistency_viz.experiments.errors.forbidden"
handler404 = "consistency_viz.experiments.errors.not_found"
handler500 = "consistency_viz.experiments.errors.server_error"
