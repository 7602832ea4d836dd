import { readFileSync } from "node:fs";
import { parse } from "yaml";

/**
 * The examples of one function, from `cases.yaml`: pairs of arguments and the expected text.
 * @param {string} name
 * @returns {{ args: unknown[], expected: string }[]}
 */
export function casesOf(name) {
  const all = parse(readFileSync(new URL("./cases.yaml", import.meta.url), "utf8"));
  return all[name];
}
