"""What a room is made of, and what outlives its evening: seats, the runs that were played in it, and the guesses."""

from __future__ import annotations

from django.db import models

from consistency_viz.experiments.models import Run
from consistency_viz.rooms.names import CODE_LENGTH, NAME_LENGTH_MAX, new_code


class Room(models.Model):
    """One workshop. ``scenario`` is the lesson that it is at, ``run`` what is played or was played last of it."""

    class State(models.TextChoices):
        """Whether people may come in, and whether anything may still be done."""

        OPEN = "open"
        LOCKED = "locked"
        ENDED = "ended"

    class Phase(models.TextChoices):
        """Where the lesson stands."""

        LOBBY = "lobby"
        ASK = "ask"
        RUN = "run"
        RESULT = "result"

    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code)
    title = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.LOBBY)
    scenario = models.CharField(max_length=64, blank=True, default="")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    names_shown = models.BooleanField(default=False, help_text="Whether the projector shows who is who.")
    open_s = models.PositiveIntegerField(default=0, help_text="How long a run stays open; 0: as the scenario says.")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        """Its title and code."""
        return f"{self.title} ({self.code})"

    @property
    def ended(self) -> bool:
        """Whether it is over for good."""
        return self.state == self.State.ENDED


class Seat(models.Model):
    """One participant's place. ``number`` counts from 1 in its room, and says at which replica the seat is."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="seats")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH_MAX)
    removed = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """In the order in which people came."""

        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("room", "number"), name="one_seat_of_a_number"),)

    def __str__(self) -> str:
        """Its number and name."""
        return f"{self.number}: {self.name}"


class RoomRun(models.Model):
    """One run that was played in a room, in order. ``results`` is kept once it is over; see ``results``."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="played")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="room_run")
    results = models.JSONField(null=True, blank=True, default=None)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """In the order in which they were played."""

        ordering = ("id",)

    def __str__(self) -> str:
        """Its run."""
        return str(self.run)


class Guess(models.Model):
    """What a seat expects of a lesson's figure, before it is played. The last word counts."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="guesses")
    scenario = models.CharField(max_length=64)
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="guesses")
    value = models.FloatField()

    class Meta:
        """One for each seat and lesson."""

        constraints = (models.UniqueConstraint(fields=("room", "scenario", "seat"), name="one_guess_of_a_seat"),)

    def __str__(self) -> str:
        """The figure."""
        return f"{self.value:g}"
