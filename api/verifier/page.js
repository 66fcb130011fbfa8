// The page: what is pressed, what is shown.

import { isSupported } from "./check/ed25519.js";
import { AGE_SECONDS_MAX } from "./check/status.js";
import { Lists, now } from "./lists.js";
import { Camera, readFile } from "./scan.js";
import { check, clearVerdict, showData, showVerdict } from "./show.js";
import { language, onLanguage, setLanguage, t } from "./language.js";

/** How long a check waits for newer lists, in milliseconds. */
const REFRESH_MS_MAX = 2_000;
/** How far this device's clock may be off before it is said, in seconds: a presentation holds for no longer. */
const CLOCK_SECONDS_MAX = 60;

const $ = (id) => document.getElementById(id);
const lists = new Lists();
const camera = new Camera();

/** What was checked last, to be said again in another language. */
let verdict;
/** What stands under the ways to give a code. */
let hint = "hint";
let unsupported = false;

function setHint(text) {
  hint = text;
  $("hint").textContent = t(text);
}

function forget() {
  verdict = undefined;
  clearVerdict();
  $("next").hidden = true;
}

async function judge(text) {
  forget();
  setHint("checking");
  // Where the network is slow, what is held must do.
  await Promise.race([lists.refresh(), new Promise((resolve) => setTimeout(resolve, REFRESH_MS_MAX))]);
  verdict = await check(text, lists, $("use").value);
  setHint("hint");
  showVerdict(verdict);
  showNotice();
  $("answer").scrollIntoView({ block: "nearest" });
}

async function scan() {
  forget();
  [$("scan").hidden, $("stop").hidden, $("viewer").hidden] = [true, false, false];
  $("viewer").scrollIntoView({ block: "nearest" });
  $("stop").focus();
  setHint("scanning");
  let text = null;
  let trouble;
  try {
    await camera.start($("video"));
    text = await camera.next();
  } catch (error) {
    trouble = error.name === "NotAllowedError" ? "camera_denied" : "no_camera";
  }
  camera.stop();
  const wasFocused = document.activeElement === $("stop");
  [$("scan").hidden, $("stop").hidden, $("viewer").hidden] = [false, true, true];
  if (text === null) {
    setHint(trouble ?? "hint");
    if (wasFocused) $("scan").focus();
    return;
  }
  await judge(text);
  $("next").hidden = false;
  $("next").focus({ preventScroll: true });
}

async function pick(file) {
  forget();
  setHint("reading");
  try {
    const text = await readFile(file);
    if (text === null) setHint("no_symbol");
    else await judge(text);
  } catch (error) {
    setHint(error.name === "EncodingError" ? "no_picture" : "no_symbol");
  }
}

/** The one thing that a user must know before believing a verdict. */
function showNotice() {
  const notice = $("notice");
  const text = noticed();
  // Said again only when it changes: it is read aloud.
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = text === "";
}

function noticed() {
  if (unsupported) return t("old_browser");
  if (lists.trust === undefined) return t("no_trust");
  const off = Math.abs(lists.aheadSeconds);
  if (off > CLOCK_SECONDS_MAX) return t("clock", t.age(off));
  const checked = [lists.trustCheckedAt, lists.statusCheckedAt].filter((at) => at !== undefined);
  const age = now() - Math.min(...checked);
  return age > AGE_SECONDS_MAX[$("use").value] ? t("old_data", t.age(age)) : "";
}

function show() {
  showData(lists);
  showNotice();
}

async function refresh(options) {
  $("network").textContent = t("asking");
  await lists.refresh(options);
  show();
}

/** Asks again each `ttl` while somebody looks at the page. */
function keepFresh() {
  setTimeout(async () => {
    if (!document.hidden) await lists.refresh();
    show();
    keepFresh();
  }, lists.ttlSeconds * 1000);
}

function listen() {
  document.querySelectorAll("[data-language]").forEach((button) => {
    button.addEventListener("click", () => setLanguage(button.dataset.language));
  });
  onLanguage(() => {
    setHint(hint);
    if (verdict !== undefined) showVerdict(verdict);
    show();
  });
  $("scan").addEventListener("click", scan);
  $("next").addEventListener("click", scan);
  $("stop").addEventListener("click", () => camera.stop());
  $("pick").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    $("file").value = "";
    if (file) await pick(file);
  });
  $("paste").addEventListener("submit", async (event) => {
    event.preventDefault();
    if ($("text").value !== "") await judge($("text").value);
    else setHint("empty");
  });
  $("use").addEventListener("change", () => {
    localStorage.setItem("use", $("use").value);
    show();
  });
  $("refresh").addEventListener("click", () => refresh({ force: true }));
  $("repin").addEventListener("click", async () => {
    await lists.repin();
    show();
  });
  addEventListener("online", () => refresh({ force: true }));
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}

async function start() {
  $("use").value = localStorage.getItem("use") in AGE_SECONDS_MAX ? localStorage.getItem("use") : "desk";
  setLanguage(language());
  listen();
  if (!(await isSupported())) {
    unsupported = true;
    document.querySelectorAll("#ways button, #ways textarea").forEach((control) => (control.disabled = true));
    showNotice();
    return;
  }
  navigator.serviceWorker?.register("/verify/sw.js", { scope: "/verify" }).catch(() => undefined);
  await lists.load();
  show();
  await refresh({ force: true });
  keepFresh();
  document.documentElement.dataset.ready = "yes";
}

start();
