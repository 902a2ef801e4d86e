"""What several sections of a scenario share."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

from workers.cluster.schema.strict import Strict

__all__ = ["NAME", "PARTITIONS_MAX", "Instances", "Seconds", "Share", "Strict"]

PARTITIONS_MAX: Final = 16
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Instances = Annotated[int, Field(ge=0, le=PARTITIONS_MAX)]
