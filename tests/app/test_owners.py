"""Whose mailbox it is."""

from __future__ import annotations

from tocsin.app.owners import Found, OwnerLearner, owner_of
from tocsin.app.spill import Row

LENA, TOM, PRESS = "lena@house.example", "tom@house.example", "press@agency.test"


def row(
    mailbox: str = "box",
    *,
    sender: str = PRESS,
    to: tuple[str, ...] = (),
    delivered: tuple[str, ...] = (),
    outgoing: bool = False,
) -> Row:
    return Row("s", mailbox, "0" * 64, None, sender, delivered, to, outgoing, 0, 0, 0)


def learn(rows: list[Row], aliases: dict[str, str] | None = None) -> Found:
    learner = OwnerLearner(aliases or {})
    for item in rows:
        learner.add(item)
    return learner.learn()["box"]


def test_delivered_to_tells() -> None:
    rows = [row(to=("list@lists.test",), delivered=(LENA,)) for _ in range(5)]
    assert learn(rows) == Found(LENA, "delivered-to")


def test_else_the_most_frequent_recipient() -> None:
    rows = [row(to=(LENA, f"other{n}@x.test")) for n in range(5)]
    assert learn(rows) == Found(LENA, "recipients")


def test_people_come_first() -> None:
    rows = [row(to=("alias@house.example",)) for _ in range(5)]
    assert learn(rows, {"alias@house.example": LENA, LENA: LENA}) == Found(LENA, "people")


def test_a_folder_of_sent_mail_is_its_senders() -> None:
    rows = [row(sender=LENA, to=(f"x{n}@y.test",)) for n in range(5)]
    assert learn(rows) == Found(LENA, "sender")


def test_a_folder_of_many_has_no_owner_and_each_mail_its_own() -> None:
    rows = [row(delivered=(f"p{n}@house.example",)) for n in range(6)]
    found = learn(rows)
    assert found.address == ""
    assert owner_of(rows[2], {"box": found}, {}) == "p2@house.example"


def test_order_does_not_choose_the_owner() -> None:
    rows = [row(to=(LENA,)), row(to=(TOM,))]
    assert learn(rows) == learn(rows[::-1])


def test_a_help_lines_folder_is_judged_for_each_person() -> None:
    mail = row(to=(TOM,))
    assert owner_of(mail, {"box": Found("desk@helpline.example", "recipients")}, {TOM: TOM}) == TOM
