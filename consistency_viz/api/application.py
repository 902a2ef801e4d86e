"""The API as a whole: its routers, its errors, its description."""

from __future__ import annotations

from typing import Any, Final

from ninja import NinjaAPI, Router
from ninja.errors import ValidationError

from consistency_viz.api import experiments, problems, runs, scenarios

REFUSALS: Final = (400, 401, 403, 404, 409, 422, 429, 503)


class DescribedAPI(NinjaAPI):
    """Says in its description what every operation may refuse with."""

    def validation_error_from_error_contexts(self, error_contexts: list[Any]) -> ValidationError:
        """What is wrong with a request, with the values that were sent, which ninja would leave out."""
        errors = [
            {**item, "loc": (context.model.__ninja_param_source__, *self._place(context, item["loc"])), "ctx": None}
            for context in error_contexts
            for item in context.pydantic_validation_error.errors(include_url=False)
        ]
        return ValidationError(errors)

    @staticmethod
    def _place(context: Any, place: tuple[Any, ...]) -> tuple[Any, ...]:
        found: tuple[Any, ...] = context.model.__ninja_flatten_map_reverse__.get(place, place)
        return found

    def get_openapi_schema(self, **given: Any) -> Any:
        """The OpenAPI document."""
        schema = super().get_openapi_schema(**given)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        described = problems.ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas["Problem"] = described
        content = {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                _summarize(operation)
                for status in REFUSALS:
                    refusal = {"description": problems.TITLES[status], "content": content}
                    operation["responses"].setdefault(str(status), refusal)
        return schema


def _summarize(operation: dict[str, Any]) -> None:
    """The first sentence of what an operation says of itself as its summary, where ninja would spell its name."""
    first, _, rest = operation["description"].partition(". ")
    operation["summary"] = first.removesuffix(".")
    if not rest:
        del operation["description"]


api = DescribedAPI(
    title="Consistency Viz",
    version="1.0.0",
    description="Experiments on consistency: scenarios, runs, faults, findings.",
    docs_url=None,  # its page would load a viewer from elsewhere
    urls_namespace="api-1",
)
problems.install(api)
ROUTERS: Final[dict[str, Router]] = {
    "/scenarios": scenarios.router,
    "/experiments": experiments.router,
    "/findings": experiments.findings,
    "/runs": runs.router,
}
for _prefix, _router in ROUTERS.items():
    api.add_router(_prefix, _router)
