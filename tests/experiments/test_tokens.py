from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from consistency_viz.experiments import tokens
from consistency_viz.experiments.models import PresenterToken


@pytest.mark.django_db
def test_a_token_opens_once():
    token = tokens.issue()
    assert [tokens.redeem(token), tokens.redeem(token)] == [True, False]


@pytest.mark.django_db
def test_a_token_that_is_too_old_opens_nothing():
    assert not tokens.redeem(tokens.issue(lifetime=timedelta(seconds=-1)))


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "x" * 65, "ä\x00"])
def test_what_was_never_issued_opens_nothing(token):
    tokens.issue()
    assert not tokens.redeem(token)


@pytest.mark.django_db
def test_the_token_itself_is_not_kept():
    token = tokens.issue()
    [kept] = PresenterToken.objects.all()
    assert token not in (kept.digest, str(kept))


@pytest.mark.django_db(transaction=True)
def test_of_many_browsers_at_once_exactly_one_gets_in():
    token = tokens.issue()

    def redeem(_: int) -> bool:
        try:
            return tokens.redeem(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(redeem, range(24))) == 1


@pytest.mark.django_db
def test_old_tokens_are_swept_when_a_new_one_is_issued():
    PresenterToken.objects.create(digest="d", expires_at=timezone.now() - timedelta(days=8))
    tokens.issue()
    assert PresenterToken.objects.count() == 1


def test_a_presenter_whose_account_is_locked_has_no_commands_any_more(presenter):
    from django.contrib.auth.models import User

    assert presenter.post("/runs/start/", {"scenario": "nosuch"}).status_code != 403
    User.objects.filter(username="presenter").update(is_active=False)
    assert presenter.post("/runs/start/", {"scenario": "nosuch"}).status_code == 403
