"""Yes or no, in the English of Ghana, in Pidgin, in Twi or with a thumb; never by guessing at a misspelling."""

from __future__ import annotations

from bot.understand.errors import NotUnderstood
from bot.understand.plain import TEXT_LIMIT, plain, words

_YES_TEXT = """yes|y|yh|ya|yah|yeah|yea|yeh|yep|yup|yess|yesss|yass|yas|yhh|yeahh|ok|okay|okey|oky|okie|k|kk|sure|correct|right
|true|fine|good|perfect|great|alright|all right|agreed|i agree|agree|accept|i accept|accepted|confirm|confirmed
|i confirm|exactly|definitely|of course|certainly|absolutely|go ahead|proceed|continue|do it|lets go|no problem
|no wahala|no worries|why not|thats right|thats correct|thats fine|it is correct|its correct|its fine|its right
|it is fine|it is right|i do|i am|i want|i want it|i like it|is correct|is right|is fine|looks good|good to go
|approved|approve|all correct|all good|e correct|e be so|i dey|make we go|na so|aane|ane|aanee|yoo|ampa|eye|ɛyɛ
|me pene|mepene|hɛɛ|ɛɛ|naam|1"""
_NO_TEXT = """no|n|nope|nah|nahh|nay|noo|nooo|never|not|no no|not yet|not now|not really|not correct|not right|not true
|incorrect|wrong|false|its wrong|it is wrong|thats wrong|thats not right|thats not correct|is wrong
|is not correct|not okay|not ok|not fine|not good|i dont|i do not|dont|do not|dont want|i dont want
|i dont want it|i dont want to|i do not want|i do not want it|i dont agree|i disagree|disagree|decline|i decline
|declined|reject|refuse|i refuse|i no want|i no dey|i no agree|no way|no need|not at all|of course not
|absolutely not|certainly not|definitely not|daabi|dabi|dabida|dabi da|ao|2"""

YES = frozenset(phrase.strip() for phrase in _YES_TEXT.split("|"))
NO = frozenset(phrase.strip() for phrase in _NO_TEXT.split("|"))

_POLITE = words("please pls plz thanks thank you u sir madam maam boss bro chale charley o oo ooo paa well so dear sister brother mepaakyew")
_YES_SIGNS, _NO_SIGNS = "👍✅☑✔👌🆗🙆💯", "👎❌✖🚫🙅❎"
_LONGEST = max(len(phrase.split()) for phrase in YES | NO)
MOST_WORDS = 12  # a longer answer is a story, not a yes


def yes_no(text: str) -> bool:
    """True for yes, False for no. A bare "1" is yes and a bare "2" is no: yes always stands first."""
    text = text[:TEXT_LIMIT]
    votes = {True for sign in _YES_SIGNS if sign in text} | {False for sign in _NO_SIGNS if sign in text}
    votes |= _spoken(plain(text).split(), counted=not votes)
    if len(votes) != 1:
        raise NotUnderstood("ambiguous_yes_no" if votes else "unclear")
    return votes.pop()


def _spoken(said: list[str], *, counted: bool) -> set[bool]:
    """What the words say when every one of them belongs to a yes, a no or a courtesy; longest phrases first."""
    if len(said) > MOST_WORDS:
        raise NotUnderstood
    if {"1", "2"} & set(said) and not (counted and len(said) == 1):
        raise NotUnderstood
    votes: set[bool] = set()
    at = 0
    while at < len(said):
        for length in range(min(_LONGEST, len(said) - at), 0, -1):
            phrase = " ".join(said[at : at + length])
            if phrase in YES or phrase in NO:
                votes.add(phrase in YES)
                break
        else:
            length = 1
            if said[at] not in _POLITE:
                raise NotUnderstood
        at += length
    return votes
