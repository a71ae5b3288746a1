// Marks what has changed since the page was loaded; the page works as well without it.
// <body data-events="/admin/events" data-news="/admin/news" data-after="the place in the news before the page was read">
"use strict";
(() => {
  const { events, news, after } = document.body.dataset;
  if (!events) return;
  const POLL_MS = 15_000, HIDDEN_POLL_MS = 60_000, STREAM_AGAIN_MS = 300_000, FAILURES = 3;
  const ALARMS = new Set(["dispute", "case", "failed"]);
  const PAUSED = "live-paused";

  const status = document.getElementById("live");
  const icon = document.querySelector("link[rel=icon]");
  const title = document.title;
  const changed = new Set();

  let place = after || "", source = null, failures = 0, timer = 0, streamAt = 0, isOver = false;

  // -- what the page shows

  function mark({ topic, subject }) {
    const rows = document.querySelectorAll(`[data-topic="${CSS.escape(topic)}"][data-subject="${CSS.escape(subject)}"]`);
    for (const row of rows) {
      if (row.classList.contains("is-new")) continue;
      row.classList.add("is-new");
      const said = document.createElement("span");
      said.className = "hush";
      said.textContent = " changed";
      (row.querySelector("th, td") || row).append(said);
    }
    changed.add(`${topic} ${subject}`);
    if (icon && ALARMS.has(topic)) icon.href = icon.href.replace("calm.svg", "alarm.svg");
    document.title = `(${changed.size}) ${title}`;
    say(`${changed.size} ${changed.size === 1 ? "change" : "changes"}`);
  }

  function say(words) {
    if (!status) return;
    const again = document.createElement("a");
    again.href = location.href.split("#")[0];
    again.textContent = "reload";
    status.replaceChildren(`${words} · `, again);
  }

  function tooMuch() {
    document.title = `(!) ${title}`;
    say("Much has changed");
  }

  // -- how it hears of it

  function listen() {
    stop();
    if (isOver || isPaused()) return;
    if (document.hidden || Date.now() < streamAt || !window.EventSource) return void poll();
    source = new EventSource(`${events}?after=${encodeURIComponent(place)}`);
    source.addEventListener("here", heard);
    source.addEventListener("news", (event) => { heard(event); mark(JSON.parse(event.data)); });
    source.addEventListener("reset", (event) => { heard(event); tooMuch(); });
    source.addEventListener("error", failed);
  }

  function heard(event) {
    place = event.lastEventId || place;
    failures = 0;
  }

  function failed() {
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < FAILURES) return;
    failures = 0;
    streamAt = Date.now() + STREAM_AGAIN_MS;
    listen();
  }

  async function poll() {
    clearTimeout(timer);
    const mine = timer = setTimeout(listen, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
    try {
      const answer = await fetch(`${news}?after=${encodeURIComponent(place)}`, { headers: { Accept: "application/json" } });
      if (mine !== timer) return; // paused, or asked again meanwhile
      if (answer.redirected || answer.status === 401 || answer.status === 403) return void signedOut();
      if (answer.status !== 200) return;
      const told = await answer.json();
      if (mine !== timer) return;
      place = told.after;
      told.news.forEach(mark);
      if (told.reset) tooMuch();
    } catch {
      // not connected: the next question comes by itself
    }
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    if (source) source.close();
    source = null;
  }

  function signedOut() {
    stop();
    isOver = true;
    say("You are signed out");
  }

  // -- what people do

  function isPaused() {
    return sessionStorage.getItem(PAUSED) === "1";
  }

  function offerPause() {
    const pause = document.createElement("button");
    const show = () => pause.setAttribute("aria-pressed", String(isPaused()));
    pause.type = "button";
    pause.className = "plain";
    pause.textContent = "Pause updates";
    pause.addEventListener("click", () => {
      sessionStorage.setItem(PAUSED, isPaused() ? "0" : "1");
      show();
      listen();
    });
    show();
    status.after(pause);
  }

  document.addEventListener("visibilitychange", async () => {
    stop();
    if (isOver || isPaused()) return;
    if (!document.hidden) await poll();
    listen();
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  if (status) offerPause();
  listen();
})();
