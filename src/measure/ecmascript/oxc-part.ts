import { createRequire } from "node:module";

/**
 * A part of oxc-parser beside its main file, by its path in the package. Loaded when it is asked for: a process that
 * measures a few files is done before it would pay. Throws where there is no such part.
 */
export function oxcPart(name: string): unknown {
  return createRequire(import.meta.url)(`oxc-parser/${name}`);
}

/** Where oxc-parser's main file is. */
export function oxcPath(): string {
  return createRequire(import.meta.url).resolve("oxc-parser");
}
