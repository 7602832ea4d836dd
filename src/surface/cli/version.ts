import { readFileSync } from "node:fs";
import { packageFile } from "../../crew/state/package-file.js";
import { type Verb, writeLine } from "./context.js";

/** Version of this worknode, from its package.json. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string };
  return version;
}

/** `worknode --version`. */
export const versionVerb: Verb = async (context) => {
  writeLine(context.out, readVersion());
  return 0;
};
