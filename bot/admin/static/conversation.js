// A conversation that stays open: what is new is added at its end, ticks change in place, Enter sends. The page works without it.
"use strict";
(() => {
  const log = document.getElementById("log");
  const list = log && log.querySelector(".bubbles");
  const form = document.getElementById("composer");
  const field = document.getElementById("text");
  const news = document.getElementById("news");
  const wrong = document.getElementById("wrong");
  if (!log || !log.dataset.since || !list) return;
  const MINE_MS = 3000, OTHERS_MS = 10000, NEAR_PX = 48;
  let etag = "", timer = 0, isOver = false;

  // -- what is new

  const isAtEnd = () => log.scrollHeight - log.clientHeight - Math.abs(log.scrollTop) < NEAR_PX || Math.abs(log.scrollTop) < NEAR_PX;

  function take(html) {
    const fresh = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html").querySelector("ol");
    const stayed = isAtEnd(), from = log.scrollHeight;
    let last = null, added = 0;
    for (const item of [...fresh.children]) {
      const known = document.getElementById(item.id);
      if (known) {
        const meta = known.querySelector(".meta"), now = item.querySelector(".meta");
        if (meta && now && meta.innerHTML !== now.innerHTML) { known.className = item.className; meta.replaceWith(now); }
        last = known;
      } else if (last || !list.children.length) {
        if (last) last.after(item); else list.append(item);
        last = item;
        if (item.classList.contains("hers")) added += 1;
      }
    }
    if (stayed) { log.scrollTop = 0; news.textContent = ""; return; }
    log.scrollTop -= log.scrollHeight - from; // it is scrolled from its end: what was read stays where it is
    if (added) news.textContent = "New messages below";
  }

  async function ask() {
    clearTimeout(timer);
    if (isOver || document.hidden) return;
    try {
      const answer = await fetch(log.dataset.since, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.redirected || answer.status === 401 || answer.status === 403) { isOver = true; news.textContent = "You are signed out: load the page again."; return; }
      if (answer.status === 200) { etag = answer.headers.get("ETag") || ""; take(await answer.text()); }
    } catch { /* not connected: the next question comes by itself */ }
    timer = setTimeout(ask, log.dataset.mine === "1" ? MINE_MS : OTHERS_MS);
  }

  document.addEventListener("visibilitychange", ask);
  addEventListener("pagehide", () => clearTimeout(timer));
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  log.addEventListener("scroll", () => { if (isAtEnd()) news.textContent = ""; });
  ask();

  // -- writing

  if (!form || !field || field.disabled) return;
  const canned = [...form.querySelectorAll("#canned button")];
  const shelf = document.getElementById("canned");
  document.getElementById("keys-here").hidden = false;
  let isSending = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending || !field.value.trim()) return;
    isSending = true;
    wrong.textContent = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Fragment": "1" } });
      if (answer.redirected || answer.status === 401) return void location.reload();
      const said = await answer.text();
      if (!answer.ok) { wrong.textContent = answer.status === 422 ? said : "That did not work. Load the page again."; return; }
      field.value = "";
      form.elements.once.value = `${Date.now()}-${Math.random()}`;
      etag = "";
      log.scrollTop = 0;
      take(said);
      offer();
    } catch {
      wrong.textContent = "Not connected. What you wrote is still here; send it again.";
    } finally {
      isSending = false;
    }
  });

  function offer() {
    const word = /^:(\S*)$/.exec(field.value.trim());
    shelf.hidden = !word;
    for (const one of canned) one.parentElement.hidden = !word || !one.dataset.word.startsWith(word[1].toLowerCase());
  }

  function put(one) {
    field.value = one.dataset.text;
    offer();
    field.focus();
  }

  for (const one of canned) { one.disabled = false; one.addEventListener("click", () => put(one)); }
  field.addEventListener("input", offer);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const first = shelf.hidden ? null : canned.find((one) => !one.parentElement.hidden);
    if (first && (event.key === "Tab" && !event.shiftKey || event.key === "Enter" && !event.shiftKey)) { event.preventDefault(); put(first); return; }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
  });
  offer();
})();
