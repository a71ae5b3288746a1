// What makes the pages quicker with a keyboard; every one of them works without.
"use strict";
(() => {
  const off = "desk-keys-off";
  const GO = { t: "/admin/", o: "/admin/orders", d: "/admin/disputes", m: "/admin/conversations", r: "/admin/refunds" };
  const dialog = document.getElementById("keys");
  const opener = document.getElementById("keys-open");
  const typing = (at) => at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName);
  let going = false;

  if (dialog && opener) {
    const toggle = document.getElementById("keys-off");
    const say = () => toggle.setAttribute("aria-pressed", String(localStorage.getItem(off) === "1"));
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
    toggle.addEventListener("click", () => { localStorage.setItem(off, localStorage.getItem(off) === "1" ? "0" : "1"); say(); });
    say();
  }

  const rows = () => [...document.querySelectorAll("table.list a.open")];
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    all[Math.min(Math.max(here + by, 0), all.length - 1)].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (localStorage.getItem(off) === "1" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (dialog && dialog.open) return;
    if (going) { going = false; if (GO[event.key]) { event.preventDefault(); location.assign(GO[event.key]); } return; }
    const note = document.querySelector("[data-key=n]");
    const deeds = {
      "/": () => document.getElementById("q")?.focus(), "?": () => dialog?.showModal(), g: () => { going = true; setTimeout(() => { going = false; }, 1500); },
      j: () => step(1), k: () => step(-1), n: () => note?.focus(),
    };
    if (deeds[event.key]) { event.preventDefault(); deeds[event.key](); }
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
})();
