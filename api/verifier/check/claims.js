// What a token says: CWT claim 169 and the claims around it.

import { Fault } from "./fault.js";
import { Pairs, read, signed64, unsigned64 } from "./cbor.js";
import { isDigits } from "./text.js";

const [ISSUER, SUBJECT, EXPIRES_AT, NOT_BEFORE, ISSUED_AT, IDENTITY, STATUS] = [1n, 2n, 4n, 5n, 6n, 169n, 65535n];
const [ID, FULL_NAME, BIRTH_DATE, SEX, MASKED_NUMBER, LEVEL, DECLARANT] = [1n, 4n, 8n, 9n, 24n, 25n, 26n];
export const SEXES = ["male", "female", "other"];
const LEVEL_MAX = 2n;

/**
 * Reads claims of whose signature the caller is sure. Needed are `iss`, `exp`, `iat`, and the id, name, birth date and sex of claim 169; what is
 * unknown is passed over. Throws `not_ours` where there is no claim 169, else `bad_encoding`. Instants are BigInt, seconds since 1970.
 */
export function readClaims(payload) {
  const claims = new Fields(read(payload));
  const wrapped = claims.get(IDENTITY);
  if (wrapped === undefined) throw new Fault("not_ours");
  const identity = new Fields(wrapped instanceof Uint8Array ? read(wrapped) : wrapped);
  const issuedAt = claims.needed(claims.integer(ISSUED_AT));
  return {
    issuer: claims.needed(claims.text(ISSUER)),
    serial: claims.text(SUBJECT) ?? "",
    expiresAt: claims.needed(claims.integer(EXPIRES_AT)),
    notBefore: claims.integer(NOT_BEFORE) ?? issuedAt,
    issuedAt,
    qid: identity.needed(identity.text(ID)),
    fullName: identity.needed(identity.text(FULL_NAME)),
    birthDate: identity.needed(birthDate(identity.needed(identity.text(BIRTH_DATE)))),
    sex: identity.needed(SEXES[Number(identity.needed(identity.integer(SEX))) - 1]),
    maskedNumber: identity.text(MASKED_NUMBER) ?? "",
    level: identity.needed(levelOf(identity.integer(LEVEL) ?? 0n)),
    declarantQid: identity.text(DECLARANT) ?? "",
    status: claims.get(STATUS) === undefined ? { uri: "", index: 0n } : statusReference(claims.get(STATUS)),
  };
}

/** The numbered fields of a map, each named once. A number may be written as its decimal text. */
export class Fields {
  #fields = new Map();

  constructor(value) {
    this.needed(value instanceof Pairs || undefined);
    for (const [key, held] of value.pairs) {
      const number = fieldNumber(key);
      if (number === undefined) continue;
      this.needed(this.#fields.has(number) ? undefined : true);
      this.#fields.set(number, held);
    }
  }

  needed(value) {
    if (value === undefined || value === null) throw new Fault("bad_encoding");
    return value;
  }

  get(key) {
    return this.#fields.get(key);
  }

  text(key) {
    const value = this.get(key);
    return value === undefined ? undefined : this.needed(typeof value === "string" ? value : undefined);
  }

  integer(key) {
    const value = this.get(key);
    return value === undefined ? undefined : this.needed(signed64(value));
  }
}

function fieldNumber(key) {
  if (typeof key === "bigint") return signed64(key);
  return typeof key === "string" && key !== "" && isDigits(key) ? signed64(BigInt(key)) : undefined;
}

/** A level as a number; `undefined` for what is none. */
export const levelOf = (value) => (value >= 0n && value <= LEVEL_MAX ? Number(value) : undefined);

/** `{"status_list": {"idx": n, "uri": "..."}}`, each name there once. */
export function statusReference(value) {
  const list = named(value, "status_list");
  const [index, uri] = [unsigned64(named(list, "idx")), named(list, "uri")];
  if (index === undefined || typeof uri !== "string") throw new Fault("bad_encoding");
  return { uri, index };
}

function named(map, name) {
  const found = map instanceof Pairs ? map.pairs.filter(([key]) => key === name) : [];
  if (found.length !== 1) throw new Fault("bad_encoding");
  return found[0][1];
}

/** `YYYYMMDD`, `YYYYMM` and `YYYY`, with or without dashes, to the form with dashes; `undefined` for anything else. */
export function birthDate(text) {
  const dashed = /^[^]{4}-[^]{2}(-[^]{2})?$/u.test(text);
  const digits = dashed ? text.replaceAll("-", "") : text;
  if (!isDigits(digits)) return undefined;
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
  if (digits.length === 4) return year;
  if (digits.length === 6 && isInCalendar(year, month, "01")) return `${year}-${month}`;
  return digits.length === 8 && isInCalendar(year, month, day) ? `${year}-${month}-${day}` : undefined;
}

/** Whether the Gregorian calendar has this day. All three are digits. */
export function isInCalendar(year, month, day) {
  const [y, m, d] = [year, month, day].map(Number);
  const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1];
  return d >= 1 && d <= (days ?? 0);
}
