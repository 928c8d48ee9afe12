"""A round in its issue phase: who is invited, who has collected, how many credentials there are.

Never more credentials than people; never two for one person unless counted openly; nothing that
joins a person to a credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asobna_rounds.credentials.keys import RoundKey
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.errors import RegistrarError


@dataclass(frozen=True)
class IssueCounts:
    """What stays of a round's issue phase, and is published. Not split by tier."""

    invited: int
    issued: int
    again: int


@dataclass
class Issue:
    """A round in its issue phase."""

    key: SigningKey
    invited: set[str]
    collected: set[str] = field(default_factory=set)
    records: set[bytes] = field(default_factory=set)
    issued: int = 0
    again: int = 0
    gone: int = 0
    """People forgotten after they collected: their credential still counts as an invitation."""

    def room(self) -> int:
        """How many more credentials may be made: one for each person invited, no more."""
        return len(self.invited) + self.gone + self.again - self.issued

    def make_room(self, count: int) -> None:
        """Count `count` new credentials. Raises RegistrarError when there is no room for them."""
        if count > self.room():
            raise RegistrarError(
                f"{self.issued} credentials are made for {len(self.invited) + self.gone} people; "
                f"there is room for {self.room()} more. Withdraw slips that nobody drew"
            )
        self.issued += count

    def counts(self) -> IssueCounts:
        """The numbers that are published when the issue phase ends."""
        return IssueCounts(len(self.invited) + self.gone, self.issued, self.again)

    def tick(self, handle: str, again: bool = False) -> None:
        """Note that somebody collects: once, or openly counted as `again`."""
        if handle not in self.invited:
            raise RegistrarError("this person is not invited to this round")
        if handle in self.collected and not again:
            raise RegistrarError(
                "this person has already collected a credential; a second one could vote twice. "
                "If the first was lost, repeat with --again: the published count will show it"
            )
        self.again += handle in self.collected
        self.collected.add(handle)

    def to_json(self) -> dict[str, Any]:
        """Everything, sets sorted by values that say nothing about order."""
        public = self.key.public
        return {
            "round": public.round_id,
            "modulus": f"{public.modulus:x}",
            "exponent": f"{self.key.exponent:x}",
            "invited": sorted(self.invited),
            "collected": sorted(self.collected),
            "records": sorted(record.hex() for record in self.records),
            "issued": self.issued,
            "again": self.again,
            "gone": self.gone,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Issue:
        """The issue that `to_json` wrote."""
        public = RoundKey(data["round"], int(data["modulus"], 16))
        return cls(
            key=SigningKey(public, int(data["exponent"], 16)),
            invited=set(data["invited"]),
            collected=set(data["collected"]),
            records={bytes.fromhex(record) for record in data["records"]},
            issued=data["issued"],
            again=data["again"],
            gone=data["gone"],
        )
