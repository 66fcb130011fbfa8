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
  const statusOf = (claims) => (lists.status ? known(lists.status, claims.status, BigInt(at), asked) : { known: "unknown" });
  const verdict = await verify(text, lists.trust, at, statusOf);
  return { ...verdict, trustAge: at - lists.trustCheckedAt, ageMax: asked.ageMax };
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
  showClaims(undefined);
  $("remark").hidden = true;
}

/** Says a verdict, and what the code says where its signature holds. */
export function showVerdict(verdict) {
  const kind = kindOf(verdict);
  const unchecked = verdict.code === "valid" && !verdict.statusChecked;
  $("answer").dataset.kind = kind;
  const said = element("div", { className: "said" });
  said.append(icon(kind), element("strong", { textContent: of(KINDS[kind]) }));
  const text = verdict.noTrust ? t("no_trust") : of(VERDICTS[unchecked ? "valid_unchecked" : verdict.code]);
  said.append(element("p", { textContent: text }));
  said.dataset.code = verdict.code;
  $("verdict").replaceChildren(said);
  showClaims(verdict.claims);
  const remarks = [];
  if (verdict.age !== undefined) remarks.push(t("remark_stale", t.age(Number(verdict.age))));
  if (verdict.trustAge > verdict.ageMax) remarks.push(t("remark_old", t.ago(verdict.trustAge)));
  $("remark").textContent = remarks.join(" ");
  $("remark").hidden = remarks.length === 0;
}

function showClaims(claims) {
  $("claims").hidden = $("more").hidden = claims === undefined;
  if (claims === undefined) return;
  showRows("claims", [
    ["full_name", claims.fullName, "name"],
    ["birth_date", day(claims.birthDate)],
    ["sex", t(claims.sex)],
    ["masked_number", claims.maskedNumber],
    ["level", t(`level_${claims.level}`)],
  ]);
  showRows("details", [
    ["issuer", claims.issuer],
    ["issued_at", t.instant(claims.issuedAt)],
    ["expires_at", t.instant(claims.expiresAt)],
    ["qid", claims.qid],
    ["serial", claims.serial],
    ["declared_by", claims.declarantQid],
  ]);
}

/** Rows of a name and a value, without those that have none. */
function showRows(id, rows) {
  const shown = rows.filter(([, value]) => value !== "");
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
