// Presentation codes: what a citizen shows once, to one audience, for a minute. Read in the one form in which they are written.

import { Fault } from "./fault.js";
import { Pairs, Writer, read, same, signed64 } from "./cbor.js";
import { SEXES, birthDate, levelOf, statusReference } from "./claims.js";
import { byteLength } from "./text.js";

/** The type of such a message. */
export const TYPE = "application/vnd.congdanso.presentation+cwt";

const SECONDS_MAX = 60n;
const AUDIENCE_BYTES_MAX = 256;
const NONCE_BYTES = 16;
const HASH_BYTES = 32;
const [ISSUER, SUBJECT, AUDIENCE, EXPIRES_AT, ISSUED_AT, NONCE, IDENTITY, STATUS] = [1n, 2n, 3n, 4n, 6n, 7n, 169n, 65535n];

const text = (value) => (typeof value === "string" ? value : undefined);
const bytes = (length) => (value) => (value instanceof Uint8Array && value.length === length ? value : undefined);
const date = (value) => (text(value) !== undefined && (!value.includes("-") || value.length === 7) ? birthDate(value) : undefined);
const sex = (value) => (typeof value === "bigint" ? SEXES[Number(value) - 1] : undefined);
const level = (value) => (signed64(value) === undefined ? undefined : levelOf(value));
const boolean = (value) => (typeof value === "boolean" ? value : undefined);

/** What may be disclosed, in the order of its keys: key, name, form. */
const DISCLOSED = [
  [1n, "qid", text],
  [4n, "fullName", text],
  [8n, "birthDate", date],
  [9n, "sex", sex],
  [21n, "ward", text],
  [24n, "maskedNumber", text],
  [25n, "level", level],
  [26n, "declarantQid", text],
  [27n, "over18", boolean],
  [28n, "photoHash", bytes(HASH_BYTES)],
];

/** Reads claims of whose signature the caller is sure. Throws `bad_encoding` for anything but the one form, or one that holds too long. */
export function readPresentation(payload) {
  const map = read(payload);
  need(map instanceof Pairs && map.get(IDENTITY) instanceof Pairs);
  const identity = map.get(IDENTITY);
  const disclosed = {};
  for (const [key, name, form] of DISCLOSED) {
    if (identity.get(key) !== undefined) disclosed[name] = need(form(identity.get(key)));
  }
  const presentation = {
    issuer: need(text(map.get(ISSUER))),
    serial: need(text(map.get(SUBJECT))),
    audience: need(text(map.get(AUDIENCE))),
    expiresAt: need(signed64(map.get(EXPIRES_AT))),
    issuedAt: need(signed64(map.get(ISSUED_AT))),
    nonce: need(bytes(NONCE_BYTES)(map.get(NONCE))),
    disclosed,
    status: statusReference(map.get(STATUS)),
  };
  const seconds = presentation.expiresAt - presentation.issuedAt;
  need(seconds >= 0n && seconds <= SECONDS_MAX);
  need(presentation.audience !== "" && byteLength(presentation.audience) <= AUDIENCE_BYTES_MAX);
  // What is unknown, said twice or spelt otherwise is not what is written here.
  need(same(encode(presentation, identity), payload));
  return presentation;
}

function need(value) {
  if (value === undefined || value === false) throw new Fault("bad_encoding");
  return value;
}

function encode({ issuer, serial, audience, expiresAt, issuedAt, nonce, status }, identity) {
  const cbor = new Writer().map(8).integer(ISSUER).text(issuer).integer(SUBJECT).text(serial).integer(AUDIENCE).text(audience);
  cbor.integer(EXPIRES_AT).integer(expiresAt).integer(ISSUED_AT).integer(issuedAt).integer(NONCE).bytes(nonce);
  const there = DISCLOSED.map(([key]) => [key, identity.get(key)]).filter(([, value]) => value !== undefined);
  cbor.integer(IDENTITY).map(there.length);
  for (const [key, value] of there) cbor.integer(key).any(value);
  cbor.integer(STATUS).map(1).text("status_list").map(2);
  return cbor.text("idx").integer(status.index).text("uri").text(status.uri).finish();
}
