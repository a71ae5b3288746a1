// Where the held money would go, while an amount is typed: whole pesewas, the sum is always what is held. The server shows the same before it is decided.
"use strict";
(() => {
  const form = document.querySelector("form[data-split]");
  if (!form) return;
  const panel = form.querySelector(".split");
  const STAGES = ["deposit", "fitting", "final"];
  const number = (name) => Number.parseInt(form.dataset[name], 10) || 0;
  const held = STAGES.map(number);
  const have = held.reduce((sum, amount) => sum + amount, 0);

  const pesewas = (typed) => {
    const found = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(typed.replace(/,/g, "").trim());
    return found ? Number.parseInt(found[1], 10) * 100 + Number.parseInt((found[2] || "").padEnd(2, "0"), 10) : null;
  };
  const ghs = (amount) => `GHS ${Math.floor(amount / 100).toLocaleString("en")}.${String(amount % 100).padStart(2, "0")}`;
  const floor = (amount) => { const times = amount * number("rate"); return (times - times % 10000) / 10000; };

  // The last stage goes back first; commission is the difference of cumulative floors, stage by stage.
  const split = (wanted) => {
    let left = Math.min(wanted, have);
    let before = number("commissioned");
    let fee = 0;
    const back = new Map();
    for (let n = STAGES.length - 1; n >= 0; n -= 1) { back.set(n, Math.min(left, held[n])); left -= back.get(n); }
    held.forEach((amount, n) => {
      const released = amount - back.get(n);
      fee += floor(before + released) - floor(before);
      before += released;
    });
    const returned = Math.min(wanted, have);
    return { back: returned, fee, tailor: have - returned - fee, stays: 0, borne: wanted - returned };
  };

  const show = () => {
    const outcome = form.elements.reason.value.split(":")[0];
    const typed = form.elements.refund.value.trim();
    const moves = outcome.endsWith("refund");
    const amount = typed ? pesewas(typed) : outcome === "full_refund" ? have : 0;
    panel.hidden = !outcome;
    const wrong = amount === null;
    const parts = moves && !wrong ? split(amount) : { back: 0, fee: 0, tailor: 0, stays: have, borne: 0 };
    for (const [name, pesewa] of Object.entries(parts)) panel.querySelector(`[data-part=${name}]`).textContent = ghs(pesewa);
    let said = `Adds up to the ${ghs(have)} that are held.`;
    if (wrong) said = "That is no amount: write it like 120.50.";
    else if (moves && amount > number("returnable")) said = `At most ${ghs(number("returnable"))} can go back.`;
    else if (!moves && typed) said = "With this outcome no money moves: leave the amount empty.";
    else if (parts.borne && !form.elements.bearer.value) said = "Say who bears what goes beyond the money that is held.";
    panel.querySelector("[data-part=said]").textContent = said;
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
})();
