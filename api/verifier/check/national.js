// The national personal QR string: Decision 1405/QĐ-BTTTT. `SoGiayTo|HoTen|NgaySinh|LoaiDinhDanh|QID|EXT`, where EXT is
// `QID of the declarant<gender<health insurance<phone<signature<others`.

import { Fault } from "./fault.js";
import { isInCalendar } from "./claims.js";
import { byteLength, isDigits, trim } from "./text.js";

const ID_BYTES_MAX = 64;
const FIELD_BYTES_MAX = 1024;
const MASKED_CHARACTERS = 6;

/** Reads a string. Throws `not_ours` for another number of fields, `bad_encoding` for a field of a wrong form. */
export function parse(text) {
  const fields = text.split("|");
  if (fields.length !== 5 && fields.length !== 6) throw new Fault("not_ours");
  const [number, name, birthDate, declaration, qid, extension = ""] = fields;
  const [declarant = "", gender = "", insurance = "", phone = "", token = "", ...rest] = extension.split("<");
  const read = {
    number: checked(trim(number), isNumber),
    name: checked(foldName(checked(name, isBounded)), Boolean),
    birthDate: birthDateOf(trim(birthDate)),
    declaredByOther: oneOf(["0", "1"], trim(declaration)) === 1,
    qid: checked(trim(qid), (id) => id !== "" && isId(id)),
    declarantQid: checked(trim(declarant), isId),
    gender: trim(gender) === "" ? 0 : oneOf(["0", "1", "2"], trim(gender)),
    insurance: checked(trim(insurance), isBounded),
    phone: checked(trim(phone), isBounded),
    others: checked(trim(rest.join("<")), isBounded),
  };
  // The token is not trimmed: a space is a digit of base45.
  return { fields: read, token };
}

/** Whether every field says what the claims say: number masked as signed, birth date whole or masked, and nothing that no claim covers. */
export function agrees(fields, claims) {
  const signed = {
    number: maskNumber(claims.maskedNumber),
    name: foldName(claims.fullName),
    birthDate: fields.birthDate === claims.birthDate ? claims.birthDate : maskBirthDate(claims.birthDate),
    declaredByOther: claims.declarantQid !== "",
    qid: claims.qid,
    declarantQid: claims.declarantQid,
    gender: { male: 1, female: 2, other: 0 }[claims.sex],
    insurance: "",
    phone: "",
    others: "",
  };
  return Object.keys(signed).every((name) => signed[name] === fields[name]);
}

function checked(value, holds) {
  if (!holds(value)) throw new Fault("bad_encoding");
  return value;
}

function oneOf(known, value) {
  return checked(known.indexOf(value), (at) => at >= 0);
}

const isNumber = (text) => byteLength(text) <= ID_BYTES_MAX && /^[0-9A-Za-z*]*$/.test(text);
const isId = (text) => byteLength(text) <= ID_BYTES_MAX && !/[\p{White_Space}\p{Cc}<]/u.test(text);
const isBounded = (text) => byteLength(text) <= FIELD_BYTES_MAX;

const maskNumber = (number) => [...number].map((shown, at) => (at < MASKED_CHARACTERS ? "*" : shown)).join("");
const maskBirthDate = (date) => (date === "" ? "" : `${[...date].slice(0, 4).join("")}-**-**`);

/** HoTen: upper case, no diacritics (Đ as D), single spaces, no separators of the string. */
export function foldName(name) {
  const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "");
  // Upper-casing decomposes some letters anew ("ǰ"), so marks are taken off once more.
  const upper = bare(Array.from(bare(name), (character) => character.toUpperCase()).join(""));
  return trim(upper.replaceAll("Đ", "D").replace(/[|<\p{Cc}]/gu, " ").replace(/\p{White_Space}+/gu, " "));
}

/** To `YYYY-MM-DD`, `YYYY-MM-**`, `YYYY-**-**`, `YYYY-MM` or `YYYY`; empty stays empty. */
function birthDateOf(text) {
  if (text === "") return "";
  const forms = [/^(.{4})$/s, /^(.{4})-(..)$/s, /^(.{4})-(..)-(..)$/s, /^(.{4})(..)(..)$/s];
  const found = forms.map((form) => form.exec(text)).find(Boolean);
  const reversed = /^(..)\/(..)\/(.{4})$/s.exec(text);
  const [, year, month, day] = reversed ? [, reversed[3], reversed[2], reversed[1]] : (found ?? []);
  const shown = (part) => (part === "**" ? undefined : part);
  const digits = [year, shown(month), shown(day)].filter((part) => part !== undefined);
  const dayWithoutMonth = shown(day) !== undefined && shown(month) === undefined;
  if (year === undefined || dayWithoutMonth || !digits.every(isDigits)) throw new Fault("bad_encoding");
  if (!isInCalendar(year, shown(month) ?? "01", shown(day) ?? "01")) throw new Fault("bad_encoding");
  return [year, month, day].filter((part) => part !== undefined).join("-");
}
