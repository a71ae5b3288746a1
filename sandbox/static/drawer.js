// Behind the scenes: what the product remembers, what the providers really took, and the switches for trouble.

import { el, read, send } from "/play/dom.js";

const TABS = [["conversation", "Talk"], ["order", "Orders"], ["ledger", "Ledger"], ["outbox", "Outbox"], ["money", "Wallets"], ["faults", "Faults"]];
// How the names of the faults begin; the longest that fits counts.
const GROUPS = {
  "": "World", "twilio.": "WhatsApp (Twilio)", "mtn.": "MTN MoMo: collecting", "mtn.transfer_": "MTN MoMo: sending", "mtn.refund_": "MTN MoMo: giving back",
  "vodafone.": "Vodafone Cash", "paystack.": "Paystack: collecting", "paystack.transfer_": "Paystack: sending", "paystack.refund_": "Paystack: giving back",
  "statement.": "Statements", "openai.": "Voice notes (OpenAI, where it is used)",
};
const groupOf = (name) => Object.keys(GROUPS).filter((begin) => name.startsWith(begin)).sort((a, b) => b.length - a.length)[0];

export class Drawer {
  constructor(world) {
    this.world = world;
    this.root = document.getElementById("drawer");
    this.body = document.getElementById("drawer-body");
    this.tab = "conversation";
    this.seen = "";
    this.openGroups = new Set(["twilio."]);
    this.buttons = TABS.map(([id, label]) => el("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "drawer-body", onclick: () => this.choose(id) }, label));
    const bar = document.getElementById("drawer-tabs");
    bar.append(...this.buttons);
    bar.addEventListener("keydown", (event) => this.arrow(event));
    this.choose(this.tab);
    setInterval(() => this.refresh(), 1500);
  }

  get visible() { return !this.root.hidden && !document.hidden && this.root.offsetParent !== null; }

  arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([id]) => id === this.tab);
    const next = (at + step + TABS.length) % TABS.length;
    this.choose(TABS[next][0]);
    this.buttons[next].focus();
  }

  choose(id) {
    this.tab = id;
    this.seen = "";
    TABS.forEach(([name, label], n) => {
      this.buttons[n].setAttribute("aria-selected", String(name === id));
      this.buttons[n].tabIndex = name === id ? 0 : -1;
      if (name === id) this.body.setAttribute("aria-label", label);
    });
    this.body.replaceChildren(el("p", { class: "quiet" }, "Looking…"));
    this.refresh();
  }

  async refresh() {
    if (!this.visible || this.busy) return;
    const tab = this.tab;
    this.busy = true;
    try {
      const data = await this.fetch(tab);
      const text = JSON.stringify(data, (key, value) => (key === "ms" ? undefined : value));
      if (tab === this.tab && text !== this.seen) { this.seen = text; this.draw(tab, data); }
    } catch (problem) {
      this.seen = "";
      this.body.replaceChildren(el("p", { class: "wrong" }, String(problem.message)));
    } finally { this.busy = false; }
    if (tab !== this.tab) this.refresh();
  }

  async fetch(tab) {
    if (tab === "faults") return read("/sandbox/faults");
    if (tab === "money") return Promise.all([read("/sandbox/truth"), read("/sandbox/prompts?all=1"), read("/sandbox/outgoing"), ...this.world.people.map((p) => read(`/sandbox/wallets/${encodeURIComponent(p.phone)}`))]);
    const all = await read(`/sandbox/drawer?phone=${encodeURIComponent(this.world.active.person.phone)}`);
    return all.tables.filter((table) => table.tab === tab);
  }

  draw(tab, data) {
    if (tab === "faults") return this.faults(data);
    const tables = tab === "money" ? moneyTables(data) : data;
    const top = this.body.scrollTop;
    this.body.replaceChildren(...tables.map(table));
    this.body.scrollTop = top;
  }

