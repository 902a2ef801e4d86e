from tests.workers.support import after, context, message, sends
from workers.services.leadership.lock import LockService

LOCK = LockService(lease_ms=600)


def asked(candidate, now_us, state):
    request = message("Acquire", "lane-0", {"candidate": candidate, "asked_us": now_us - 10}, reply_topic="leases")
    step = LOCK.step(state, request, context(now_us=now_us))
    [answer] = sends(step)
    return after(state, step), (answer.type, answer.data.get("token"))


def test_a_lease_is_renewed_for_its_holder_denied_to_others_and_granted_anew_with_a_greater_token():
    state, first = asked("a", 1_000, {})
    state, denied = asked("b", 600_999, state)
    state, renewed = asked("a", 600_999, state)
    state, still = asked("b", 1_200_998, state)
    state, second = asked("b", 1_200_999, state)
    _, late = asked("a", 1_300_000, state)
    assert [first, denied, renewed] == [("Granted", 1), ("Denied", 1), ("Granted", 1)]
    assert [still, second, late] == [("Denied", 1), ("Granted", 2), ("Denied", 2)]


def test_who_comes_back_after_the_lease_has_run_out_gets_a_greater_token_too():
    state, _ = asked("a", 1_000, {})
    assert asked("a", 700_000, state)[1] == ("Granted", 2)
