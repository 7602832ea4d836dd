import { closeSync, openSync, readSync } from "node:fs";
import { invalid, messageOf } from "../../kernel/fault.js";

/** Bytes read at once, and of the longest line. */
const CHUNK_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/**
 * The lines of a file (`-`: standard input), read as they are asked for. Throws Fault IMPORT_UNREADABLE (exit 2) for a
 * file that cannot be read, invalid UTF-8, and lines beyond bound.
 */
export function* fileLines(path: string): IterableIterator<string> {
  const descriptor = path === "-" ? 0 : openFile(path);
  try {
    yield* linesOf(descriptor, path);
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw invalid("IMPORT_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function* linesOf(descriptor: number, path: string): IterableIterator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest = "";
  for (;;) {
    const count = read(descriptor, chunk, path);
    const lines = (rest + decode(decoder, chunk.subarray(0, count), path)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (count === 0) break;
    if (rest.length > MAX_LINE_BYTES) throw invalid("IMPORT_UNREADABLE", `${path} holds a line that is too long.`);
  }
  if (rest !== "") yield rest;
}

function read(descriptor: number, chunk: Buffer, path: string): number {
  try {
    return readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
  } catch (cause) {
    throw invalid("IMPORT_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes, { stream: bytes.length > 0 });
  } catch (cause) {
    throw invalid("IMPORT_UNREADABLE", `${path} is not UTF-8.`, cause);
  }
}
