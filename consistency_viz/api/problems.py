"""How the API says no: ``application/problem+json`` (RFC 9457) with every field, its value and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import Field, NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from consistency_viz.experiments.commands import CommandRefused
from workers.cluster.scenario_errors import SHOWN_CHARS_MAX, ScenarioError

CONTENT_TYPE: Final = "application/problem+json"
TITLES: Final = {
    400: "Not understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    409: "Not now",
    422: "Not valid",
    429: "Too often",
    503: "Not available",
}


class Wrong(Schema):
    """One thing that is wrong: which field, its value, and what would be right."""

    field: str
    value: str
    remedy: str


class ProblemOut(Schema):
    """What every refusal looks like."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = Field(default_factory=list)


class ApiError(Exception):
    """A refusal with its status; ``retry_after_s`` where it helps to wait."""

    def __init__(self, status: int, detail: str, wrong: Sequence[Wrong] = (), retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.wrong = list(wrong)
        self.retry_after_s = retry_after_s


def problem(status: int, detail: str, wrong: Sequence[Wrong] = (), retry_after_s: int | None = None) -> HttpResponse:
    """The answer that refuses."""
    said = ProblemOut(title=TITLES.get(status, "Refused"), status=status, detail=detail, errors=list(wrong))
    response = JsonResponse(said.model_dump(), status=status, content_type=CONTENT_TYPE)
    if retry_after_s is not None:
        response["Retry-After"] = str(retry_after_s)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def install(api: NinjaAPI) -> None:
    """Have every error of the API answered as a problem."""
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(ScenarioError, _scenario_error)
    api.add_exception_handler(CommandRefused, _refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(AuthenticationError, _not_signed_in)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(HttpError, _http_error)


def _api_error(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status, error.detail, error.wrong, error.retry_after_s)


def _scenario_error(request: HttpRequest, error: Any) -> HttpResponse:
    wrong = [Wrong(field=p.field, value=p.value, remedy=p.remedy) for p in error.problems]
    return problem(422, "It cannot be played like this.", wrong)


def _refused(request: HttpRequest, refused: Any) -> HttpResponse:
    wrong = Wrong(field=refused.where.get("field", ""), value=refused.where.get("value", ""), remedy=refused.remedy)
    return problem(refused.status, refused.text, [wrong])


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    wrong = [_wrong(item) for item in error.errors[:20]]
    return problem(422, "The request is not valid.", wrong)


def _wrong(item: dict[str, Any]) -> Wrong:
    place = [str(step) for step in item.get("loc", ()) if not str(step).startswith("of-")]
    field = ".".join(place[2:] if place[:1] == ["body"] else place[1:])
    value = "" if item.get("type") == "missing" else repr(item.get("input", ""))[:SHOWN_CHARS_MAX]
    return Wrong(field=field, value=value, remedy=str(item.get("msg", "")).removeprefix("Value error, "))


def _not_signed_in(request: HttpRequest, error: Any) -> HttpResponse:
    remedy = "Send the header Authorization: Bearer cv_...; `manage.py token` makes a token."
    wrong = [Wrong(field="Authorization", value="", remedy=remedy)]
    return problem(401, "No token, or one that is unknown, expired or revoked.", wrong)


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(404, "There is nothing of this name.")


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))