  faults({ settings, faults }) {
    if (this.body.contains(document.activeElement) && document.activeElement.matches("input[type=number], input[type=text]")) { this.seen = ""; return; }
    const focused = document.activeElement?.id;
    const top = this.body.scrollTop;
    const groups = Object.entries(GROUPS).map(([group, label]) => {
      const mine = (name) => groupOf(name) === group;
      const rows = [...Object.entries(faults).filter(([n]) => mine(n)).map(([n, f]) => this.fault(n, f)), ...Object.entries(settings).filter(([n]) => mine(n)).map(([n, s]) => this.setting(n, s))];
      const on = Object.entries(faults).filter(([n, f]) => mine(n) && f.on).length;
      const fold = el("details", { open: this.openGroups.has(group) }, el("summary", {}, label, on ? el("span", { class: "badge" }, `${on} on`) : null), ...rows);
      fold.addEventListener("toggle", () => (fold.open ? this.openGroups.add(group) : this.openGroups.delete(group)));
      return fold;
    });
    this.body.replaceChildren(el("p", { class: "quiet" }, "Switch trouble on and watch the bot cope. ×1 hits only the next call."), ...groups);
    this.body.scrollTop = top;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  fault(name, fault) {
    const id = `fault-${name}`;
    const short = shortly(name);
    const box = el("input", { type: "checkbox", role: "switch", id, checked: fault.on, onchange: () => this.change({ [name]: box.checked }) });
    const once = el("button", { type: "button", class: "once", id: `${id}-once`, "aria-label": `${short}, next call only`, onclick: () => this.change({ [name]: 1 }) }, "×1");
    const count = el("span", { class: "fired" }, fault.on && fault.left ? `${fault.left} left` : fault.fired ? `fired ${fault.fired}` : "");
    return el("div", { class: `fault${fault.on ? " on" : ""}` }, box, el("label", { for: id }, el("strong", {}, short), el("small", {}, fault.about)), count, once);
  }

  setting(name, setting) {
    const id = `setting-${name}`;
    const short = shortly(name);
    const label = el("label", { for: id }, el("strong", {}, short), el("small", {}, setting.about));
    if (typeof setting.value === "boolean") {
      const box = el("input", { type: "checkbox", role: "switch", id, checked: setting.value, onchange: () => this.change({ [name]: box.checked }) });
      return el("div", { class: `fault${setting.value ? " on" : ""}` }, box, label);
    }
    const number = typeof setting.value === "number";
    const input = el("input", { type: number ? "number" : "text", id, value: String(setting.value), onchange: () => { const value = number ? Number(input.value) : input.value; input.blur(); this.change({ [name]: value }); } });
    return el("div", { class: "fault wide" }, label, input);
  }

  async change(wanted) {
    try { await send("/sandbox/faults", wanted); } catch (problem) { this.world.active.complain(problem.message); }
    this.seen = "";
    this.refresh();
  }
}

function shortly(name) { return name.slice(groupOf(name).length).replaceAll("_", " "); }

function moneyTables([truth, prompts, { outgoing }, ...wallets]) {
  const cedis = (pesewas) => (pesewas / 100).toLocaleString("en-GB", { minimumFractionDigits: 2 });
  return [
    { title: "Wallets (GHS)", columns: ["name", "msisdn", "balance"], rows: wallets.map((w) => [w.name, w.msisdn, cedis(w.balance_pesewas)]) },
    { title: "Requests", columns: ["provider", "amount", "state", "reason", "reference"], rows: prompts.prompts.slice(-20).reverse().map((p) => [p.provider, p.amount, p.state, p.reason, p.reference.slice(0, 8)]) },
    { title: "Money on its way out", columns: ["provider", "kind", "amount", "state", "reason", "reference"], rows: outgoing.slice(-20).reverse().map((o) => [o.provider, o.kind, o.amount, o.step || o.state, o.reason, o.reference.slice(0, 8)]) },
    { title: "What lies with the providers (GHS)", columns: ["provider", "collected, less what went", "float"], rows: Object.entries(truth.floats_pesewas).map(([name, float]) => [name, cedis(truth.totals_pesewas[name]?.GHS || 0), cedis(float)]) },
    { title: "What the providers really did", columns: ["at", "provider", "kind", "amount", "reference"], rows: truth.entries.slice(-40).reverse().map((e) => [e.at.slice(5, 16).replace("T", " "), e.provider, e.kind.replace("_", " "), e.currency === "GHS" ? e.amount : `${e.currency} ${e.amount}`, e.reference.slice(0, 8)]) },
  ];
}

function table({ title, columns, rows, error }) {
  const heading = el("h3", {}, title, error ? null : el("span", { class: "badge" }, String(rows.length)));
  if (error) return el("section", {}, heading, el("pre", { class: "wrong" }, error));
  if (!rows.length) return el("section", {}, heading, el("p", { class: "quiet" }, "Nothing yet."));
  const head = el("tr", {}, ...columns.map((c) => el("th", { scope: "col" }, c.replaceAll("_", " "))));
  const lines = rows.map((row) => el("tr", {}, ...row.map(cell)));
  return el("section", {}, heading, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...lines))));
}

function cell(value) {
  if (value === null || value === undefined || value === "") return el("td", { class: "none" }, "–");
  if (typeof value === "object") return el("td", {}, el("pre", {}, JSON.stringify(value, null, 1)));
  return el("td", { class: typeof value === "number" || /^-?[\d,]+(\.\d\d)?$/.test(value) ? "sum" : "" }, String(value));
}
