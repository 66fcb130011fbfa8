// What checking a code yields: one verdict out of a closed list. No network, no clock.

import { Fault } from "./fault.js";
import { decode } from "./base45.js";
import { readClaims } from "./claims.js";
import { Sign1 } from "./cose.js";
import { agrees, parse } from "./national.js";
import { byteLength } from "./text.js";
import { isRevoked, issueFault, keyOf } from "./trust.js";
import { CODE_BYTES_MAX, unwrap } from "./zlib.js";

/** The longest text that is looked at. */
const TEXT_BYTES_MAX = 100 * 1024;

/**
 * Checks a code: the bare token text, or a national string that carries one. `now` in seconds since 1970; `statusOf` is asked with the token's
 * claims once everything else holds, and answers `unknown`, `valid`, `revoked`, `suspended` or `stale`, with an age in seconds.
 *
 * Order: the token opens under the trust list; every field of a national string agrees with it; it holds now; its status.
 */
export async function verify(text, trust, now, statusOf) {
  // Scanners put these around what they read. Spaces stay: base45 has them as digits.
  const code = text.replace(/^\uFEFF+/, "").replace(/[\r\n]+$/, "");
  try {
    if (byteLength(code) > TEXT_BYTES_MAX) throw new Fault("unreadable");
    const claims = code.includes("|") ? await openNational(code, trust) : await open(code, trust);
    return judge(claims, BigInt(now), statusOf);
  } catch (fault) {
    if (fault instanceof Fault) return { code: fault.code };
    throw fault;
  }
}

function judge(claims, now, statusOf) {
  if (now < claims.notBefore) return { code: "not_yet_valid", claims };
  if (now >= claims.expiresAt) return { code: "expired", claims };
  const status = statusOf(claims);
  if (status.known === "unknown") return { code: "valid", claims, statusChecked: false };
  if (status.known === "valid") return { code: "valid", claims, statusChecked: true };
  if (status.known === "stale") return { code: "stale_status", claims, age: status.age };
  return { code: status.known, claims };
}

async function openNational(code, trust) {
  const { fields, token } = parse(code);
  if (token === "") throw new Fault("unsigned");
  const claims = await open(token, trust);
  if (!agrees(fields, claims)) throw new Fault("fields_contradict");
  return claims;
}

/** The claims of a token that a key of the trust list signed for identities while it was in force. */
async function open(token, trust) {
  if (token === "") throw new Fault("unreadable");
  const wrapped = decode(token);
  if (wrapped === null) throw new Fault("unreadable");
  const message = new Sign1(await unwrap(wrapped, CODE_BYTES_MAX));
  // A typed message (a status list, a trust list) is never an identity, whoever signed it.
  if (message.type !== null) throw new Fault("not_ours");
  const key = keyOf(trust, message.kid);
  if (key === undefined) throw new Fault("unknown_key");
  if (key.purpose !== "identity") throw new Fault("wrong_purpose");
  const payload = await message.verified(key.public);
  if (payload === null) throw new Fault("bad_signature");
  // Whoever has a revoked key may have signed anything: it is not even read.
  if (isRevoked(key)) throw new Fault("key_revoked");
  const claims = readClaims(payload);
  const fault = issueFault(key, claims.issuedAt);
  if (fault !== null) throw new Fault(fault);
  return claims;
}
