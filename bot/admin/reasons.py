"""Why a message did not arrive, in words for the people at the desk, with what can be done about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"(?:\bcode |^)(\d{3,6})$")
NEXT_HOUR, NEVER = "It was tried again for more than an hour. Send it again when the provider is well.", "Sending it again will not help."
CALL = "Call her, or wait until she writes."

#: {the provider's code: (what happened, what to do)}
CODES: dict[str, tuple[str, str]] = {
    "429": ("We sent faster than the provider takes it.", NEXT_HOUR),
    "20003": ("The provider did not accept our key.", "Tell whoever keeps the keys; then send it again."),
    "20404": ("The stored form of this message is gone at the provider.", "Send it again: the form is made anew."),
    "20429": ("We sent faster than the provider takes it.", NEXT_HOUR),
    "20500": ("The provider had a fault.", NEXT_HOUR),
    "20503": ("The provider had a fault.", NEXT_HOUR),
    "21211": ("This is no number that anybody can write to.", NEVER),
    "21610": ("She has told WhatsApp to stop our messages.", "She must write start herself."),
    "21611": ("The provider's queue was full.", NEXT_HOUR),
    "21614": ("This is no number that anybody can write to.", NEVER),
    "21617": ("The text was too long.", "Write it shorter, by hand."),
    "21620": ("The provider could not use the address of the picture.", "Look whether the picture opens; then send it again."),
    "21655": ("The provider did not accept the form of the message.", "Send it again: it goes as numbered text."),
    "21656": ("The provider did not accept what was filled in.", "Send it again: it goes as numbered text."),
    "30001": ("The provider's queue was full.", NEXT_HOUR),
    "30036": ("It waited too long at the provider.", "Send it again if it still matters."),
    "63001": ("WhatsApp did not accept our sender.", "Tell whoever keeps the WhatsApp account."),
    "63003": ("This number is not on WhatsApp.", CALL),
    "63005": ("WhatsApp did not accept the content.", "Write it in other words, by hand."),
    "63007": ("Our number is no WhatsApp sender.", "Tell whoever keeps the WhatsApp account."),
    "63009": ("WhatsApp had a fault.", NEXT_HOUR),
    "63010": ("The provider had a fault.", NEXT_HOUR),
    "63012": ("WhatsApp had a fault.", NEXT_HOUR),
    "63013": ("WhatsApp found the content against its policy: an empty blank, too many spaces, a bad link or file.", "Write it by hand."),
    "63014": ("She does not want messages of this kind.", NEVER),
    "63015": ("She has not joined the test number (or her three days are over).", "She must send the join word again."),
    "63016": ("Her last message was more than 24 hours old, and no approved template could go instead.", "It goes by itself when she writes."),
    "63017": ("We sent faster than WhatsApp takes it.", NEXT_HOUR),
    "63018": ("Too many messages to her, or from us, in a short time.", NEXT_HOUR),
    "63019": ("WhatsApp could not fetch the picture or document.", "Look whether it opens; then send it again."),
    "63021": ("WhatsApp did not accept the form of the message.", "Send it again: it goes as numbered text."),
    "63024": ("She cannot be written to: no WhatsApp, an old app, or terms not accepted.", CALL),
    "63027": ("The template does not exist in this language.", "Tell whoever keeps the templates."),
    "63028": ("The template has another number of blanks.", "Tell whoever keeps the templates."),
    "63030": ("WhatsApp did not accept the form of the message.", "Send it again: it goes as numbered text."),
    "63032": ("WhatsApp keeps this number out for an experiment of its own.", NEVER),
    "63033": ("She has blocked us.", NEVER),
    "63034": ("The picture or document is too large.", NEVER),
    "63038": ("Our messages of the day are used up.", "Send it again tomorrow."),
    "63040": ("WhatsApp has refused the template.", "Tell whoever keeps the templates."),
    "63041": ("WhatsApp has paused the template.", "Tell whoever keeps the templates."),
    "63042": ("WhatsApp has switched the template off.", "Tell whoever keeps the templates."),
    "63049": ("WhatsApp did not pass an advertisement on.", "Do not send it again for days."),
    "63051": ("Our sender is locked.", "Tell whoever keeps the WhatsApp account."),
    "63112": ("Our WhatsApp account is switched off.", "Tell whoever keeps the WhatsApp account."),
    "92002": ("The provider did not accept what was filled in.", "Send it again: it goes as numbered text."),
    "92007": ("The provider did not accept what was filled in.", "Send it again: it goes as numbered text."),
}  # fmt: skip
#: {what our own adapters say: the same}
OURS: dict[str, tuple[str, str]] = {
    "no address on this channel": ("We have no number of hers on this channel.", CALL),
    "the window is closed and there is no template": CODES["63016"],
    "a bug": ("That was a mistake of ours.", "Tell the people who keep the house, with the number of this message."),
    "no answer": ("The provider did not answer.", NEXT_HOUR),
    "Twilio answered HTTP 5": ("The provider had a fault.", NEXT_HOUR),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """What happened, what to do, and the provider's code ("" when it was not the provider)."""

    words: str
    advice: str
    code: str = ""


def reason(error: str | None) -> Reason | None:
    """None when nothing went wrong."""
    if not error:
        return None
    found = _CODE.search(error)
    if found:
        words, advice = CODES.get(found[1], ("The provider did not take it, for a reason that is not in our list.", "Look the code up."))
        return Reason(words, advice, found[1])
    known = next((told for start, told in OURS.items() if error.startswith(start)), None)
    return Reason(*known) if known else Reason(error, "")
