import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { invalid } from "../../../kernel/fault.js";

/** How a part begins: a comment of one line at the end of the file, which costs its reader nothing until it is asked for. */
const MARK = "\n//worknode-part ";

let text: string | undefined;

/**
 * Bytes of a part that the build put behind the program in the same file: a compiled parser, a grammar. Throws Fault
 * PART_MISSING where the file was cut.
 */
export function readPart(name: string): Uint8Array {
  text ??= readFileSync(fileURLToPath(import.meta.url), "latin1");
  const head = `${MARK}${name} `;
  const start = text.indexOf(head);
  const end = text.indexOf("\n", start + head.length);
  if (start === -1 || end === -1) throw missing(name);
  return unpack(text.slice(start + head.length, end), name);
}

function unpack(packed: string, name: string): Uint8Array {
  try {
    return brotliDecompressSync(Buffer.from(packed, "base64"));
  } catch (cause) {
    throw missing(name, cause);
  }
}

function missing(name: string, cause?: unknown): ReturnType<typeof invalid> {
  const text = `this file lacks its part ${name}: it was cut or changed. Get it again, and compare its checksum.`;
  return invalid("PART_MISSING", text, cause);
}
