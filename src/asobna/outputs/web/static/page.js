// Makes the page live: checks while you write, applies a wording, takes a dropped file.
// The server renders every result; nothing here makes markup from text.
"use strict";

const form = document.getElementById("draft");
const text = document.getElementById("text");
const file = document.getElementById("file");
const result = document.getElementById("result");
const status = document.getElementById("status");
const WAIT_MS = 600;
const LIVE_CHARACTERS = 200000;
let timer = 0;
let running = null;

async function check() {
  if (running) running.abort();
  running = new AbortController();
  const mine = running;
  status.className = "";
  status.textContent = status.dataset.checking;
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: { "x-part": "result" }, signal: mine.signal,
    });
    const body = await answer.text();
    if (mine !== running) return;
    if (!answer.ok) { status.textContent = body; return; }
    show(body);
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = status.dataset.failed;
  }
}

function show(body) {
  const hidden = ["E", "S", "C"].filter((s) => document.getElementById("show-" + s)?.checked === false);
  const parsed = new DOMParser().parseFromString(body, "text/html");
  result.replaceChildren(...parsed.body.childNodes);
  for (const s of hidden) {
    const box = document.getElementById("show-" + s);
    if (box) box.checked = false;
  }
  const heading = result.querySelector("h2, p");
  status.textContent = heading ? heading.textContent : "";
  status.className = "away"; // seen as the heading; heard as a status
  offerWordings();
  offerCopy();
}

function offerWordings() {
  for (const wording of result.querySelectorAll("dd.wording")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = wording.textContent;
    button.setAttribute("aria-label", wording.dataset.label);
    button.addEventListener("click", () => apply(wording));
    wording.replaceChildren(button);
  }
}

function offerCopy() {
  const copy = document.getElementById("copy");
  if (!copy || !navigator.clipboard) return;
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const remarks = [...result.querySelectorAll(".findings li")].filter((li) => li.offsetParent);
    await navigator.clipboard.writeText(remarks.map((li) => li.innerText.trim()).join("\n\n") + "\n");
    status.className = "";
    status.textContent = status.dataset.copied;
  });
}

function apply(wording) {
  const start = Number(wording.dataset.start);
  const end = Number(wording.dataset.end);
  const replacement = wording.firstChild.textContent;
  text.focus();
  text.setSelectionRange(start, end);
  // keeps the change in the browser's undo history where it can
  if (!document.execCommand("insertText", false, replacement)) text.setRangeText(replacement, start, end, "end");
  later(0);
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(check, wait);
}

// A text file goes into the text field; any other stays chosen, so that it can be downloaded too.
async function takeFile(chosen) {
  const format = /\.(md|markdown)$/i.test(chosen.name) ? "md" : /\.x?html?$/i.test(chosen.name) ? "html" : "txt";
  try {
    if (!/\.(txt|text|md|markdown|x?html?)$/i.test(chosen.name)) throw new TypeError("packed");
    text.value = new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer());
    file.value = "";
  } catch {
    const transfer = new DataTransfer();
    transfer.items.add(chosen);
    file.files = transfer.files; // the server reads it, or says what is wrong with it
  }
  document.getElementById("format").value = format;
  await check();
}

text.addEventListener("input", () => { file.value = ""; if (text.value.length < LIVE_CHARACTERS) later(WAIT_MS); });
file.addEventListener("change", () => { if (file.files[0]) takeFile(file.files[0]); });
for (const id of ["lang", "format"]) document.getElementById(id).addEventListener("change", () => later(0));
form.addEventListener("submit", async (event) => {
  if (event.submitter && event.submitter.name === "as") return;
  event.preventDefault();
  clearTimeout(timer);
  await check();
  result.focus();
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) takeFile(event.dataTransfer.files[0]);
});
offerWordings();
offerCopy();
