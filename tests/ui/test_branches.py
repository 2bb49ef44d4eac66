"""The path through the tree of messages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.conversations.schemas import MessagePlace
from ui.branches import Branches

START = datetime(2026, 1, 1, tzinfo=UTC)


def tree(text: str) -> list[MessagePlace]:
    """`"1 2<1 3<2"`: messages in the order of their age, each with its parent."""
    messages = []
    for age, entry in enumerate(text.split()):
        number, _, parent = entry.partition("<")
        messages.append(
            MessagePlace(
                id=UUID(int=int(number)),
                parent_id=UUID(int=int(parent)) if parent else None,
                created_at=START + timedelta(seconds=age),
            )
        )
    return messages


def path(branches: Branches) -> list[int]:
    return [message.id.int for message in branches.path]


def versions(branches: Branches, number: int) -> list[int]:
    return [one.int for one in branches.versions(UUID(int=number))]


def test_nothing() -> None:
    assert path(Branches()) == []


def test_path_leads_to_the_newest_message() -> None:
    assert path(Branches(tree("1 2<1 3<2 4<3"))) == [1, 2, 3, 4]
    # An answer to the first question was generated again, after the second question.
    assert path(Branches(tree("1 2<1 3<2 4<3 5<1"))) == [1, 5]


def test_age_is_told_by_the_date_and_not_by_the_order() -> None:
    assert path(Branches(reversed(tree("1 2<1 3<2 4<1")))) == [1, 4]
    assert versions(Branches(reversed(tree("1 2<1 3<2 4<1"))), 4) == [2, 4]


def test_versions_are_the_siblings_oldest_first() -> None:
    branches = Branches(tree("1 2<1 3<1 4<2 5<1"))
    assert versions(branches, 3) == [2, 3, 5]
    assert versions(branches, 4) == [4]


def test_first_questions_are_siblings_too() -> None:
    branches = Branches(tree("1 2<1 3 4<3"))
    assert versions(branches, 1) == [1, 3]
    assert path(branches) == [3, 4]
    branches.choose(UUID(int=1))
    assert path(branches) == [1, 2]


def test_choosing_leads_to_the_newest_leaf_below() -> None:
    branches = Branches(tree("1 2<1 3<2 4<3 5<2 6<5 7<1"))
    branches.choose(UUID(int=2))
    assert path(branches) == [1, 2, 5, 6]
    branches.choose(UUID(int=3))
    assert path(branches) == [1, 2, 3, 4]
    branches.choose(UUID(int=7))
    assert path(branches) == [1, 7]


def test_a_message_whose_parent_is_missing_begins_its_path() -> None:
    assert path(Branches(tree("5<4 6<5"))) == [5, 6]
