// Verdicts and lists in words.

import { AGE_SECONDS_MAX, known } from "./check/status.js";
import { hex } from "./check/trust.js";
import { verify } from "./check/verify.js";
import { language, of, t } from "./language.js";
import { now } from "./lists.js";
import { KINDS, VERDICTS } from "./words.js";

const $ = (id) => document.getElementById(id);
/** Verdicts that leave the question open; all others but `valid` answer it with no. */
const OPEN = ["stale_status", "unreadable"];

/** Checks a code against what is held, for this use. */
export async function check(text, lists, use) {
  if (lists.trust === undefined) return { code: "unknown_key", noTrust: true };
  const asked = { ageMax: AGE_SECONDS_MAX[use], confirmedAt: lists.statusCheckedAt && BigInt(lists.statusCheckedAt) };
  const at = now();
  const statusOf = (reference) => (lists.status ? known(lists.status, reference, BigInt(at), asked) : { known: "unknown" });
  const verdict = await verify(text, lists.trust, at, statusOf);
  return { ...verdict, trustAge: at - lists.trustCheckedAt, ageMax: asked.ageMax };
}

/** Which of `VERDICTS` says this verdict. */
export function wordsOf({ code, statusChecked, presentation }) {
  if (code !== "valid") return VERDICTS[code];
  if (presentation) return statusChecked ? VERDICTS.presented : VERDICTS.presented_unchecked;
  return statusChecked ? VERDICTS.valid : VERDICTS.valid_unchecked;
}

function kindOf(verdict) {
  if (verdict.noTrust || OPEN.includes(verdict.code)) return "care";
  if (verdict.code !== "valid") return "bad";
  return verdict.statusChecked ? "good" : "care";
}

/** Takes the verdict away: the one before must not stand beside the next code. */
export function clearVerdict() {
  $("answer").dataset.kind = "none";
  const waiting = element("div", { className: "waiting" });
  waiting.append(element("p", { textContent: t("waiting") }));
  waiting.firstChild.dataset.t = "waiting";
  $("verdict").replaceChildren(waiting);
  showClaims({});
  $("remark").hidden = true;
}

/** Says a verdict, and what the code says where its signature holds. */
export function showVerdict(verdict) {
  const kind = kindOf(verdict);
  $("answer").dataset.kind = kind;
  const said = element("div", { className: "said" });
  said.append(icon(kind), element("strong", { textContent: of(KINDS[kind]) }));
  const text = verdict.noTrust ? t("no_trust") : of(wordsOf(verdict));
  said.append(element("p", { textContent: text }));
  said.dataset.code = verdict.code;
  $("verdict").replaceChildren(said);
  showClaims(verdict);
  const remarks = [];
  if (verdict.age !== undefined) remarks.push(t("remark_stale", t.age(Number(verdict.age))));
  if (verdict.trustAge > verdict.ageMax) remarks.push(t("remark_old", t.ago(verdict.trustAge)));
  $("remark").textContent = remarks.join(" ");
  $("remark").hidden = remarks.length === 0;
}

/** What was signed: of a presentation what was chosen, and for whom. */
function showClaims({ claims, presentation }) {
  const signed = claims ?? presentation;
  $("claims").hidden = $("more").hidden = signed === undefined;
  if (signed === undefined) return;
  const shown = claims ?? presentation.disclosed;
  const named = (value, name) => (value === undefined ? undefined : t(name));
  showRows("claims", [
    ["audience", signed.audience, "name"],
    ["full_name", shown.fullName, "name"],
    ["over_18", named(shown.over18, shown.over18 ? "yes" : "no")],
    ["birth_date", shown.birthDate && day(shown.birthDate)],
    ["sex", named(shown.sex, shown.sex)],
    ["masked_number", shown.maskedNumber],
    ["ward", shown.ward],
    ["level", named(shown.level, `level_${shown.level}`)],
  ]);
  showRows("details", [
    ["issuer", signed.issuer],
    ["issued_at", t.instant(signed.issuedAt)],
    ["expires_at", t.instant(signed.expiresAt)],
    ["qid", shown.qid],
    ["serial", signed.serial],
    ["declared_by", shown.declarantQid],
    ["photo_hash", shown.photoHash && hex(shown.photoHash)],
  ]);
}

/** Rows of a name and a value, without those that have none. */
function showRows(id, rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== "");
  $(id).replaceChildren(...shown.map(([name, value, className = ""]) => {
    const row = element("div");
    row.append(element("dt", { textContent: t(name) }), element("dd", { textContent: value, className }));
    return row;
  }));
}

/** `1990-05-17` as `17/05/1990`, `1990-05` as `05/1990`. */
const day = (date) => date.split("-").reverse().join("/");

/** Says what codes are checked against, and how old it is. */
export function showData(lists) {
  const at = now();
  const ageMax = AGE_SECONDS_MAX[$("use").value];
  const told = (name, text, checkedAt) => {
    $(name).textContent = text;
    $(name).classList.toggle("old", checkedAt === undefined || at - checkedAt > ageMax);
  };
  const { trust, status, trustCheckedAt, statusCheckedAt } = lists;
  told("trust", trust ? t("version", trust.version, t.ago(at - trustCheckedAt)) : t("none"), trust && trustCheckedAt);
  told("status", status ? t("listed", t.ago(at - statusCheckedAt)) : t("none"), status && statusCheckedAt);
  $("network").textContent = t(lists.trouble ?? (navigator.onLine ? "online" : "offline"));
  $("root").textContent = lists.root ? fingerprint(lists.root) : t("none");
  $("pin").hidden = lists.otherRoot === undefined;
  if (lists.otherRoot) $("other-root").textContent = fingerprint(lists.otherRoot);
  document.documentElement.lang = language();
}

/** All of a public key, in groups that can be read out and compared. */
const fingerprint = (key) => hex(key).match(/.{4}/g).join(" ");

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function icon(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${kind}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}
