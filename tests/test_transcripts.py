"""Every story is played against the real house and compared word by word; every arrow of every flow is walked by one of them.

The language of a story, line by line:

    # what it is about                          the first line; more of them where a remark helps
    given: Kofi sews kente shirts in Accra from GHS 250
    given: cash is taken here
    given: Kofi is new | is busy | takes no express | takes 1 order a day | takes 3 orders a month
    given: Ama is a customer | Yaw is an admin | has measurements for a kaftan
    given: Ama's circle by Kofi with Esi, Yaw; Ama pays for all, one by one, one lot, not agreed, all paid
    given: Ama's kente shirt by Kofi is cut     as far as a word of stage.LIFE says
    ama: any text                               she writes it
    ama: [Yes]                                  she taps it
    ama: [earlier Yes]                          she taps it on an older bubble
    ama: [photo] cutting                        or [broken photo], [voice], [sticker], [document], [video], [location], [contact]
    * 3 hours pass                              what happens outside, see `happen`
    * flask dispute list                        what somebody of the house types
    bot: …  /  bot to kofi: …                   what the bot says; `--rewrite` writes these lines
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.messages import BUBBLE_LIMIT, BUTTON_LIMIT, BUTTON_TITLE, CHOICE_ID, LIST_ABOUT, LIST_LIMIT, LIST_TITLE, Choice, Letter
from bot.payments import NotAccepted, Refused, Unknown
from tests import story_desk, story_orders, story_payouts, story_tailors
from tests.conftest import empty
from tests.stage import LIFE, PHONES, Stage

STORIES = sorted((Path(__file__).parent / "transcripts").glob("*/*.chat"))
walked: set[tuple[str, str, str]] = set()

REFUSALS = {
    "has no money": "no_funds", "declines": "declined", "lets it expire": "too_late", "has no wallet there": "not_registered",
    "has reached the limit": "wallet_limit", "cannot pay us": "cannot_receive", "finds us in trouble": "our_fault", "hears no reason": "unclear",
}  # fmt: skip


@pytest.fixture(autouse=True)
def footprints(house: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes each arrow as it is walked."""
    for name, flow in house.parts.flows.items():
        for event in {row[0] for row in flow.transitions}:
            monkeypatch.setattr(flow, event, noted(name, event, getattr(flow, event)))


def noted(name: str, event: str, fire: object) -> object:
    def walk(self: object) -> object:
        walked.add((name, event, self.state))  # type: ignore[attr-defined]
        return fire(self)  # type: ignore[operator]

    return walk


