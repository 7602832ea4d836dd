import { randomBytes } from "node:crypto";

/** Randomness, injected so that tests own it. */
export interface Random {
  /** `count` random bytes as lower-case hex. */
  hex(count: number): string;
}

/** The operating system's randomness. */
export const systemRandom: Random = { hex: (count) => randomBytes(count).toString("hex") };

/** A short unique id with a readable prefix, for example `ag_3f9a0c1d22`. */
export function newId(prefix: string, random: Random = systemRandom): string {
  return `${prefix}_${random.hex(5)}`;
}
