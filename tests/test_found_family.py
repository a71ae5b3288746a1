"""What a hostile tester found in measuring a family: each of these once lost a number, or gave it to the wrong body."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.profile import Profile
from tests.stage import Stage


@pytest.fixture
def ama(stage: Stage) -> Stage:
    stage.given_customer("ama")
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


def test_what_is_settled_is_not_told_again(stage: Stage) -> None:
    """A tailor who had accepted out of her list then read that the order is no longer open."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    for said in ("my orders", "[Pay now]", "024 123 4567", "1", "[Send prompt]"):
        talk(stage, "ama", said)
        list(stage.new_letters())
    stage.answer_prompt()
    assert "no longer open" not in talk(stage, "kofi", "my jobs", "1", "accept")
