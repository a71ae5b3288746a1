"""Twilio's way to say no."""

from __future__ import annotations

from aiohttp import web

#: code -> (HTTP status, text). Codes that appear only in receipts are here for their texts.
CODES: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21619: (400, "A text message body or media urls must be specified."),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21655: (400, "The ContentSid is Invalid"),
    21656: (400, "The ContentVariables Parameter is invalid"),
    21910: (400, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel"),
    63003: (400, "Channel could not find To address"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
    63013: (400, "This message send failed because it violates Channel provider's policy"),
    63015: (400, "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox"),
    63016: (400, "Failed to send freeform message because you are outside the allowed window"),
    63018: (429, "Rate limit exceeded for Channel"),
    63019: (400, "Media failed to download"),
    63024: (400, "Invalid message recipient"),
    63028: (400, "Number of parameters provided does not match the expected number of parameters"),
    63030: (400, "Unsupported parameter for type of channels message"),
    63033: (400, "Recipient is blocked by the sender"),
    63034: (400, "Media exceeds size limit for Channel"),
}


class TwilioError(Exception):
    """A refusal with Twilio's code; `status` overrides the usual HTTP status."""

    def __init__(self, code: int, detail: str = "", status: int | None = None) -> None:
        self.code = code
        usual, text = CODES.get(code, (400, "The request could not be processed"))
        self.status = status or usual
        self.text = f"{text}: {detail}" if detail else text
        super().__init__(self.text)

    def answer(self) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.text, "more_info": more, "status": self.status}
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if self.status == 401 else {}
        return web.json_response(body, status=self.status, headers=headers)


def meaning(code: int | None) -> str | None:
    """The text of an error code, None for none."""
    return None if code is None else CODES.get(code, (400, "Message could not be delivered"))[1]
