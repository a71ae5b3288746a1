// Small helpers: elements without innerHTML, icons, WhatsApp's text marks, calls to the sandbox.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value === "boolean") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const PATHS = {
  tick: "M1.5 8.5 5 12l8-9",
  ticks: "M1 8.5 4.5 12l8-9M8.2 10.6 9.5 12l8-9",
  list: "M3 5h14M3 10h14M3 15h14",
  reply: "M8 5 3 10l5 5M3 10h9a5 5 0 0 1 5 5",
  send: "M3 4l15 6-15 6 2.5-6zM5.5 10H11",
  plus: "M10 3.5v13M3.5 10h13",
  mic: "M10 2.5a2.5 2.5 0 0 1 2.5 2.5v4.5a2.5 2.5 0 0 1-5 0V5A2.5 2.5 0 0 1 10 2.5zM5 9.5a5 5 0 0 0 10 0M10 14.5v3",
  stop: "M6 6h8v8H6z",
  close: "M5 5l10 10M15 5 5 15",
  pin: "M10 18s6-5.6 6-10a6 6 0 0 0-12 0c0 4.4 6 10 6 10zM10 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  photo: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M13 8.2a1 1 0 1 0 0-2 1 1 0 0 0 0 2z",
  file: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5",
  person: "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17.5a6.5 6.5 0 0 1 13 0",
  warn: "M10 3 2 17h16zM10 8v4M10 14.2v.3",
  play: "M6.5 4v12l9.5-6z",
  pause: "M7 4.5v11M13 4.5v11",
  wave: "M3 8v4M6.5 5v10M10 7v6M13.5 4v12M17 8v4",
};

export function icon(name, size = 20) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const wide = name === "ticks" || name === "tick";
  for (const [k, v] of Object.entries({ viewBox: wide ? "0 0 19 15" : "0 0 20 20", width: size, height: wide ? size * 0.8 : size })) svg.setAttribute(k, v);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(ns, "path");
  for (const [k, v] of Object.entries({ d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" })) path.setAttribute(k, v);
  svg.append(path);
  return svg;
}

const MARKS = [
  [/```([\s\S]+?)```/, "code"],
  [/(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])/, "strong"],
  [/(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])/, "em"],
  [/(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])/, "s"],
  [/(https?:\/\/[^\s<>"')]+)/, "a"],
];

// Text with *bold*, _italic_, ~strike~, ```code``` and links as nodes; everything is text, nothing is parsed as HTML.
export function rich(text) {
  const out = document.createDocumentFragment();
  let rest = text;
  while (rest) {
    let first = null;
    for (const [pattern, tag] of MARKS) {
      const match = pattern.exec(rest);
      if (match && (!first || match.index < first.match.index)) first = { match, tag };
    }
    if (!first) break;
    const { match, tag } = first;
    out.append(rest.slice(0, match.index));
    if (tag === "a") out.append(el("a", { href: match[1], target: "_blank", rel: "noopener noreferrer" }, match[1]));
    else if (tag === "code") out.append(el("code", {}, match[1]));
    else out.append(el(tag, {}, rich(match[1])));
    rest = rest.slice(match.index + match[0].length);
  }
  out.append(rest);
  return out;
}

export async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

export async function send(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  let found = {};
  try { found = JSON.parse(text); } catch { found = { error: text }; }
  if (!answer.ok && !found.message) throw new Error(found.error || `${answer.status}`);
  return found;
}

const ACCRA = { timeZone: "Africa/Accra" };
const HOUR = new Intl.DateTimeFormat("en-GB", { ...ACCRA, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...ACCRA, weekday: "long", day: "numeric", month: "long" });
export const hour = (when) => HOUR.format(when);
export const day = (when) => DAY.format(when);

export function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
