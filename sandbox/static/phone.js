// One phone: its chat, its composer and its sheets.

import { asDataUrl, day, el, icon, send } from "/play/dom.js";
import { attach } from "/play/attach.js";
import { bubble } from "/play/bubble.js";
import { Money } from "/play/money.js";

const SHOWN = 150;

export class Phone {
  constructor(person, shelf, world) {
    Object.assign(this, { person, shelf, world, messages: new Map(), nodes: new Map(), limit: SHOWN });
    this.money = new Money(this);
    this.build();
  }

  build() {
    const { name, role, phone } = this.person;
    const pretty = phone.replace(/^(\+233)(\d\d)(\d{3})(\d{4})$/, "$1 $2 $3 $4");
    this.log = el("div", { class: "chat", role: "log", "aria-live": "polite", "aria-label": `Chat of ${name}`, tabindex: "0" });
    this.empty = el("div", { class: "empty" }, el("p", {}, "Say hello to Sew4Mi"), el("button", { type: "button", onclick: () => this.say({ text: "hi" }) }, "Send “hi”"));
    this.log.append(this.empty);
    this.top = el("div", { class: "sheets" });
    this.note = el("p", { class: "note", role: "alert", hidden: true });
    this.screen = el("div", { class: "screen" }, this.header(name), this.log, this.note, this.composer(), this.top, this.money.notices);
    const who = el("p", { class: "whose" }, el("strong", {}, name), el("span", { class: "role" }, role), el("span", { class: "number" }, pretty));
    this.root = el("section", { class: "phone", id: `phone-${name.toLowerCase()}`, "aria-label": `${name}, ${role.toLowerCase()}` }, who, el("div", { class: "device" }, this.screen));
    this.root.addEventListener("focusin", () => this.world.chosen(this));
    this.root.addEventListener("pointerdown", () => this.world.chosen(this));
  }

  header(name) {
    const more = el("p", { class: "contact" }, el("strong", {}, "Sew4Mi"), el("span", {}, `${name}’s phone`));
    return el("div", { class: "top" }, el("span", { class: "avatar", "aria-hidden": "true" }, "S4"), more, this.money.button);
  }

