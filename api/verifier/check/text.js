// Texts as Unicode has them: the language's own `trim` knows another list of spaces.

/** Without the white space around it. */
export const trim = (text) => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");

/** Bytes in UTF-8. */
export const byteLength = (text) => new TextEncoder().encode(text).length;

/** Whether there are ASCII digits and nothing else. */
export const isDigits = (text) => /^[0-9]*$/.test(text);
