"""The pages of rooms: the door, a phone's seat, the projector's screen, the presenter's desk, and the results."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import msgspec
from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consistency_viz.experiments import forms, stack
from consistency_viz.experiments.commands import (
    HOW_TO_PRESENT,
    NOT_PRESENTER,
    CommandRefused,
    check_may_command,
    is_presenter,
    presenter_command,
)
from consistency_viz.experiments.errors import error
from consistency_viz.experiments.price_figures import BRIEF, told
from consistency_viz.experiments.views import run_detail
from consistency_viz.rooms import access, commands, doors, lessons, loading, rooms
from consistency_viz.rooms.models import Room

ROOMS_LISTED_MAX = 20


@require_GET
@never_cache
def room_list(request: HttpRequest) -> HttpResponse:
    """The rooms, and the form that opens one; whoever is no presenter finds the door."""
    if not is_presenter(request):
        return HttpResponseRedirect(reverse("door"))
    context = {"rooms": Room.objects.all()[:ROOMS_LISTED_MAX], "lessons": lessons.course()}
    return render(request, "rooms/list.html", context)


@require_POST
def room_open(request: HttpRequest) -> HttpResponse:
    """Open a room, and go to its desk."""
    try:
        check_may_command(request)
        room = rooms.open_room(forms.text(request, "title"), forms.text(request, "scenario"))
    except CommandRefused as refused:
        return error(request, refused.status, "Not opened", refused.text, refused.remedy)
    return HttpResponseRedirect(reverse("room-present", args=[room.code]), status=303)


@require_http_methods(["GET", "POST"])
@never_cache
def door(request: HttpRequest) -> HttpResponse:
    """Where a code is typed."""
    refused = None
    if request.method == "POST":
        try:
            room = doors.find(request, forms.text(request, "code"))
            return HttpResponseRedirect(reverse("join", args=[room.code]), status=303)
        except CommandRefused as refusal:
            refused = refusal
    status = 200 if refused is None else refused.status
    response = render(request, "rooms/door.html", {"refused": refused}, status=status)
    doors.remember_browser(request, response)
    return response


@require_http_methods(["GET", "POST"])
@never_cache
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Where somebody says what they want to be called, and takes a seat. Who has one already goes straight to it."""
    try:
        room = doors.find(request, code)
        cookies = dict(request.COOKIES)
        if access.person(cookies, room, "participant") is not None and not room.ended:
            return HttpResponseRedirect(reverse("seat", args=[room.code]), status=303)
        if request.method == "POST":
            doors.check_may_join(request, room)
            seat = rooms.join(room, forms.text(request, "name"))
            response: HttpResponse = HttpResponseRedirect(reverse("seat", args=[room.code]), status=303)
            doors.set_cookie(response, access.seat_cookie(room.code), access.seat_token(room.code, seat.number))
            doors.remember_browser(request, response)
            return response
    except CommandRefused as refused:
        response = render(request, "rooms/door.html", {"refused": refused}, status=refused.status)
        doors.remember_browser(request, response)
        return response
    response = render(request, "rooms/join.html", {"room": room, "link_key": request.GET.get("k", "")[:40]})
    doors.remember_browser(request, response)
    return response


@require_GET
@never_cache
def seat(request: HttpRequest, code: str) -> HttpResponse:
    """A participant's phone. Who has no seat is sent to the door, whether there is such a room or not."""
    room = Room.objects.filter(code=code).first()
    if room is None or access.person(dict(request.COOKIES), room, "participant") is None:
        return HttpResponseRedirect(reverse("join", args=[code]))
    context = {"room": room, "skus": stack.prices(), "countries": stack.countries()}
    return render(request, "rooms/seat.html", context)


@require_GET
@never_cache
def screen(request: HttpRequest, code: str) -> HttpResponse:
    """The projector. Its link carries a token once; then a cookie does."""
    room = Room.objects.filter(code=code).first()
    token = request.GET.get("t", "")
    if room is not None and not room.ended and access.is_screen(token, room.code):
        response: HttpResponse = HttpResponseRedirect(reverse("room-screen", args=[code]))
        doors.set_cookie(response, access.screen_cookie(room.code), token)
        return response
    if room is None or access.person(dict(request.COOKIES), room, "projector") is None:
        remedy = "Open it from the presenter's desk, or by the link that is shown there."
        return error(request, 403, "Not your screen", "This is the projector of a room, or of none.", remedy)
    return render(request, "rooms/screen.html", {"room": room, **_way_in(request, room)})


