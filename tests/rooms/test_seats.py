"""What people did, saw and lost: folded from observations, and nobody else's counted as theirs."""

from consistency_viz.rooms.seats import EVENTS_MAX, Seats, seat_of, session_of
from workers.model.observation import Applied, Completed, Invoked, Observation


class Fold:
    def __init__(self):
        self.seats = Seats()
        self.at_us = 0

    def put(self, body, node="client"):
        self.at_us += 1_000
        self.seats.observe(Observation(self.at_us, self.at_us, node, body))

    def begin(self, session, op, f="read", key="likes-1", value=None):
        self.put(Invoked(op, session, f, key, value, self.at_us, "eu"))

    def end(self, session, op, f="read", key="likes-1", outcome="ok", value=None):
        self.put(Completed(op, session, f, key, outcome, value))

    def update(self, session, op, update, key="likes-1", f="increment", value=None):
        self.begin(session, op, f, key, value)
        self.end(session, op, f, key, value={"update": update, "after": []})

    def read(self, session, op, value, seen, key="likes-1"):
        self.begin(session, op, key=key)
        self.end(session, op, key=key, value={"value": value, "seen": seen})


def test_a_read_that_lacks_what_was_confirmed_before_it_began_is_stale():
    fold = Fold()
    fold.update("s1", "a", "likes-1@eu.1")
    fold.update("s1", "b", "likes-1@us.1")
    fold.read(session_of(3), "r", 1, ["likes-1@eu.1"])
    seat = fold.seats.seat(3)
    assert (seat.reads, seat.stale_reads, seat.views["likes-1"].lacking) == (1, 1, 1)
    assert [event.what for event in seat.events] == ["stale"]


def test_a_read_is_not_stale_for_what_was_confirmed_while_it_was_under_way():
    fold = Fold()
    fold.begin(session_of(3), "r")
    fold.update("s1", "a", "likes-1@eu.1")
    fold.end(session_of(3), "r", value={"value": 0, "seen": []})
    assert fold.seats.seat(3).stale_reads == 0


def test_a_read_that_shows_everything_is_fresh_however_the_updates_are_listed():
    fold = Fold()
    for number in range(1, 40):
        fold.update("s1", f"u{number}", f"likes-1@eu.{number}")
    fold.read(session_of(1), "r", 39, ["likes-1@eu.1-39"])
    assert (fold.seats.seat(1).stale_reads, fold.seats.seat(1).views["likes-1"].value) == (0, 39)


def test_who_lost_to_whom_is_known_by_what_a_replica_keeps():
    fold = Fold()
    fold.update(session_of(1), "a", "address-1@eu.1", "address-1", "write", {"value": "1 Elm Street"})
    fold.put(Applied("address-1", "1 Elm Street", "address-1@eu.1", 1, ["address-1@eu.1"]), "eu")
    fold.update(session_of(2), "b", "address-1@us.1", "address-1", "write", {"value": "2 Oak Road"})
    fold.put(Applied("address-1", "2 Oak Road", "address-1@us.1", 2, ["address-1@us.1"]), "eu")
    [loss] = fold.seats.losses
    assert (loss.loser, loss.winner, loss.replica, loss.lost) == (1, 2, "eu", "1 Elm Street")
    assert fold.seats.seat(1).lost == 1


def test_an_overwrite_that_descends_from_the_old_value_loses_nothing():
    fold = Fold()
    fold.update(session_of(1), "a", "address-1@eu.1", "address-1", "write")
    fold.put(Applied("address-1", "x", "address-1@eu.1", 1, ["address-1@eu.1"]), "eu")
    fold.update(session_of(2), "b", "address-1@eu.2", "address-1", "write")
    fold.put(Applied("address-1", "y", "address-1@eu.2", 2, ["address-1@eu.1-2"]), "eu")
    assert list(fold.seats.losses) == []


def test_a_loss_is_told_once_though_every_replica_suffers_it_and_even_before_the_update_was_acknowledged():
    fold = Fold()
    for replica in ("eu", "us"):
        fold.put(Applied("address-1", "x", "address-1@eu.1", 1, ["address-1@eu.1"]), replica)
        fold.put(Applied("address-1", "y", "address-1@us.1", 2, ["address-1@us.1"]), replica)
    assert list(fold.seats.losses) == []
    fold.update(session_of(5), "a", "address-1@eu.1", "address-1", "write")
    assert [(loss.loser, loss.winner) for loss in fold.seats.losses] == [(5, 0)]


def test_what_the_laboratorys_own_clients_do_is_nobodys_here():
    fold = Fold()
    fold.update("s1", "a", "likes-1@eu.1")
    fold.read("s2", "r", 0, [])
    assert fold.seats.seats == {}
    assert [seat_of(s) for s in ("s1", "guest-", "guest-x", "guest-12", "guest-9999999")] == [0, 0, 0, 12, 0]


def test_what_failed_or_was_not_answered_is_told_as_that():
    fold = Fold()
    for outcome in ("fail", "info"):
        fold.begin(session_of(1), outcome, "buy", "stock-1")
        fold.end(session_of(1), outcome, "buy", "stock-1", outcome)
    seat = fold.seats.seat(1)
    assert [(event.what, event.tone) for event in seat.events] == [("buy-fail", "bad"), ("buy-info", "wait")]
    assert (seat.updates, seat.bought, seat.open) == (0, 0, {})


def test_tickets_sold_are_counted_whoever_bought_them():
    fold = Fold()
    fold.update(session_of(1), "a", "stock-1@eu.1", "stock-1", "buy")
    fold.update("s4", "b", "stock-1@us.1", "stock-1", "buy")
    assert (fold.seats.sold("stock-1"), fold.seats.seat(1).bought) == (2, 1)


def test_an_order_that_was_placed_is_on_its_seats_list_and_one_that_cannot_be_found_is_stale():
    fold = Fold()
    fold.update(session_of(1), "o:place", "o:OrderPlaced", "guest-1-o", "place")
    fold.read(session_of(1), "look", None, [], "guest-1-o")
    seat = fold.seats.seat(1)
    assert (seat.orders, seat.stale_reads, seat.views["guest-1-o"].value) == (["guest-1-o"], 1, None)


def test_all_that_is_kept_is_bounded_and_who_has_news_has_another_version():
    fold = Fold()
    for number in range(1_000):
        fold.update(session_of(1), f"a{number}", f"likes-1@eu.{number + 1}")
        fold.read(
            session_of(1), f"r{number}", ["x" * 500] * 500, [f"likes-1@eu.1-{number + 1}"], f"likes-{number % 40}"
        )
    before = fold.seats.seat(1).version
    fold.read(session_of(2), "r", 0, [])
    assert (fold.seats.seat(1).version, fold.seats.seat(2).version) == (before, 2)
    seat = fold.seats.seat(1)
    assert len(seat.events) == EVENTS_MAX
    assert len(seat.views) == 6
    assert all(len(view.value) == 12 and len(view.value[0]) == 120 for view in seat.views.values())
