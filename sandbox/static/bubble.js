// One message as a bubble, with whatever hangs on it.

import { el, hour, icon, rich } from "/play/dom.js";

export function bubble(message, on) {
  const mine = message.who === "person";
  const failed = message.status === "failed" || message.status === "undelivered";
  const row = el("div", { class: `row ${mine ? "mine" : "theirs"} kind-${message.kind}${failed ? " failed" : ""}`, "data-n": String(message.n) });
  const box = el("div", { class: "bubble" });
  box.append(el("span", { class: "hidden" }, mine ? "You: " : "Sew4Mi: "));
  for (const part of parts(message, on)) box.append(part);
  const lost = captionLost(message);
  if (message.body && !isFileName(message)) box.append(el("p", { class: lost ? "text lost" : "text" }, rich(message.body)));
  box.append(foot(message, mine));
  row.append(box);
  for (const part of choices(message, on)) row.append(part);
  if (lost) row.append(el("p", { class: "not-sent" }, icon("warn", 14), "WhatsApp shows no text beside a document"));
  if (failed) row.append(el("p", { class: "not-sent" }, icon("warn", 14), mine ? "Not heard: the bot did not answer" : `Not delivered (${message.error_code ?? "unknown"})`));
  return row;
}

function isFileName(message) { return message.kind === "document" && message.filename === message.body; }

// Twilio hands the caption of a document to nobody: "Guidance on WhatsApp Media Messages", Filenames and Captions.
function captionLost(message) { return message.who === "bot" && Boolean(message.body) && message.media?.[0]?.content_type === "application/pdf"; }

function parts(message, on) {
  const found = [];
  const file = message.media?.[0];
  if (message.reply_to) found.push(quote(message, on));
  if (file) found.push(media(message, file, on));
  else if (message.kind === "image" || message.kind === "media") found.push(el("p", { class: "waiting" }, icon("photo", 18), " Photo or document"));
  if (message.location) found.push(place(message.location));
  if (message.kind === "unsupported") found.push(el("p", { class: "waiting" }, "Something this phone cannot show"));
  return found;
}

function quote(message, on) {
  const quoted = on.find(message.reply_to);
  return el("p", { class: "quote" }, icon("reply", 13), el("span", {}, quoted?.body || "an earlier message"));
}

function media(message, file, on) {
  const type = file.content_type;
  if (message.kind === "sticker" || type === "image/webp") return el("img", { class: "sticker", src: file.url, alt: "Sticker" });
  if (type.startsWith("image/")) {
    const label = message.body ? `Photo: ${message.body}` : "Photo";
    const image = el("img", { src: file.url, alt: label, loading: "lazy" });
    const shape = type === "image/png" ? "photo paper" : "photo"; // a drawing is shown whole
    return el("button", { type: "button", class: shape, "aria-label": `${label}, enlarge`, onclick: () => on.enlarge(file.url) }, image);
  }
  if (type.startsWith("audio/")) return voice(file.url);
  if (type.startsWith("video/")) return el("video", { controls: true, src: file.url, "aria-label": "Video" });
  const card = type.includes("vcard");
  const name = card ? message.name || "Contact" : message.filename || "Document";
  const about = type === "application/pdf" ? el("small", {}, "PDF · tap to open") : null;
  return el("a", { class: "file", href: file.url, target: "_blank", rel: "noopener" }, icon(card ? "person" : "file", 24), el("span", {}, name, about));
}

// A player of our own: Chromium's controls stay as narrow as the part of them that was in view at first.
function voice(url) {
  const audio = el("audio", { preload: "metadata", src: url });
  const act = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());
  const button = el("button", { type: "button", class: "round hear", onclick: act });
  const place = el("input", { type: "range", min: "0", max: "1", step: "0.01", value: "0", "aria-label": "Place in the voice note" });
  const time = el("span", { class: "length" });
  const look = () => {
    const known = Number.isFinite(audio.duration);
    button.replaceChildren(icon(audio.paused ? "play" : "pause", 16));
    button.setAttribute("aria-label", audio.paused ? "Play the voice note" : "Pause the voice note");
    place.value = known && audio.duration ? audio.currentTime / audio.duration : 0;
    time.textContent = audio.error ? "no sound" : minutes(audio.currentTime || (known ? audio.duration : 0));
  };
  place.addEventListener("input", () => { if (Number.isFinite(audio.duration)) audio.currentTime = place.value * audio.duration; });
  audio.addEventListener("play", () => document.querySelectorAll("audio").forEach((other) => { if (other !== audio) other.pause(); }));
  for (const name of ["loadedmetadata", "durationchange", "timeupdate", "play", "pause", "ended", "error"]) audio.addEventListener(name, look);
  look();
  return el("div", { class: "voice", role: "group", "aria-label": "Voice note" }, audio, button, place, time);
}

function minutes(seconds) { return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`; }

function place(spot) {
  const label = spot.label || "Location";
  const where = spot.address || `${Number(spot.latitude).toFixed(4)}, ${Number(spot.longitude).toFixed(4)}`;
  const map = el("div", { class: "map", "aria-hidden": "true" }, icon("pin", 30));
  return el("div", { class: "place" }, map, el("p", {}, el("strong", {}, label), el("span", {}, where)));
}

function foot(message, mine) {
  const when = new Date(message.at);
  const end = el("p", { class: "foot" }, el("time", { datetime: message.at }, hour(when)));
  if (mine) {
    const state = { sent: "sent", delivered: "delivered", read: "read" }[message.status] || message.status;
    end.append(el("span", { class: `ticks ${message.status}`, role: "img", "aria-label": state, title: state }, icon(state === "sent" ? "tick" : "ticks", 16)));
  }
  return end;
}

function choices(message, on) {
  const found = [];
  for (const button of message.buttons || []) {
    const tap = () => on.tap({ id: button.id, title: button.title, sid: message.sid });
    found.push(el("button", { type: "button", class: "choice", onclick: tap }, icon("reply", 15), button.title));
  }
  if (message.rows?.length) {
    const open = (event) => on.sheet(message, event.currentTarget);
    found.push(el("button", { type: "button", class: "choice", "aria-haspopup": "dialog", onclick: open }, icon("list", 16), message.button || "Choose"));
  }
  for (const link of message.links || []) {
    const safe = /^https?:/.test(link.url) ? link.url : "#";
    found.push(el("a", { class: "choice", href: safe, target: "_blank", rel: "noopener noreferrer" }, link.title));
  }
  return found;
}
