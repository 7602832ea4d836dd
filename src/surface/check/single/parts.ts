import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { invalid } from "../../../kernel/fault.js";

/** How a part begins: a comment of one line at the end of the file, which costs its reader nothing until it is asked for. */
const MARK = "\n//worknode-part ";
/** Bytes at the file's beginning in which the parts that are scripts lie. The build holds them to it. */
const SCRIPT_BYTES = 262_144;

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

/**
 * A script that the build put behind the program in one line, near enough that the rest of the file is not read for it.
 * Throws as `readPart`.
 */
export function readScript(name: string): string {
  const bytes = readBeginning();
  const head = `${MARK}${name} `;
  const start = bytes.indexOf(head, 0, "latin1");
  const end = bytes.indexOf("\n", start + head.length, "latin1");
  if (start === -1 || end === -1) throw missing(name);
  return bytes.toString("latin1", start + head.length, end);
}

function readBeginning(): Buffer {
  const file = openSync(fileURLToPath(import.meta.url), "r");
  try {
    const bytes = Buffer.allocUnsafe(SCRIPT_BYTES);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
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
