"""The storage that leaders write to: with a fence it takes nothing from a leader who has been replaced.

Rules
1. Whoever reads or writes as leader shows the token of its lease. A fenced storage remembers the largest of each
   partition and refuses every smaller one, reads too: what a later leader has read stays true until it writes.
2. A fenced storage takes a write only for the version that its writer has read; to compare and to write is one step.
3. An unfenced storage trusts that there is one leader, and takes whatever comes.
4. A write that was taken is answered as before and taken no second time.
"""

from __future__ import annotations

from workers.model.effects import Observe, reply
from workers.model.message import Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Effected
from workers.services.leadership.registers import ABSENT, announced, read_answer, written

STORAGE_REQUESTS = "storage.requests"
FENCED = "fenced"
"""The effect's name in the history: a leader with an old token was refused."""
_FENCE = "~fence"


class RegisterStore:
    """Answers ``Get`` and ``Put`` of leaders, and ``Read`` of clients; announces on ``topic`` what was written."""

    def __init__(self, topic: str, *, fenced: bool) -> None:
        self.topic = topic
        self.fenced = fenced

    def start(self, context: Context) -> Step:
        """Every register is absent."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Read, or take a write."""
        if message.type == "Read":
            return Step({}, (read_answer(message, state.get(message.key, ABSENT)),))
        if message.type not in ("Get", "Put"):
            return NOTHING
        fence = state.get(_FENCE, {"token": 0})["token"]
        token = message.data["token"]
        done = state.get(message.key, ABSENT)["done"].get(message.data["op"])
        if done is not None:
            return Step({}, (reply(message, "Taken", {"op": message.data["op"], **done}),))
        if self.fenced and token < fence:
            return self._refuse(message, fence)
        step = self._get(state, message) if message.type == "Get" else self._put(state, message)
        return Step({**step.writes, _FENCE: {"token": token}}, step.effects) if token > fence else step

    @staticmethod
    def _refuse(request: Message, fence: int) -> Step:
        detail = {"writer": request.source, "token": request.data["token"], "largest": fence, "op": request.data["op"]}
        refusal = reply(request, "Fenced", {"op": request.data["op"], "largest": fence})
        return Step({}, (Observe(Effected(FENCED, request.key, detail)), refusal))

    @staticmethod
    def _get(state: State, request: Message) -> Step:
        register = state.get(request.key, ABSENT)
        kept = register["seen"] if register["kept"] is None else register["kept"]
        base = {"version": register["version"], "kept": kept}
        return Step({}, (reply(request, "Got", {"op": request.data["op"], "value": register["value"], "base": base}),))

    def _put(self, state: State, request: Message) -> Step:
        key, data = request.key, request.data
        register = state.get(key, ABSENT)
        if self.fenced and data["base"]["version"] != register["version"]:
            return Step({}, (reply(request, "Moved", {"op": data["op"]}),))
        after = written(key, register, request.source, data["op"], data["value"], data["base"])
        answer = after["done"][data["op"]]
        told = announced(self.topic, key, after, answer["update"])
        return Step({key: after}, (*told, reply(request, "Taken", {"op": data["op"], **answer})))
