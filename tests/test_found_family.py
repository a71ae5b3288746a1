"""What a hostile tester found in measuring a family and in circles: each of these once lost a number, or gave it to the wrong body."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.circle import Circle
from models.circle_item import Item
from models.profile import Profile
from models.vote import Vote
from tests.stage import Stage


@pytest.fixture
def ama(stage: Stage) -> Stage:
    stage.given_customer("ama")
    return stage


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


def talk(stage: Stage, who: str, *sayings: str) -> str:
    """Says one after another; what she read in answer to the last."""
    for said in sayings:
        list(stage.new_letters())
        stage.say(who, said)
    return "\n".join(letter.reply.text for reader, letter in stage.unread() if reader == who)


def family(stage: Stage, who: str) -> dict[str, dict[str, int]]:
    """{name: values in inches} of a person and her family; her own are under ""."""
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        assert person
        return {p.called: {field: round(mm / 25.4) for field, mm in p.values(db).items()} for p in Profile.of(db, person.id)}


def items(stage: Stage) -> dict[str, Item]:
    with stage.parts.database.begin() as db:
        return {item.name: item for item in db.scalars(select(Item).order_by(Item.id))}


def person_id(stage: Stage, who: str) -> int:
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        assert person
        return person.id


# -- whose body


def test_the_same_child_named_twice_is_one_child(ama: Stage) -> None:
    """A second Akosua made every later note about her unanswerable."""
    talk(ama, "ama", "measurements", "somebody else", "Akosua, my daughter", "9", "cancel")
    said = talk(ama, "ama", "measurements", "somebody else", "Akosua, my daughter")
    assert "How old" not in said
    talk(ama, "ama", "chest 25", "yes")
    with ama.parts.database.begin() as db:
        assert [(p.nickname, p.birth_year) for p in db.scalars(select(Profile).where(Profile.relation == "child"))] == [("Akosua", 2017)]
    assert family(ama, "ama")["Akosua"] == {"chest": 25}


def test_somebody_we_do_not_know_is_not_forgotten_while_we_ask(ama: Stage) -> None:
    """ "measurements for Kwesi" showed a list, and the next number was saved as Ama's own."""
    assert "who is it to you" in talk(ama, "ama", "measurements for Kwesi")
    assert "How old is Yaw" in talk(ama, "ama", "measurements for my son Yaw")
    assert "*Yaw*" in talk(ama, "ama", "9")
    talk(ama, "ama", "chest 25", "yes")
    assert family(ama, "ama")["Yaw"] == {"chest": 25}
    assert "" not in family(ama, "ama")


def test_numbers_in_the_opening_sentence_are_heard(ama: Stage) -> None:
    """They were dropped, and "Whose measurements?" was asked."""
    talk(ama, "ama", "measurements waist 33 hip 40", "yes")
    talk(ama, "ama", "measurements for my daughter Akosua chest 25", "yes", "9")
    talk(ama, "ama", "menu", "my son Yaw chest 26", "yes")
    assert family(ama, "ama") == {"": {"waist": 33, "hip": 40}, "Akosua": {"chest": 25}, "Yaw": {"chest": 26}}


def test_the_first_words_of_all_may_be_measurements(ama: Stage) -> None:
    """Only a voice note could begin with them; a text got the menu."""
    talk(ama, "ama", "my son Yaw chest 26 waist 24", "yes")
    assert family(ama, "ama")["Yaw"] == {"chest": 26, "waist": 24}


def test_a_person_may_speak_of_herself_by_name(ama: Stage) -> None:
    """ "Ama hip 39" from Ama made a relative called Ama; her daughter Ama stays somebody else."""
    talk(ama, "ama", "[voice] Ama hip thirty nine", "yes", "my daughter Ama hip 25", "yes")
    assert family(ama, "ama") == {"": {"hip": 39}, "Ama": {"hip": 25}}


def test_more_numbers_without_a_name_are_of_whom_we_talk(stage: Stage) -> None:
    """In an order for her sister the third number was saved as Ama's own, and the order went on for Ama."""
    stage.given_customer("ama")
    stage.given_tailor("kofi", "skirt", "Accra", 100)
    talk(stage, "ama", "order skirt", "anywhere", "1", "1", "1", "skip", "no", "1", "my sister Efua waist 30 hip 40", "skirt length 28")
    assert "Skirt for Efua" in talk(stage, "ama", "yes")
    assert family(stage, "ama") == {"": {}, "Efua": {"waist": 30, "hip": 40, "skirt_length": 28}}


def test_everybody_who_was_saved_is_named(ama: Stage) -> None:
    """Her own values were saved without a word beside her sister's."""
    assert "Saved for Ama, Efua." in talk(ama, "ama", "[voice] my waist is thirty. my sister Efua waist is thirty one", "yes")


def test_a_grown_child_is_no_child(ama: Stage) -> None:
    """A reminder that children grow came for somebody who had grown up since it was set."""
    talk(ama, "ama", "measurements", "somebody else", "Yaw, my son", "15", "chest 34", "yes")
    ama.pass_time(24 * 92)
    assert not any("children grow." in letter.reply.text and "was measured" in letter.reply.text for letter in ama.channel.sent)


# -- words that win, and old buttons


def test_menu_and_cancel_are_heard_by_voice_while_measuring(ama: Stage) -> None:
    """They were read as measurements, and nothing led out but typing."""
    assert "what would you like to do" in talk(ama, "ama", "my measurements", "[voice] menu")
    assert "we leave that" in talk(ama, "ama", "my measurements", "[voice] cancel")


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


def test_what_is_settled_is_not_told_again(stage: Stage) -> None:
    """A tailor who had accepted out of her list then read that the order is no longer open."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    for said in ("my orders", "[Pay now]", "024 123 4567", "1", "[Send prompt]"):
        talk(stage, "ama", said)
        list(stage.new_letters())
    stage.answer_prompt()
    assert "no longer open" not in talk(stage, "kofi", "my jobs", "1", "accept")


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
