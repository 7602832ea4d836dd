/**
 * SHA-256 and randomness, loaded on first use: `continue --brief` only reads, needs neither, and
 * node:crypto costs it several milliseconds of start-up.
 */
let loaded: typeof import("node:crypto") | undefined;

function crypto(): typeof import("node:crypto") {
  loaded ??= process.getBuiltinModule("node:crypto");
  return loaded;
}

/** SHA-256 of UTF-8 text, as 64 lower-case hex digits. */
export function digest(text: string): string {
  return crypto().hash("sha256", text);
}

/** A new name for a database's own stamps: word characters only. */
export function newNodeName(): string {
  return `n_${crypto().randomBytes(5).toString("hex")}`;
}
