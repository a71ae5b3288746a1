"""Voice notes that nobody recorded: samples and typed words, spoken aloud, and what the page offers of them."""

from __future__ import annotations

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor

import av
import httpx
import numpy as np
import pytest

from sandbox import speak
from sandbox.cast import PEOPLE as CAST
from sandbox.cast import Cast, shown
from sandbox.clips import CLIPS, VOICE, aloud, clip
from sandbox.control import PAGE_PARTS, PEOPLE, STATIC
from sandbox.faults import GROUPS
from sandbox.sayings import TINY_PDF
from tests.sandbox.conftest import ACCOUNT, AMA, TOKEN, Call, Product
from tests.sandbox.test_world import final, send


def loudness(note: bytes) -> tuple[float, float]:
    """Seconds, and the loudest sample."""
    with av.open(io.BytesIO(note)) as file:
        samples = np.concatenate([f.to_ndarray().astype(np.float64).reshape(-1) for f in file.decode(audio=0)])
        return len(samples) / file.streams.audio[0].rate, float(np.abs(samples).max())


def heard(call: Call) -> bytes:
    """What the product gets when it fetches the file of a message."""
    return httpx.get(httpx.get(call.form["MediaUrl0"], auth=(ACCOUNT, TOKEN)).headers["location"]).content


def a_note(call: Call) -> bool:
    return call.form.get("MessageType") == "audio"


@pytest.mark.parametrize("name", CLIPS)
def test_every_clip_sounds(name: str) -> None:
    note = clip(name)
    seconds, loudest = loudness(note)
    assert note.startswith(b"OggS") and 2 < seconds < 30 and loudest > 0.05
    assert (f"SPOKEN={CLIPS[name].words}".encode() in note) is bool(CLIPS[name].words)
    assert CLIPS[name].voice in speak.VOICES and clip(name) is note


def test_words_are_spoken_and_kept_beside() -> None:
    note = aloud("waist thirty two")
    assert b"SPOKEN=waist thirty two" in note and loudness(note)[1] > 0.05
    assert loudness(aloud("waist thirty two inches and a half please"))[0] > loudness(note)[0]


def test_names_are_spelt_right_and_spoken_right(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    real = speak.say
    monkeypatch.setattr(speak, "say", lambda text, *rest, **more: said.append(text) or real(text, *rest, **more))
    assert b"SPOKEN=kwame's chest is forty" in aloud("kwame's chest is forty")
    assert said == ["Kwahmay's chest is forty"]


@pytest.mark.parametrize("words", ["", " ", "...", "[[", "🙂", "\x00"])
def test_what_cannot_be_spoken_is_silence(words: str) -> None:
    note = aloud(words)
    assert note.startswith(b"OggS") and b"SPOKEN=" in note
    assert loudness(note)[1] < 0.01


@pytest.mark.parametrize("words", ["Ɛyɛ me waist 32½", "ɔ", "<speak>chest 40</speak>", "chest\n40", "40" * 100, "\ud800 hip"])
def test_odd_words_do_no_harm(words: str) -> None:
    assert aloud(words).startswith(b"OggS")


def test_an_unknown_voice_is_the_usual_one() -> None:
    assert VOICE in speak.VOICES and loudness(aloud("hip forty", "nobody's"))[1] > 0.05


def test_typed_words_arrive_as_sound(world: httpx.Client, product: Product) -> None:
    for voice in ({"says": "a kaba please"}, {"says": "a kaba please", "voice": "gh_f"}, "a kaba please"):
        world.post("/sandbox/say", json={"from": AMA, "voice": voice})
    for call in product.wait(a_note, 3):
        assert call.form["MediaContentType0"] == "audio/ogg" and call.form["Body"] == "" and call.form["NumMedia"] == "1"
        note = heard(call)
        assert b"SPOKEN=a kaba please" in note and loudness(note)[1] > 0.05


def test_a_clip_is_sent_and_listened_to(world: httpx.Client, product: Product) -> None:
    offered = world.get("/sandbox/people").json()["clips"]
    assert [c["name"] for c in offered] == list(CLIPS) and all(c["label"] for c in offered)
    sample = world.get("/sandbox/samples/family.ogg")
    assert (sample.status_code, sample.headers["content-type"]) == (200, "audio/ogg")
    world.post("/sandbox/say", json={"from": AMA, "voice": {"clip": "family"}})
    assert heard(*product.wait(a_note)) == sample.content


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-", 206, slice(None)), ("bytes=2-5", 206, slice(2, 6)), ("bytes=-7", 206, slice(-7, None)),
        ("bytes=9999999-", 416, None), ("x", 416, None),
    ],
)  # fmt: skip
def test_a_player_may_ask_for_parts(world: httpx.Client, asked: str, status: int, part: slice | None) -> None:
    whole = world.get("/sandbox/samples/own.ogg")
    assert whole.status_code == 200 and whole.headers["accept-ranges"] == "bytes"
    told = world.get("/sandbox/samples/own.ogg", headers={"Range": asked})
    assert told.status_code == status and (part is None or told.content == whole.content[part])


