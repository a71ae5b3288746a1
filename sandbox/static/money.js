// The mobile money of one phone: prompts, the wallet with what came and went, vouchers, and the network's text messages.

import { el, hour, read, send } from "/play/dom.js";

const BRANDS = { mtn: "MTN Mobile Money", vodafone: "Telecel Cash", at: "AT Money" };
const PREFIXES = { 20: "vodafone", 50: "vodafone", 23: "at", 26: "at", 27: "at", 56: "at", 57: "at" };
const WORDS = { collected: "Paid to Sew4Mi", sent: "Received from Sew4Mi", given_back: "Given back by Sew4Mi", reversed: "Taken back" };
const INCOMING = ["sent", "given_back"];
const NOTICE_MS = 9000;

const cedis = (pesewas) => (pesewas / 100).toLocaleString("en-GB", { minimumFractionDigits: 2 });

export class Money {
  constructor(phone) {
    Object.assign(this, { phone, prompts: [], path: `/sandbox/wallets/${encodeURIComponent(phone.person.phone)}`, network: PREFIXES[phone.person.phone.slice(4, 6)] || "mtn" });
    this.balance = el("strong", {}, "…");
    const label = `Wallet of ${phone.person.name}`;
    this.button = el("button", { type: "button", class: "purse", "aria-haspopup": "dialog", "aria-label": label, onclick: (event) => this.open(event.currentTarget) }, el("small", {}, BRANDS[this.network]), this.balance);
    this.notices = el("div", { class: "notices", role: "status", "aria-live": "polite" });
  }

  async refresh() {
    const wallet = await read(this.path);
    this.balance.textContent = `GHS ${cedis(wallet.balance_pesewas)}`;
    return wallet;
  }

  clear() {
    this.prompts = [];
    this.notices.replaceChildren();
    return this.refresh();
  }

  notice(text) {
    const gone = () => note.remove();
    const note = el("button", { type: "button", class: `sms ${this.network}`, onclick: gone, "aria-label": `${BRANDS[this.network]}: ${text} Dismiss` }, el("small", {}, BRANDS[this.network]), el("span", {}, text));
    this.notices.append(note);
    setTimeout(gone, NOTICE_MS);
    this.refresh();
  }

  async open(opener) {
    const wallet = await this.refresh();
    const rows = wallet.movements.slice().reverse().map((row) => {
      const comes = INCOMING.includes(row.kind);
      return el("li", {}, el("span", {}, WORDS[row.kind], el("small", {}, `${hour(new Date(row.at))} · ${row.provider} · ${row.reference.slice(0, 8)}`)), el("strong", { class: comes ? "in" : "out" }, `${comes ? "+" : "−"}${cedis(row.amount_pesewas)}`));
    });
    const list = rows.length ? el("ul", { class: "movements" }, ...rows) : el("p", { class: "quiet" }, "Nothing came or went yet.");
    this.phone.open("Wallet", opener, el("p", { class: "holds" }, `GHS ${cedis(wallet.balance_pesewas)}`, el("small", {}, `${wallet.name} · ${BRANDS[this.network]}`)), this.dial(wallet.voucher), list);
  }

  // *110# makes the six digits that Telecel Cash wants for a payment.
  dial(known) {
    if (this.network !== "vodafone") return null;
    const shown = el("output", { class: "voucher", "aria-live": "polite" }, known);
    const make = async () => { shown.textContent = (await send(`/sandbox/vouchers/${encodeURIComponent(this.phone.person.phone)}`, {})).voucher; };
    return el("div", { class: "dial" }, el("button", { type: "button", onclick: make }, "Dial *110#"), shown);
  }

  // Prompts --------------------------------------------------------------------------------------------------

  setPrompts(list) {
    const top = this.phone.top;
    const first = list[0];
    const before = this.prompts[0];
    this.prompts = list;
    if (first?.reference === before?.reference && first?.tries_left === before?.tries_left && top.querySelector(".ussd")) return;
    const had = top.querySelector(".ussd-veil");
    if (had && !first && had.dataset.result) return;
    had?.remove();
    if (first) this.ussd(first, first.reference === before?.reference);
  }

  ussd(prompt, again) {
    const brand = BRANDS[prompt.network];
    const pin = el("input", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "4", pattern: "[0-9]{4}", required: true, id: `pin-${prompt.reference}` });
    const result = el("p", { class: "ussd-result", role: "status" }, again ? `Wrong PIN. ${prompt.tries_left} tries left.` : "");
    const left = el("p", { class: "ussd-left", "data-expires": prompt.expires });
    const answer = async (body) => {
      try {
        const said = await send(`/sandbox/prompts/${encodeURIComponent(prompt.reference)}`, body);
        if (said.waiting) { result.textContent = said.message; pin.value = ""; pin.focus(); } else this.done(veil, said.message, said.state === "SUCCESS");
      } catch (problem) { result.textContent = problem.message; }
    };
    const form = el("form", { class: `ussd ${prompt.network}`, role: "dialog", "aria-label": `${brand} prompt`, onsubmit: (e) => { e.preventDefault(); answer({ pin: pin.value }); } },
      el("p", { class: "ussd-brand" }, brand),
      el("p", {}, "Pay ", el("strong", {}, `${prompt.currency} ${Number(prompt.amount).toLocaleString("en-GB", { minimumFractionDigits: 2 })}`), " to ", el("strong", {}, prompt.payee), "?"),
      prompt.note ? el("p", { class: "ussd-note" }, prompt.note) : null,
      el("label", { for: pin.id }, "Enter your PIN"), pin, result, left,
      el("div", { class: "ussd-keys" }, el("button", { type: "button", onclick: () => answer({ decline: true }) }, "Decline"), el("button", { type: "submit" }, "Approve")),
      el("p", { class: "ussd-hint" }, "Any four digits approve. 0000 is a wrong PIN."));
    const veil = el("div", { class: "veil ussd-veil" }, form);
    this.phone.top.append(veil);
    if (this.phone.root.contains(document.activeElement)) pin.focus({ preventScroll: true });
  }

  done(veil, message, good) {
    veil.dataset.result = "1";
    const shut = () => { veil.remove(); if (this.prompts[0]) this.ussd(this.prompts[0]); };
    const ok = el("button", { type: "button", onclick: shut }, "OK");
    veil.replaceChildren(el("div", { class: "ussd", role: "alertdialog", "aria-label": "Mobile money" }, el("p", { class: good ? "good" : "bad" }, message), el("div", { class: "ussd-keys" }, ok)));
    ok.focus({ preventScroll: true });
    this.refresh();
    setTimeout(() => { if (veil.isConnected) shut(); }, 4000);
  }

  countDown(now) {
    for (const node of this.phone.top.querySelectorAll("[data-expires]")) {
      const seconds = Math.max(0, Math.round((new Date(node.dataset.expires) - now) / 1000));
      node.textContent = `Expires in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }
  }
}
