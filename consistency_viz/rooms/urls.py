"""Where the pages of rooms are."""

from django.urls import path, register_converter

from consistency_viz.rooms import views
from consistency_viz.rooms.names import CODE_ALPHABET, CODE_LENGTH


class CodeConverter:
    """A room's code."""

    regex = f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


register_converter(CodeConverter, "code")

urlpatterns = [
    path("j/", views.door, name="door"),
    path("j/<code:code>/", views.join, name="join"),
    path("rooms/", views.room_list, name="rooms"),
    path("rooms/open/", views.room_open, name="room-open"),
    path("rooms/stage/<run:run_id>/", views.stage, name="room-stage"),
    path("rooms/<code:code>/seat/", views.seat, name="seat"),
    path("rooms/<code:code>/screen/", views.screen, name="room-screen"),
    path("rooms/<code:code>/present/", views.present, name="room-present"),
    path("rooms/<code:code>/results/", views.room_results, name="room-results"),
    path("rooms/<code:code>/results.json", views.export, {"form": "json"}, name="room-json"),
    path("rooms/<code:code>/results.csv", views.export, {"form": "csv"}, name="room-csv"),
    path("rooms/<code:code>/do/<slug:name>/", views.command, name="room-command"),
]