def test_no_such_clip(world: httpx.Client, product: Product) -> None:
    assert world.get("/sandbox/samples/none.ogg").status_code == 404
    for name in ("none", "", 7, ["own"]):
        refused = world.post("/sandbox/say", json={"from": AMA, "voice": {"clip": name}})
        assert refused.status_code == 400 and "own" in refused.json()["error"]
    assert product.calls == []


def test_speaking_keeps_nobody_waiting(world: httpx.Client, product: Product) -> None:
    """While long words are spoken, the world answers others."""
    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(world.post, "/sandbox/say", json={"from": AMA, "voice": {"says": "neck fifteen and a half, " * 40}})
        slowest = 0.0
        while not long.done():
            asked = time.monotonic()
            httpx.get(world.base_url.join("/sandbox/health"))
            slowest = max(slowest, time.monotonic() - asked)
        assert long.result().status_code == 200 and slowest < 1


def test_the_cast_speaks(world: httpx.Client, base: str, product: Product) -> None:
    cast = Cast(base)
    cast.say("kwame", "[voice] chest forty")
    cast.say("kwame", "[voice] own")
    first, second = product.wait(a_note, 2)
    assert first.form["WaId"] == "233261234567" and b"SPOKEN=chest forty" in heard(first) and heard(second).startswith(b"OggS")
    cast.close()


def test_four_phones(world: httpx.Client) -> None:
    people = world.get("/sandbox/people").json()["people"]
    assert [p["name"] for p in people] == ["Ama", "Kofi", "Esi", "Kwame"]
    assert len({p["phone"] for p in people}) == 4
    assert all(CAST[p["name"].lower()] == p["phone"] for p in PEOPLE)


def test_every_part_of_the_page_is_served(world: httpx.Client) -> None:
    wanted = {name for part in STATIC.iterdir() for name in re.findall(r'"/play/([\w.]+)"', part.read_text())}
    assert wanted <= {*PAGE_PARTS} and {*PAGE_PARTS} == {p.name for p in STATIC.iterdir()} - {"play.html"}
    assert all(world.get(f"/play/{name}").status_code == 200 for name in PAGE_PARTS)


def test_the_drawer_shows_the_faults_of_everybody() -> None:
    shown_there = re.search(r"GROUPS = \{(.*?)\n\}", (STATIC / "drawer.js").read_text(), re.DOTALL)
    assert shown_there and {*re.findall(r'"([a-z_.]*)": ', shown_there[1])} - {""} == {*GROUPS}


def test_a_document_of_the_bot_is_no_photo(world: httpx.Client, product: Product) -> None:
    for name in ("/cards.pdf", "/photo.jpg"):
        assert final(world, send(world, Body="The cards", MediaUrl=product.url + name).json()["sid"]) == ("read", None)
    document, photo = world.get(f"/sandbox/phone/{AMA}").json()["messages"]
    assert (document["kind"], document["media"][0]["content_type"]) == ("media", "application/pdf")
    assert [shown(document), shown(photo)] == ["[document] The cards", "[photo] The cards"]
    opened = world.get(document["media_url"])
    assert opened.headers["content-type"] == "application/pdf" and opened.content == TINY_PDF
