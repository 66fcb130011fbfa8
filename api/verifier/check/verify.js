// What checking a code yields: one verdict out of a closed list. No network, no clock.

import { Fault } from "./fault.js";
import { decode } from "./base45.js";
import { readClaims } from "./claims.js";
import { Sign1 } from "./cose.js";
import { agrees, parse } from "./national.js";
import { TYPE as PRESENTATION, readPresentation } from "./presentation.js";
import { byteLength } from "./text.js";
import { isRevoked, issueFault, keyOf } from "./trust.js";
import { CODE_BYTES_MAX, unwrap } from "./zlib.js";

/** The longest text that is looked at. */
const TEXT_BYTES_MAX = 100 * 1024;

/**
 * Checks a code: the bare text of a token or presentation, or a national string that carries a token. `now` in seconds since 1970; `statusOf` is asked
 * with the code's reference once everything else holds, and answers `unknown`, `valid`, `revoked`, `suspended` or `stale`, with an age in seconds. A
 * verifier that has a name gives it as `audience`: a presentation for another one is refused.
 *
 * Order: it opens under the trust list; every field of a national string agrees with it; it holds now; its status.
 */
export async function verify(text, trust, now, statusOf, audience) {
  // Scanners put these around what they read. Spaces stay: base45 has them as digits.
  const code = text.replace(/^\uFEFF+/, "").replace(/[\r\n]+$/, "");
  try {
    if (byteLength(code) > TEXT_BYTES_MAX) throw new Fault("unreadable");
    const content = code.includes("|") ? await openNational(code, trust) : await open(code, trust);
    return { ...judge(content, BigInt(now), statusOf, audience), ...content };
  } catch (fault) {
    if (fault instanceof Fault) return { code: fault.code };
    throw fault;
  }
}

function judge({ claims, presentation }, now, statusOf, audience) {
  const { notBefore = presentation?.issuedAt, expiresAt, status: reference } = claims ?? presentation;
  if (presentation && audience !== undefined && audience !== presentation.audience) return { code: "wrong_audience" };
  if (now < notBefore) return { code: "not_yet_valid" };
  if (now >= expiresAt) return { code: "expired" };
  const { known, age } = statusOf(reference);
  if (known === "unknown") return { code: "valid", statusChecked: false };
  if (known === "valid") return { code: "valid", statusChecked: true };
  return known === "stale" ? { code: "stale_status", age } : { code: known };
}

/** A national string carries a static code only. */
async function openNational(code, trust) {
  const { fields, token } = parse(code);
  if (token === "") throw new Fault("unsigned");
  const content = await open(token, trust);
  if (content.claims === undefined || !agrees(fields, content.claims)) throw new Fault("fields_contradict");
  return content;
}

/** The `claims` of a token, or the `presentation`, that a key of the trust list signed for this purpose while it was in force. */
async function open(text, trust) {
  if (text === "") throw new Fault("unreadable");
  const wrapped = decode(text);
  if (wrapped === null) throw new Fault("unreadable");
  const message = new Sign1(await unwrap(wrapped, CODE_BYTES_MAX));
  // Any other typed message (a status list, a trust list) is no code, whoever signed it.
  if (message.type !== null && message.type !== PRESENTATION) throw new Fault("not_ours");
  const key = keyOf(trust, message.kid);
  if (key === undefined) throw new Fault("unknown_key");
  if (key.purpose !== (message.type === null ? "identity" : "presentation")) throw new Fault("wrong_purpose");
  const payload = await message.verified(key.public);
  if (payload === null) throw new Fault("bad_signature");
  // Whoever has a revoked key may have signed anything: it is not even read.
  if (isRevoked(key)) throw new Fault("key_revoked");
  const content = message.type === null ? { claims: readClaims(payload) } : { presentation: readPresentation(payload) };
  const fault = issueFault(key, (content.claims ?? content.presentation).issuedAt);
  if (fault !== null) throw new Fault(fault);
  return content;
}