@require_GET
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]  # its types know views without arguments only
def stage(request: HttpRequest, run_id: str) -> HttpResponse:
    """The page of a run within the projector's: the only page that may be framed, and by our own pages only."""
    response: HttpResponse = run_detail(request, run_id)
    return response


@require_GET
@never_cache
def present(request: HttpRequest, code: str) -> HttpResponse:
    """The presenter's desk."""
    if not is_presenter(request):
        return error(request, 403, "Not your desk", NOT_PRESENTER, HOW_TO_PRESENT)
    room = get_object_or_404(Room, code=code)
    token = access.screen_token(room.code)
    context = {
        "room": room,
        "lessons": lessons.course(),
        "open_choices": rooms.OPEN_S_CHOICES,
        "screen_url": f"{doors.base_url(request)}{reverse('room-screen', args=[room.code])}?t={token}",
        **_way_in(request, room),
    }
    return render(request, "rooms/present.html", context)


@presenter_command
def command(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """One command of the presenter."""
    room = Room.objects.select_related("run").filter(code=code).first()
    if room is None:
        raise CommandRefused("There is no such room.", "Go back to the list of rooms.", status=404)
    return JsonResponse({"ok": True, "text": commands.carry_out(request, room, name)})


@require_GET
@never_cache
def room_results(request: HttpRequest, code: str) -> HttpResponse:
    """What the room played, and what each of it cost."""
    room = Room.objects.filter(code=code).first()
    if room is None or access.person(dict(request.COOKIES), room, "projector") is None:
        return error(request, 403, "Not for you", "These are the results of somebody's room.", HOW_TO_PRESENT)
    rows = loading.load(room.code)
    played = [] if rows is None else rows.played
    context = {
        "room": room,
        "columns": BRIEF,
        "rows": [(one, [told(one.figures.get(price.id), price.unit) for price in BRIEF]) for one in played],
        "is_presenter": is_presenter(request),
    }
    return render(request, "rooms/results.html", context)


@require_GET
@never_cache
def export(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """The results as a file: seats by number and name, guesses, and the cost table. For the presenter."""
    if not is_presenter(request):
        return error(request, 403, "Not for you", NOT_PRESENTER, HOW_TO_PRESENT)
    room = get_object_or_404(Room, code=code)
    rows = loading.load(room.code)
    played = [] if rows is None else [msgspec.to_builtins(one) for one in rows.played]
    if form == "json":
        response: HttpResponse = JsonResponse(_whole(room, played), json_dumps_params={"indent": 2})
    else:
        response = HttpResponse(_csv(played), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="room-{room.code}.{form}"'
    return response


def _whole(room: Room, played: list[dict[str, Any]]) -> dict[str, Any]:
    guesses = room.guesses.select_related("seat").order_by("scenario", "seat__number")
    return {
        "room": room.title,
        "code": room.code,
        "opened_at": room.created_at.isoformat(),
        "seats": list(room.seats.values("number", "name", "removed")),
        "guesses": [{"lesson": g.scenario, "seat": g.seat.number, "value": g.value} for g in guesses],
        "played": played,
    }


def _csv(played: list[dict[str, Any]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    titles = [price.heading for price in BRIEF]
    writer.writerow(["lesson", "run", "design", "is_fix", "answer", "unit", *titles])
    for one in played:
        figures = [one["figures"].get(price.id) for price in BRIEF]
        told = [one["title"], one["run"], one["design"], one["is_fix"], one["answer"], one["unit"]]
        writer.writerow([_plain(value) for value in (*told, *figures)])
    return text.getvalue()


def _plain(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _way_in(request: HttpRequest, room: Room) -> dict[str, Any]:
    url = doors.join_url(request, room.code)
    return {
        "qr": doors.qr_svg(url),
        "join_url": url,
        "short_url": doors.short_url(request),
        "only_here": doors.only_here(request),
    }
