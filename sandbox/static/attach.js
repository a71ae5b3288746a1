// What the plus button offers: sample photos and voice notes, files of this computer, and words to be spoken.

import { asDataUrl, el, icon } from "/play/dom.js";

export function attach(phone) {
  const act = (what) => { phone.close(); phone.say(what); };
  const other = [["Location", "pin", { location: true }], ["Contact", "person", { contact: true }], ["Document", "file", { document: "sample", filename: "measurements.pdf" }]]
    .map(([label, name, what]) => el("button", { type: "button", class: "way", onclick: () => act(what) }, icon(name, 22), label));
  return [
    title("Photos"),
    el("div", { class: "tiles" }, ...phone.shelf.samples.map((sample) => tile(phone, sample, act))),
    title("Voice notes"),
    el("div", { class: "clips" }, ...clips(phone.shelf.clips, act)),
    speak(phone, act),
    title("More"),
    el("div", { class: "ways" }, chooser(phone, "A photo from this computer", "image/jpeg,image/png,image/webp", "image"),
      chooser(phone, "A recording from this computer", "audio/*,.ogg,.opus", "voice"), ...other),
  ];
}

function title(text) { return el("h4", { class: "part" }, text); }

function tile(phone, sample, act) {
  const pick = () => act({ image: sample.name, caption: phone.caption() });
  return el("button", { type: "button", class: "tile", onclick: pick }, el("img", { src: `/sandbox/samples/${sample.name}.jpg`, alt: "" }), el("span", {}, sample.label));
}

// One player for all of them: whatever begins to sound silences what sounded before.
function clips(list, act) {
  const player = el("audio", { preload: "none" });
  const rows = list.map((clip) => {
    const hear = el("button", { type: "button", class: "round hear", "aria-label": `Listen: ${clip.label}`, onclick: () => toggle(clip.name) }, icon("play", 17));
    const words = el("span", { class: "words" }, el("strong", {}, clip.label), el("small", {}, clip.words ? `“${clip.words}”` : "A market, nobody close to the phone"));
    const pick = el("button", { type: "button", class: "send-clip", "aria-label": `Send: ${clip.label}`, onclick: () => act({ voice: { clip: clip.name } }) }, words, icon("send", 18));
    return { name: clip.name, hear, node: el("div", { class: "clip" }, hear, pick) };
  });
  const mark = (name) => rows.forEach((row) => row.hear.replaceChildren(icon(row.name === name ? "pause" : "play", 17)));
  const toggle = (name) => {
    const same = player.dataset.name === name;
    if (same && !player.paused) return player.pause();
    if (!same) { player.src = `/sandbox/samples/${name}.ogg`; player.dataset.name = name; }
    return player.play().catch(() => mark(""));
  };
  player.addEventListener("play", () => {
    document.querySelectorAll("audio").forEach((other) => { if (other !== player) other.pause(); });
    mark(player.dataset.name);
  });
  for (const end of ["pause", "ended", "error"]) player.addEventListener(end, () => mark(""));
  return [player, ...rows.map((row) => row.node)];
}

function speak(phone, act) {
  const words = el("input", { type: "text", "aria-label": "What the voice note says", placeholder: "Words to be spoken", maxlength: "1000" });
  const send = (event) => { event.preventDefault(); if (words.value.trim()) act({ voice: { says: words.value.trim() } }); };
  return el("form", { class: "speak", onsubmit: send }, words, el("button", { type: "submit", class: "round go", "aria-label": "Send as a voice note" }, icon("wave")));
}

function chooser(phone, label, accept, kind) {
  const input = el("input", { type: "file", accept, class: "hidden" });
  input.addEventListener("change", async () => {
    const file = input.files[0];
    phone.close();
    if (file) phone.say({ [kind]: await asDataUrl(file), caption: kind === "image" ? phone.caption() : undefined });
  });
  return el("label", { class: "way", tabindex: "-1" }, input, icon(kind === "image" ? "photo" : "wave", 22), label);
}
