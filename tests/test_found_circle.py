"""What a hostile tester found in circles: each of these once lost a piece, its payer or a way out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.circle import Circle
from models.circle_item import Item
from models.vote import Vote
from tests.stage import Stage
from tests.test_found_family import family, talk


@pytest.fixture
def circle(stage: Stage) -> Stage:
    """Ama's circle by Kofi with Ama, Esi and Yaw, all ready."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    stage.given_tailor("kofi", "trousers", "Accra", 100)
    for who in ("ama", "esi", "yaw"):
        stage.given_measurements(who, "trousers")
        stage.given_measurements(who, "kente shirt")
    stage.given_circle("ama", "kofi", ["ama", "esi", "yaw"])
    return stage


def items(stage: Stage) -> dict[str, Item]:
    with stage.parts.database.begin() as db:
        return {item.name: item for item in db.scalars(select(Item).order_by(Item.id))}


def person_id(stage: Stage, who: str) -> int:
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        assert person
        return person.id


# -- words that win, and old buttons


def test_a_button_is_no_word(circle: Stage) -> None:
    """Tapping the cloth called "stop" of a vote that was over was an opt-out, and its option "start" opened the menu."""
    talk(circle, "ama", "my circle", "vote", "stop, start, blue lace")
    assert "Noted: *start*" in talk(circle, "esi", "[start]")
    talk(circle, "esi", "vote")
    list(circle.new_letters())
    circle.offered["esi"].append(())
    with circle.parts.database.begin() as db:
        db.scalars(select(Vote)).one().close(circle.parts.clock.now())
    assert "no more messages" not in talk(circle, "esi", "[earlier stop]")


def test_stop_is_always_stop(circle: Stage) -> None:
    """As long as an answer was called "stop" nobody could opt out."""
    talk(circle, "ama", "my circle", "vote", "stop, start, blue lace")
    assert "no more messages" in talk(circle, "esi", "stop")


def test_my_circle_twice_does_not_leave_it(circle: Stage) -> None:
    """The second "my circle" was taken for the label "Leave the circle"."""
    assert "Leave Ama's circle?" not in talk(circle, "esi", "my circle", "my circle")


def test_an_old_button_shows_how_things_stand(circle: Stage) -> None:
    """Close and order, tapped again after closing, was "Sorry, I did not get that"."""
    talk(circle, "ama", "my circle", "close and order", "yes", "my circle")
    assert "Ordered." in talk(circle, "ama", "[earlier Close and order]")


# -- names


def test_a_name_is_letters_and_not_marks(stage: Stage) -> None:
    """ "*Esi*_~" put half of the invitation into bold letters, and a crown was a name."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    stage.given_circle("ama", "kofi", [])
    talk(stage, "esi", "CIRCLE-A", "yes", "*Esi*_~", "1")
    assert list(items(stage)) == ["Esi"]
    form = stage.form("yaw", Body="hello", MessageType="text", ProfileName="👑")
    stage.post(form)
    list(stage.new_letters())
    stage.say("yaw", "yes")
    assert stage.unread()[-1][1].reply.choices == ()


def test_two_of_one_name_can_both_be_measured(circle: Stage) -> None:
    """ "Esi" meant the first of two silently, and "Esi 2 chest 40" could not be read."""
    talk(circle, "adwoa", "CIRCLE-A", "yes", "Esi", "1")
    talk(circle, "abena", "CIRCLE-A", "yes", "Esi Boateng", "1")
    assert list(items(circle)) == ["Ama", "Esi A", "Yaw", "Esi B", "Esi Boateng"]
    assert "Whom do you mean: Esi A, Esi B, Esi Boateng?" in talk(circle, "ama", "my circle", "measurements", "Esi chest 40")
    talk(circle, "ama", "Esi B chest 41, Esi Boateng chest 43", "yes")
    assert family(circle, "adwoa") == {"": {"chest": 41}}
    assert family(circle, "abena") == {"": {"chest": 43}}
    assert family(circle, "esi")[""]["chest"] == 39


# -- measuring for a circle


def test_nothing_is_called_saved_that_is_not(circle: Stage) -> None:
    """Values of a stranger, or of somebody who left before the yes, were dropped with "Saved."."""
    assert "Nothing is saved" in talk(circle, "ama", "my circle", "measurements", "Zorka chest 40", "yes")
    talk(circle, "ama", "my circle", "measurements", "Esi chest 42")
    talk(circle, "esi", "leave circle", "yes")
    assert "Nothing is saved" in talk(circle, "ama", "yes")
    assert family(circle, "esi")[""]["chest"] == 39
    assert "Saved for Ama." in talk(circle, "ama", "my circle", "measurements", "chest 41", "yes")


def test_a_members_child_is_hers(circle: Stage) -> None:
    """The coordinator was asked for the age of another member's child, whose mother heard nothing of the measurements."""
    talk(circle, "esi", "my circle", "add somebody", "Efua, my daughter", "kente shirt", "later", "yes")
    assert "How old" not in talk(circle, "ama", "my circle", "measurements", "Efua chest 25", "yes")
    assert any(who == "esi" and "Ama gave measurements for Efua" in letter.reply.text for who, letter in circle.unread())


