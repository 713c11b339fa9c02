/* Copyright: (c) 2026, the dcass.sftp contributors
   GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later
   The page works without it. It tells the page's age, finds participants, copies commands, and loads what is newer. */
"use strict";
const byId = (id) => document.getElementById(id);
const all = (what) => [...document.querySelectorAll(what)];
const MINUTE = 60000;
const DAY = 1440 * MINUTE;
const written = Date.parse(document.body.dataset.written);
const title = document.title;

function span(time) {
  const [count, unit] = time < 60 * MINUTE ? [time / MINUTE, "minute"] : time < 2 * DAY ? [time / MINUTE / 60, "hour"] : [time / DAY, "day"];
  const whole = Math.max(0, Math.floor(count));
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

function tellAge() {
  const age = Date.now() - written;
  const stale = age > DAY;
  byId("age").textContent = `(${span(age)} ago)`;
  if (stale === byId("stale").hidden) {
    byId("stale").hidden = !stale;
    byId("stale").textContent = stale ? `Out of date: this page is ${span(age)} old. Nothing on it tells of today. Look why the playbook dcass.sftp.status does not run.` : "";
    document.title = stale ? `OUT OF DATE – ${title}` : title;
  }
}

function find() {
  const words = byId("find").value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const one of all("[data-find]")) {
    one.hidden = !words.every((word) => one.dataset.find.includes(word));
    shown += one.hidden || !one.matches(".participant") ? 0 : 1;
  }
  byId("found").textContent = byId("find").value ? `${shown} shown` : "";
}

function offerCopies() {
  for (const command of all(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this command");
    button.addEventListener("click", () => copy(command.querySelector("code"), button));
    command.append(button);
  }
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch { /* a page from a file, or by http, may not: then it is marked, to be copied by hand */
    getSelection().selectAllChildren(code);
    button.textContent = document.execCommand("copy") ? "Copied" : "Marked";
    return;
  }
  button.textContent = "Copied";
}

/* What people have opened and looked for is still there when the page has been loaded anew. */
function keep() {
  const open = all(".participant").map((one, number) => (one.open ? number : -1)).filter((number) => number >= 0);
  try {
    sessionStorage.setItem(location.pathname, JSON.stringify([byId("find").value, open, scrollY]));
  } catch { /* then it begins anew */ }
}

function bringBack() {
  try {
    const [text, open, height] = JSON.parse(sessionStorage.getItem(location.pathname));
    const participants = all(".participant");
    byId("find").value = text;
    participants.forEach((one, number) => (one.open = open.includes(number)));
    find();
    scrollTo(0, height);
  } catch { /* nothing was kept */ }
}

let busy = 0;
for (const event of ["keydown", "pointerdown", "wheel"]) {
  addEventListener(event, () => (busy = Date.now()), { passive: true });
}
function loadAnew() {
  if (Date.now() - busy > 2 * MINUTE && String(getSelection()) === "") {
    keep();
    location.reload();
  }
}

byId("finder").hidden = all(".participant").length < 3;
byId("find").addEventListener("input", find);
offerCopies();
bringBack();
tellAge();
setInterval(tellAge, MINUTE);
setInterval(loadAnew, 5 * MINUTE);
