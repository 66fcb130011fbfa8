/** Why a code or a list is not believed; `code` is a verdict's. */
export class Fault extends Error {
  constructor(code) {
    super(code);
    this.name = "Fault";
    this.code = code;
  }
}
