// The play page: the phones beside each other, one clock, one live line to the sandbox.

import { day, el, hour, icon, read, send } from "/play/dom.js";
import { Drawer } from "/play/drawer.js";
import { Phone } from "/play/phone.js";

const POLL_MS = 2000;
const FOUR_AND_DRAWER = 1640; // from this width on four phones and the drawer have room beside each other
const byId = (id) => document.getElementById(id);

class World {
  constructor({ people, samples, clips }) {
    Object.assign(this, { people, offset: 0, rev: 0, live: false });
    this.phones = people.map((person) => new Phone(person, { samples, clips }, this));
    this.active = this.phones[0];
    byId("phones").append(...this.phones.map((phone) => phone.root));
    this.tabs = [...this.phones.map((phone, n) => this.tab(phone.person.name, () => this.turnTo(n))), this.tab("Behind", () => this.turnTo(-1))];
    byId("tabs").append(...this.tabs);
    byId("tabs").addEventListener("keydown", (event) => this.arrow(event));
    this.drawer = new Drawer(this);
    this.buttons();
    this.turnTo(0);
    this.listen();
    setInterval(() => this.tick(), 1000);
    setInterval(() => { if (!this.live) this.catchUp(); }, POLL_MS);
  }

  tab(label, act) { return el("button", { type: "button", role: "tab", onclick: act }, label, el("span", { class: "unread", "aria-label": "new messages", hidden: true })); }

  arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = this.tabs.indexOf(document.activeElement);
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    next.click();
    next.focus();
  }

  // On a narrow screen one thing shows at a time; -1 is the drawer.
  turnTo(n) {
    this.turned = n;
    document.body.classList.toggle("show-drawer", n === -1);
    this.phones.forEach((phone, k) => phone.root.classList.toggle("current", k === n));
    this.tabs.forEach((tab, k) => {
      const on = k === (n === -1 ? this.phones.length : n);
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on) tab.querySelector(".unread").hidden = true;
    });
    if (n >= 0) { this.chosen(this.phones[n]); this.phones[n].bottom(); } else { byId("drawer").hidden = false; this.drawer?.refresh(); }
  }

  chosen(phone) {
    if (this.active === phone && phone.root.classList.contains("active")) return;
    this.active = phone;
    this.phones.forEach((p) => p.root.classList.toggle("active", p === phone));
    if (this.drawer) this.drawer.refresh();
  }

  buttons() {
    document.querySelectorAll("[data-move]").forEach((button) => button.addEventListener("click", async () => {
      this.setClock(await send("/sandbox/clock", { move_s: Number(button.dataset.move) }));
    }));
    const drawer = byId("drawer");
    const toggle = (open) => {
      drawer.hidden = !open;
      byId("behind").setAttribute("aria-expanded", String(open));
      if (open) this.drawer.refresh();
    };
    byId("behind").addEventListener("click", () => toggle(drawer.hidden));
    byId("drawer-close").append(icon("close", 18));
    byId("drawer-close").addEventListener("click", () => { toggle(false); byId("behind").focus(); });
    if (window.innerWidth < FOUR_AND_DRAWER && window.innerWidth >= 900) toggle(false);
    const viewer = byId("viewer");
    viewer.querySelector("button").append(icon("close", 20));
    viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  }

  enlarge(url) {
    byId("viewer").querySelector("img").src = url;
    byId("viewer").showModal();
  }

  // Live ------------------------------------------------------------------------------------------------------

  listen() {
    const source = new EventSource("/sandbox/events");
    source.onopen = () => { this.link(true); this.catchUp(); };
    source.onerror = () => this.link(false);
    source.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    source.addEventListener("prompt", () => this.readPrompts());
    source.addEventListener("money", (event) => this.paid(JSON.parse(event.data)));
    source.addEventListener("clock", (event) => this.setClock(JSON.parse(event.data)));
    source.addEventListener("faults", () => this.drawer.refresh());
    source.addEventListener("reset", () => { this.phones.forEach((phone) => phone.clear()); this.rev = 0; this.readPrompts(); });
  }

  link(live) {
    this.live = live;
    byId("link").textContent = live ? "live" : "reconnecting";
    byId("link").classList.toggle("off", !live);
  }

  heard(message) {
    this.rev = Math.max(this.rev, message.rev);
    const at = this.phones.findIndex((phone) => phone.person.phone === message.phone);
    if (at < 0) return;
    const fresh = !this.phones[at].messages.has(message.n);
    this.phones[at].show([message]);
    if (fresh && message.who === "bot" && this.turned !== at) this.tabs[at].querySelector(".unread").hidden = false;
  }

  paid({ phone, text }) { this.phones.find((p) => p.person.phone === phone)?.money.notice(text); }

  async catchUp() {
    try {
      const from = this.rev;
      const answers = await Promise.all(this.phones.map((phone) => read(`/sandbox/phone/${encodeURIComponent(phone.person.phone)}?changed=${from}`)));
      answers.forEach((answer, n) => { if (answer.messages.length) this.phones[n].show(answer.messages); });
      this.rev = Math.max(this.rev, ...answers.map((a) => a.rev));
      this.setClock(await read("/sandbox/clock"));
      await this.readPrompts();
      await Promise.all(this.phones.map((phone) => phone.money.refresh()));
    } catch { this.link(false); }
  }

  async readPrompts() {
    const { prompts } = await read("/sandbox/prompts");
    this.phones.forEach((phone, n) => {
      const mine = prompts.filter((p) => p.phone === phone.person.phone);
      phone.money.setPrompts(mine);
      if (mine.length && this.turned !== n) this.tabs[n].querySelector(".unread").hidden = false;
    });
    this.tick();
  }

  // Clock -----------------------------------------------------------------------------------------------------

  setClock(clock) {
    this.offset = clock.offset_s;
    this.tick();
  }

  tick() {
    const now = new Date(Date.now() + this.offset * 1000);
    byId("clock").textContent = hour(now);
    byId("clock").dateTime = now.toISOString();
    byId("clock-day").textContent = `${day(now)} · Accra`;
    byId("moved").hidden = !this.offset;
    byId("moved").textContent = `${this.offset > 0 ? "+" : "−"}${spell(Math.abs(this.offset))}`;
    this.phones.forEach((phone) => phone.money.countDown(now));
  }
}

function spell(seconds) {
  const hours = Math.round(seconds / 360) / 10;
  return hours < 24 ? `${hours} h` : `${Math.floor(hours / 24)} d${Math.round(hours % 24) ? ` ${Math.round(hours % 24)} h` : ""}`;
}

window.world = new World(await read("/sandbox/people"));
