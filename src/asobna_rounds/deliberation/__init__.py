"""The deliberation engine: what a round's votes say, and whether there are camps at all.

    votes = Votes.from_rows(participant, statement, vote, shape=(ballots, statements))
    result = deliberate(votes, seed=0, invited=30)
    published = release_result(result)            # the only form that may leave the round

`deliberate` gives verdicts (agreed, split, unsure) with intervals for every statement, the gate
with its numbers, groups only if the gate shows them, and lottery weights for `next_statements`.
`Session` follows an open round. `like_polis` and `read_polis_export` are for comparison with
Polis.
"""

from .gate import Gate
from .polis import Conversation, read_polis_export
from .polis_mode import PolisResult, like_polis
from .publish import PublishedResult, ToldStatement, publish_poll, release_result
from .representative import Representative
from .result import Axis, DeliberationResult, Groups, Session, Statement, deliberate
from .routing import ROUTING_FROM, next_statements
from .votes import Votes, latest_votes

__all__ = [
    "ROUTING_FROM",
    "Axis",
    "Conversation",
    "DeliberationResult",
    "Gate",
    "Groups",
    "PolisResult",
    "PublishedResult",
    "Representative",
    "Session",
    "Statement",
    "ToldStatement",
    "Votes",
    "deliberate",
    "latest_votes",
    "like_polis",
    "next_statements",
    "publish_poll",
    "read_polis_export",
    "release_result",
]
