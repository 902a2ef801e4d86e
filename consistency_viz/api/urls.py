"""Where the API is."""

from django.urls import path

from consistency_viz.api.application import api

urlpatterns = [path("api/v1/", api.urls)]