def test_what_a_member_has_is_not_hinted_at(circle: Stage) -> None:
    """ "Waist looks big beside hip" told the coordinator about a hip she must not see."""
    assert "looks big" not in talk(circle, "ama", "my circle", "measurements", "Esi waist 50")


# -- pieces of a circle


def test_a_piece_that_was_begun_can_be_finished(circle: Stage) -> None:
    """Who cancelled in the middle of adding her child could neither go on nor add it again."""
    assert "my circle" in talk(circle, "esi", "my circle", "add somebody", "Efua, my daughter", "cancel")
    assert "for Efua" in talk(circle, "esi", "my circle", "add somebody", "[Efua]")
    assert "for Efua" in talk(circle, "esi", "my circle", "add somebody", "Efua, my daughter")
    assert list(items(circle)) == ["Ama", "Esi", "Yaw", "Efua"]


def test_one_body_may_have_two_pieces(circle: Stage) -> None:
    """A second piece for herself made a relative of her own name, without a single measurement."""
    talk(circle, "esi", "my circle", "add somebody", "me", "trousers", "yes")
    with circle.parts.database.begin() as db:
        mine = [i for i in db.scalars(select(Item)) if i.keeper_id == person_id(circle, "esi")]
        assert len(mine) == 2 and len({i.profile_id for i in mine}) == 1 and all(i.is_ready(db) for i in mine)


def test_i_pay_is_believed(circle: Stage) -> None:
    """After Yaw had said yes, "I pay" left it to Yaw."""
    talk(circle, "esi", "my circle", "my own piece", "kente shirt", "Yaw")
    talk(circle, "yaw", "yes")
    assert items(circle)["Esi"].payer_id == person_id(circle, "yaw")
    assert "you pay" in talk(circle, "esi", "my circle", "my own piece", "kente shirt", "I pay")
    assert items(circle)["Esi"].payer_id == person_id(circle, "esi")


def test_a_yes_to_pay_counts_for_one_garment(circle: Stage) -> None:
    """Who had agreed to pay for one garment was made to pay for whatever was chosen afterwards."""
    talk(circle, "esi", "my circle", "my own piece", "trousers", "Yaw")
    talk(circle, "yaw", "yes")
    talk(circle, "esi", "yes", "my circle", "my own piece", "kente shirt")
    assert items(circle)["Esi"].payer_id == person_id(circle, "esi")


def test_two_who_are_asked_to_pay_do_not_both_believe_they_do(circle: Stage) -> None:
    """The later yes won, and both had been thanked."""
    talk(circle, "esi", "my circle", "my own piece", "trousers", "Yaw")
    talk(circle, "esi", "my circle", "my own piece", "trousers", "Ama")
    talk(circle, "yaw", "yes")
    assert "settled already" in talk(circle, "ama", "yes")
    assert items(circle)["Esi"].payer_id == person_id(circle, "yaw")


def test_a_tailor_who_opens_a_circle_for_herself_is_not_asked(stage: Stage) -> None:
    """She was asked by us whether she would sew for herself, in a third bubble."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    day = (stage.parts.clock.now() + timedelta(days=10)).strftime("%d %B")
    talk(stage, "kofi", "family order", "wedding", day, "1", "1", "1", "1", "1", "yes")
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Circle)).one().is_open
    assert not any("Will you sew" in letter.reply.text for letter in stage.channel.sent)

def test_who_has_left_is_asked_no_more(circle: Stage) -> None:
    """The half-done talk about her piece went on after "You have left the circle"."""
    talk(circle, "esi", "my circle", "my own piece", "trousers")
    assert "Who pays" not in talk(circle, "esi", "leave circle", "yes")


def test_a_talk_about_a_circle_ends_with_it(circle: Stage) -> None:
    """Every answer was "The circle is closed already" and the same question again."""
    talk(circle, "esi", "my circle", "my own piece")
    talk(circle, "ama", "my circle", "call it off", "yes")
    said = talk(circle, "esi", "trousers")
    assert "closed already" in said and "What shall be sewn" not in said


def test_a_circle_is_not_called_off_by_voice(circle: Stage) -> None:
    """A misheard "yes" took twenty people's clothes away."""
    assert "tap an answer or write it" in talk(circle, "ama", "my circle", "call it off", "[voice] yes")


def test_members_hear_of_the_next_tailor(circle: Stage) -> None:
    """They were promised to hear when there is another tailor, and never did."""
    circle.given_tailor("kwame", "kente shirt", "Accra", 300)
    with circle.parts.database.begin() as db:
        db.scalars(select(Circle)).one().answer(db, circle.tailor(db, "kofi").id, False)
    assert "ask another tailor" in talk(circle, "ama", "my circle", "my own piece")
    talk(circle, "ama", "my circle", "another tailor", "Kwame's Sewing")
    talk(circle, "kwame", "yes")
    assert any(who == "esi" and "Kwame's Sewing will sew for Ama's circle" in letter.reply.text for who, letter in circle.unread())


def test_options_of_a_vote_fit_a_button(circle: Stage) -> None:
    """Two or three options become buttons, which hold less than the rows of a list."""
    talk(circle, "ama", "my circle", "vote", "white lace with golden flowers, blue")
    assert [c.label for c in circle.unread()[-1][1].reply.choices] == ["white lace with…", "blue"]
