// Vietnamese or English, as the user chose last.

import { TEXTS } from "./words.js";

const LANGUAGES = ["vi", "en"];
const listeners = [];
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** The language in use. */
export const language = () => (localStorage.getItem("language") === "en" ? "en" : "vi");

/** One of a pair of texts. */
export const of = (pair) => pair[LANGUAGES.indexOf(language())];

/** A text of the page, its places filled in order. */
export function t(name, ...values) {
  return of(TEXTS[name]).replace(/\{(\d)\}/g, (_, at) => values[at]);
}

function largestUnit(seconds) {
  return UNITS.find(([, length]) => seconds >= length) ?? UNITS[2];
}

/** How long, in seconds, as words: "3 hours". */
t.age = (seconds) => {
  const [unit, length] = largestUnit(seconds);
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(Math.floor(seconds / length));
};

/** How long ago, in seconds, as words. */
t.ago = (seconds) => {
  if (seconds < 60) return t("now");
  const [unit, length] = largestUnit(seconds);
  return new Intl.RelativeTimeFormat(language()).format(-Math.floor(seconds / length), unit);
};

/** An instant, in seconds since 1970, as words. */
t.instant = (seconds) => {
  const form = { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" };
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : new Intl.DateTimeFormat(language() === "vi" ? "vi-VN" : "en-GB", form).format(date);
};

/** Calls back whenever the language changes. */
export const onLanguage = (listener) => listeners.push(listener);

/** Chooses a language, and says the whole page in it. */
export function setLanguage(chosen) {
  localStorage.setItem("language", chosen);
  document.documentElement.lang = chosen;
  document.title = t("title");
  document.querySelectorAll("[data-t]").forEach((element) => (element.textContent = t(element.dataset.t)));
  document.querySelectorAll("[data-language]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  });
  listeners.forEach((listener) => listener());
}