@pytest.fixture(scope="session")
def footpaths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each story leaves the arrows it has walked, for the process that asks for all of them."""
    ours = tmp_path_factory.getbasetemp()
    folder = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / "arrows"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize("path", STORIES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_story(path: Path, stage: Stage, footpaths: Path, request: pytest.FixtureRequest) -> None:
    written = path.read_text(encoding="utf-8")
    lines: list[str] = []
    walked.clear()
    try:
        for line in play(written, stage):
            lines.append(line)
    except Exception:
        print(*lines[-20:], sep="\n")  # where the story broke off
        raise
    told = "\n".join(lines) + "\n"
    _leave(footpaths, path)
    if request.config.getoption("--rewrite"):
        path.write_text(told, encoding="utf-8")
    else:
        assert told == written


def _leave(folder: Path, path: Path) -> None:
    draft = folder / f"{os.getpid()}.new"
    draft.write_text(json.dumps(sorted(walked)))
    draft.replace(folder / f"{path.parent.name}-{path.stem}.json")


def test_every_arrow_is_walked(house: Stage, footpaths: Path) -> None:
    for path in STORIES:
        if not (footpaths / f"{path.parent.name}-{path.stem}.json").exists():
            empty(house.parts.database)
            house.parts.redis.connection.flushall()
            house.reset()
            walked.clear()
            list(play(path.read_text(encoding="utf-8"), house))
            _leave(footpaths, path)
    walked.update(tuple(arrow) for file in footpaths.glob("*.json") for arrow in json.loads(file.read_text()))
    arrows = {(name, event, origin) for name, flow in house.parts.flows.items() for event, origin, _ in flow.transitions}
    missed = [f"{name}: {event} from {origin}" for name, event, origin in sorted(arrows - walked)]
    assert not missed, "no story walks these arrows:\n" + "\n".join(missed)


def play(written: str, stage: Stage) -> Iterator[str]:
    """The story as it is told now: what people do is kept, what the bot says is written anew."""
    speaker = ""
    for line in written.splitlines():
        if line.startswith(("bot:", "bot to ", "     ")):
            continue
        yield line
        if line.startswith(("#", "given:")) or not line.strip():
            given(line.removeprefix("given:").strip(), stage) if line.startswith("given:") else None
        elif line.startswith("*"):
            happen(line[1:].strip(), stage)
        else:
            speaker, _, said = line.partition(": ")
            assert speaker in PHONES, f"who is {speaker!r}?"
            is_silent = story_desk.is_silent(stage, speaker)
            stage.say(speaker, said)
            answers = [letter.reply.text for who, letter in stage.unread() if who == speaker]
            assert is_silent or 1 <= len(answers) <= 2, f"{len(answers)} bubbles in answer to {line!r}"
            assert not any("went wrong on our side" in answer for answer in answers), f"a bug in answer to {line!r}"
        yield from bubbles(stage, speaker)


def bubbles(stage: Stage, speaker: str) -> Iterator[str]:
    letters = list(stage.new_letters())
    for _, letter in letters:
        check_manners(letter)
        assert not re.search(r"\{|\ba (agbada|office|order)\b", letter.reply.text), letter.reply.text
    for who, letter in letters:
        first, *rest = stage.told(shown(letter)).split("\n")
        yield f"bot: {first}" if who == speaker else f"bot to {who}: {first}"
        yield from (f"     {line}".rstrip() if line.strip() else "     ." for line in rest)


def check_manners(letter: Letter) -> None:
    """What WhatsApp carries, and what a person likes to read."""
    reply = letter.reply
    title = BUTTON_TITLE if len(reply.choices) <= BUTTON_LIMIT and not any(c.about for c in reply.choices) else LIST_TITLE
    assert (reply.text or reply.is_document) and len(reply.text) <= BUBBLE_LIMIT, reply.text
    assert len(re.findall("[\U0001f300-\U0001faff\u2705\u274c]", reply.text)) <= 1, reply.text
    assert len(reply.choices) <= LIST_LIMIT
    for c in reply.choices:
        assert len(c.label) <= title and len(c.about) <= LIST_ABOUT and len(c.id) <= CHOICE_ID, c


def shown(letter: Letter) -> str:
    reply = letter.reply
    kinds = {"voice": reply.picture.endswith(".ogg"), "document": reply.is_document, "collage": "collage" in reply.picture}
    picture = next((f"[{kind}] " for kind, is_so in kinds.items() if is_so), "[photo] " if reply.picture else "")
    few = len(reply.choices) <= 3 and not any(c.about for c in reply.choices)
    return picture + reply.text + "".join(_row(n, c, few) for n, c in enumerate(reply.choices, 1))


def _row(n: int, choice: Choice, few: bool) -> str:
    if few:
        return ("\n" if n == 1 else " ") + f"[{choice.label}]"
    return f"\n{n}. {choice.label}" + (f" - {choice.about}" if choice.about else "")


def given(line: str, stage: Stage) -> None:
    if m := re.fullmatch(r"(\w+) sews (.+) in (.+) from GHS (\d+)", line):
        stage.given_tailor(m[1].lower(), m[2], m[3], int(m[4]))
    elif line == "cash is taken here":
        stage.parts.till.routes["cash"] = ("cash",)
    elif m := re.fullmatch(r"(\w+)'s circle by (\w+)(?: with ([\w, ]+))?(?:; (.+))?", line):
        stage.given_circle(m[1].lower(), m[2].lower(), re.findall(r"\w+", (m[3] or "").lower()), m[4] or "")
    elif m := re.fullmatch(r"(\w+) is (a customer|an admin)", line):
        person = stage.given_customer(m[1].lower())
        if m[2] == "an admin":
            with stage.parts.database.begin() as db:
                db.merge(person).role = "admin"
    elif m := re.fullmatch(r"(\w+) has measurements for (?:an? )?(.+)", line):
        stage.given_measurements(m[1].lower(), m[2])
    elif m := re.fullmatch(rf"(\w+)'s (.+) by (\w+) is ({'|'.join(LIFE)})", line):
        stage.given_order(m[1].lower(), m[2], m[3].lower(), m[4])
    elif m := re.fullmatch(r"(\w+) (is new|is busy|takes no express|takes (\d+) orders? a (day|month))", line):
        of_tailor(stage, m[1].lower(), m[2], m[3], m[4])
    elif not story_payouts.given(line, stage) and not story_tailors.given(line, stage):
        raise AssertionError(f"not a beginning I know: {line}")


def of_tailor(stage: Stage, who: str, what: str, count: str | None, unit: str | None) -> None:
    with stage.parts.database.begin() as db:
        tailor = stage.tailor(db, who)
        if what == "is new":
            tailor.rating100, tailor.jobs, tailor.background_checked, tailor.identity_verified, tailor.answer_minutes = 0, 0, False, False, 60
        elif what == "takes no express":
            tailor.express = False
        elif count:
            setattr(tailor, f"per_{unit}", int(count))
        tailor.rest(db) if what == "is busy" else tailor.refresh_offers(db)


def happen(line: str, stage: Stage) -> None:
    """What happens outside the chat."""
    if m := re.fullmatch(r"(\d+) (minutes?|hours?|days?) pass(es)?", line):
        stage.pass_time(int(m[1]) * {"m": 1 / 60, "h": 1, "d": 24}[m[2][0]])
    elif line.startswith("flask "):
        stage.command(line.removeprefix("flask "))
    elif m := re.fullmatch(r"\w+ approves the (first |second )?prompt( late)?", line):
        stage.answer_prompt(nth={None: 0, "first ": 1, "second ": 2}[m[1]])
    elif m := re.fullmatch(r"\w+ pays GHS ([\d.]+) instead", line):
        stage.answer_prompt(amount=round(float(m[1]) * 100))
    elif m := re.fullmatch(rf"\w+ ({'|'.join(REFUSALS)})", line):
        stage.answer_prompt(refuse=Refused(REFUSALS[m[1]]))  # type: ignore[arg-type]
    elif m := re.fullmatch(r"(\w+) stops taking orders", line):
        of_tailor(stage, m[1].lower(), "is busy", None, None)
    elif m := re.fullmatch(r"(mtn|vodafone) is well again", line):
        stage.wallets[m[1]].on_collect, stage.wallets[m[1]].on_query, stage.wallets[m[1]].on_send = [], [], []
    elif m := re.fullmatch(r"(mtn|vodafone) accepts no request (once|twice|any more)", line):
        times = {"once": 1, "twice": 2, "any more": 20}[m[2]]
        stage.wallets[m[1]].on_collect = [lambda charge: NotAccepted("503")] * times
    elif m := re.fullmatch(r"(mtn|vodafone) is silent", line):
        stage.wallets[m[1]].on_collect = [lambda charge: Unknown("timeout")] * 20
        stage.wallets[m[1]].on_query = [Unknown("timeout")] * 500
    elif m := re.fullmatch(r"(mtn|vodafone) hears but does not answer", line):
        stage.wallets[m[1]].hears_only()
    elif m := re.fullmatch(r"(mtn|vodafone) wants a voucher", line):
        stage.wallets[m[1]].wants_voucher = True
    elif m := re.fullmatch(r"(mtn|vodafone) sends nothing( any more)?", line):
        stage.wallets[m[1]].on_send = [lambda out: Refused("cannot_receive")] * (20 if m[2] else 1)
    elif m := re.fullmatch(r"(\w+)'s phone is (off|on)", line):
        stage.off.add(m[1].lower()) if m[2] == "off" else stage.off.discard(m[1].lower())
    elif not any(each.happen(line, stage) for each in (story_payouts, story_desk, story_orders, story_tailors)):
        raise AssertionError(f"nothing I know happens: {line}")
