import pytest
import redis

from tests.workers.live import LiveRun
from tests.workers.support import mails, placed, plan_of, scenario
from workers.cluster.shards import Outcome, refused
from workers.model.message import Message
from workers.model.observation import Sent
from workers.runtime import acl, control
from workers.runtime.keys import RunKeys

pytestmark = pytest.mark.stack
KEYS = RunKeys("r1")


def users(client):
    return sorted(user for user in client.acl_users() if user.startswith("cv:{"))


@pytest.fixture
def client(redis_client):
    yield redis_client
    acl.remove_orphans(redis_client, [])


def test_a_run_has_one_user_for_each_node_with_a_password_of_its_own_until_it_is_deleted(client):
    control.create_run(client, "r1", scenario())
    control.create_run(client, "r10", scenario())
    nodes = sorted(plan_of(scenario()).nodes)
    assert users(client) == sorted(f"cv:{{{run}}}:{node}" for run in ("r1", "r10") for node in nodes)
    assert len(set(client.hvals(KEYS.users))) == len(nodes)
    control.delete_run(client, "r1")
    assert users(client) == [f"cv:{{r10}}:{node}" for node in nodes]
    assert not client.exists(KEYS.users)
    control.delete_run(client, "r10")


def test_users_that_the_server_has_lost_are_made_again_with_the_same_passwords(client):
    control.create_run(client, "r1", scenario())
    before = {user: client.acl_getuser(user)["passwords"] for user in users(client)}
    client.execute_command("ACL", "DELUSER", *users(client))
    acl.protect(client, plan_of(scenario()), KEYS)
    assert {user: client.acl_getuser(user)["passwords"] for user in users(client)} == before
    control.delete_run(client, "r1")


def test_a_user_of_an_earlier_run_of_the_same_name_does_not_keep_its_password(client):
    control.create_run(client, "r1", scenario())
    before = {user: client.acl_getuser(user)["passwords"] for user in users(client)}
    client.flushall()
    control.create_run(client, "r1", scenario())
    assert not any(client.acl_getuser(user)["passwords"] == before[user] for user in users(client))
    control.delete_run(client, "r1")


def test_a_run_goes_on_after_the_server_has_lost_its_users(server):
    with LiveRun(server.url, scenario(workload={"orders": 60, "orders_per_s": 40, "invalid_share": 0.0})) as live:
        live.tick_until(lambda: live.status.instances and all(i.alive for i in live.status.instances))
        live.client.execute_command("ACL", "DELUSER", *users(live.client))
        history = live.finish(30)
        assert len(placed(history)) == 60
        assert mails(history) == placed(history)


def test_users_of_runs_that_are_no_more_are_removed_and_no_others(client):
    control.create_run(client, "r1", scenario())
    client.execute_command("ACL", "SETUSER", "cv:{gone}:tax", "on", ">x")
    client.execute_command("ACL", "SETUSER", "somebody", "on", ">x")
    acl.remove_orphans(client, ["r1"])
    assert "cv:{gone}:tax" not in users(client)
    assert len(users(client)) == len(plan_of(scenario()).nodes)
    assert "somebody" in client.acl_users()
    client.execute_command("ACL", "DELUSER", "somebody")
    control.delete_run(client, "r1")


def test_where_we_may_not_manage_users_a_run_does_without_and_the_shards_refuse(client, server):
    client.execute_command("ACL", "SETUSER", "hosted", "on", ">pw", "~*", "&*", "+@all", "-acl")
    hosted = redis.Redis(port=server.port, username="hosted", password="pw")
    fields = scenario(design="single-writer-intruder")
    control.create_run(hosted, "r1", fields)
    assert not client.exists(KEYS.users)
    assert acl.become(hosted, KEYS, "tax") is False
    assert users(client) == []
    control.delete_run(hosted, "r1")
    hosted.close()
    client.execute_command("ACL", "DELUSER", "hosted")


def test_a_user_name_with_glob_characters_opens_no_other_run(client):
    rules = acl.rules(plan_of(scenario()).nodes["tax"], RunKeys("[r1]*?"), "pw")
    assert {rule for rule in rules if rule.endswith("meta")} == {"~cv:{\\[r1]\\*\\?}:meta"}


def test_what_is_refused_is_taken_out_and_noted_in_its_place():
    spec = plan_of(scenario(design="single-writer")).nodes["tax"]
    sent = [Sent(f"m{n}", topic, "T", "o1", "c") for n, topic in enumerate(("commands", "orders", "commands"))]
    outcome = Outcome()
    outcome.bodies = list(sent)
    outcome.messages = [(0, Message(s.message, s.topic, "T", "tax", "o1", {})) for s in sent]
    assert acl.without_refused(outcome, spec, redis.exceptions.NoPermissionError("no"))
    assert outcome.bodies == [sent[0], refused("orders", "m1", "T", "o1", "NOPERM: no"), sent[2]]
    assert [message.id for _, message in outcome.messages] == ["m0", "m2"]
    assert not acl.without_refused(outcome, spec, redis.exceptions.NoPermissionError("no"))
