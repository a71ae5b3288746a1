"use strict";
/* Asks for news while the page is looked at, and puts in what has changed without moving what is read. */
(() => {
  const main = document.getElementById("main"), live = document.getElementById("live");
  let known = main.dataset.etag, timer = 0;

  const say = (text) => { if (live.textContent !== text) live.textContent = text; };
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const heading = (part) => part.querySelector("h2").textContent;

  function put(fresh) {
    const old = document.getElementById(fresh.id);
    if (!old || old.outerHTML === fresh.outerHTML) return false;
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(fresh);
    if (focused) [...fresh.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus({ preventScroll: true });
    return true;
  }

  function take(html) {
    const fresh = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("section")];
    const read = [...document.querySelectorAll("section")].find((part) => part.getBoundingClientRect().bottom > 0);
    const top = read ? read.getBoundingClientRect().top : 0;
    const news = fresh.filter((part) => put(document.adoptNode(part)));
    if (read) window.scrollBy(0, document.getElementById(read.id).getBoundingClientRect().top - top);
    news.forEach((part) => part.classList.add("new"));
    setTimeout(() => news.forEach((part) => { part.classList.remove("new"); }), 4000);
    if (news.length) say(`New at ${clock()}: ${news.map(heading).join(", ")}.`);
  }

  async function ask() {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(main.dataset.now, { headers: known ? { "If-None-Match": known } : {}, cache: "no-store", credentials: "omit" });
      if (answer.status === 404 || answer.status === 410) {
        clearInterval(timer);
        say("This link is no longer good. Send “status” in the chat for a new one.");
      } else if (answer.ok) {
        known = answer.headers.get("ETag");
        take(await answer.text());
      } else if (answer.status === 304) {
        if (!live.textContent.startsWith("New at")) say("This page keeps itself up to date.");
      } else {
        say("No news for the moment; trying again.");
      }
    } catch {
      say("No connection; trying again.");
    }
  }

  timer = setInterval(ask, main.dataset.every * 1000);
  document.addEventListener("visibilitychange", ask);
  ask();
})();