  composer() {
    this.input = el("textarea", { rows: "1", "aria-label": `Message from ${this.person.name}`, placeholder: "Message", maxlength: "1600", enterkeyhint: "send" });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
    });
    const attach = el("button", { type: "button", class: "round", "aria-label": "Attach", "aria-haspopup": "dialog", onclick: (e) => this.attach(e.currentTarget) }, icon("plus"));
    this.action = el("button", { type: "submit", class: "round go", "aria-label": "Record a voice note" }, icon("mic"));
    return el("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.submit(); } }, attach, this.input, this.action);
  }

  typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 110)}px`;
    const writes = Boolean(this.input.value.trim());
    this.action.replaceChildren(icon(writes ? "send" : this.recorder ? "stop" : "mic"));
    this.action.setAttribute("aria-label", writes ? "Send" : this.recorder ? "Stop and send the voice note" : "Record a voice note");
    this.action.classList.toggle("recording", Boolean(this.recorder) && !writes);
  }

  submit() {
    const text = this.input.value.trim();
    if (!text) return this.record();
    this.input.value = "";
    this.typed();
    return this.say({ text });
  }

  async say(what) {
    try {
      await send("/sandbox/say", { from: this.person.phone, name: this.person.name, wait: false, ...what });
    } catch (problem) { this.complain(problem.message); }
  }

  complain(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    clearTimeout(this.noteTimer);
    this.noteTimer = setTimeout(() => { this.note.hidden = true; }, 6000);
  }

  async record() {
    if (this.recorder) { this.recorder.stop(); return; }
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) { this.attach(this.action); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const chunks = [];
      this.recorder = new MediaRecorder(stream);
      this.recorder.ondataavailable = (event) => chunks.push(event.data);
      this.recorder.onstop = async () => {
        stream.getTracks().forEach((track) => track.stop());
        const blob = new Blob(chunks, { type: this.recorder.mimeType });
        this.recorder = null;
        this.typed();
        if (blob.size) this.say({ voice: await asDataUrl(blob) });
      };
      this.recorder.start();
      this.typed();
    } catch { this.complain("No microphone here. Use the plus button to send a recording or to type what you would say."); }
  }

  // Messages -------------------------------------------------------------------------------------------------

  show(list) {
    const low = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    for (const message of list) this.messages.set(message.n, message);
    if (list.length > 40 || list.some((m) => m.n < (this.newest || 0) && !this.nodes.has(m.n))) this.redraw();
    else list.forEach((message) => this.place(message));
    this.newest = Math.max(this.newest || 0, ...list.map((m) => m.n));
    this.empty.hidden = this.messages.size > 0;
    if (low || list.some((m) => m.who === "person")) requestAnimationFrame(() => this.bottom());
  }

  place(message) {
    const node = bubble(message, this.hooks());
    const old = this.nodes.get(message.n);
    if (old) old.replaceWith(node);
    else {
      this.separator(message);
      node.classList.add("fresh");
      this.log.append(node);
    }
    this.nodes.set(message.n, node);
  }

  redraw() {
    this.log.replaceChildren(this.empty);
    this.nodes.clear();
    this.lastDay = "";
    const all = [...this.messages.values()].sort((a, b) => a.n - b.n);
    if (all.length > this.limit) {
      const more = () => { this.limit += SHOWN; this.redraw(); };
      this.log.append(el("button", { type: "button", class: "earlier", onclick: more }, "Show earlier messages"));
    }
    all.slice(-this.limit).forEach((message) => this.place(message));
  }

  separator(message) {
    const name = day(new Date(message.at));
    if (name !== this.lastDay) this.log.append(el("p", { class: "day" }, name));
    this.lastDay = name;
  }

  bottom() { this.log.scrollTop = this.log.scrollHeight; }

  clear() {
    this.messages.clear();
    this.newest = 0;
    this.redraw();
    this.empty.hidden = false;
    this.close();
    this.money.clear();
  }

  hooks() {
    return {
      tap: (choice) => this.say({ tap: choice }),
      sheet: (message, opener) => this.sheet(message, opener),
      enlarge: (url) => this.world.enlarge(url),
      find: (sid) => [...this.messages.values()].find((m) => m.sid === sid),
    };
  }

  // Sheets ---------------------------------------------------------------------------------------------------

  open(label, opener, ...content) {
    this.close();
    this.opener = opener;
    const shut = el("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => this.close() }, icon("close", 18));
    const box = el("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": label }, el("div", { class: "sheet-head" }, el("h3", {}, label), shut), ...content);
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    const veil = el("div", { class: "veil", onclick: (event) => { if (event.target === veil) this.close(); } }, box);
    this.top.append(veil);
    (box.querySelector(".sheet-row, .tile, input, textarea") || shut).focus({ preventScroll: true });
  }

  close() {
    this.top.querySelectorAll(".veil:not(.ussd-veil)").forEach((veil) => { veil.querySelector("audio")?.pause(); veil.remove(); });
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
    this.opener = null;
  }

  sheet(message, opener) {
    const rows = message.rows.map((row) => {
      const pick = () => { this.close(); this.say({ list: { id: row.id, title: row.title, description: row.description, sid: message.sid } }); };
      return el("button", { type: "button", class: "sheet-row", onclick: pick }, el("span", { class: "dot", "aria-hidden": "true" }), el("span", {}, el("strong", {}, row.title), row.description ? el("small", {}, row.description) : null));
    });
    this.open(message.button || "Choose", opener, el("div", { class: "sheet-rows" }, ...rows));
  }

  attach(opener) { this.open("Attach", opener, ...attach(this)); }

  caption() {
    const text = this.input.value.trim();
    this.input.value = "";
    this.typed();
    return text;
  }
}
