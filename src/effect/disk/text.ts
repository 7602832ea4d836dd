const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a file, or null for binary content: a NUL, or bytes that are not UTF-8. A byte order mark is kept. */
export function decodeText(content: Uint8Array): string | null {
  if (content.includes(0)) return null;
  try {
    return decoder.decode(content);
  } catch {
    return null;
  }
}

/** Why `text` cannot be written as a text file, or undefined when it can. */
export function textFault(text: string, maxBytes: number): string | undefined {
  if (text.includes("\0")) return "content holds a NUL character; only text files can be written";
  if (/\p{Surrogate}/u.test(text)) return "content holds a lone surrogate and cannot be written as UTF-8";
  const bytes = Buffer.byteLength(text, "utf8");
  return bytes > maxBytes ? `content is ${bytes} bytes long; the limit is ${maxBytes}` : undefined;
}

/** `text` with `to` in the place of every `from`; undefined, before any of it is made, where it would be longer than `maxChars`. */
export function replaceEvery(
  text: string,
  [from, to]: readonly [string, string],
  maxChars: number,
): string | undefined {
  const parts = text.split(from);
  const chars = text.length + (parts.length - 1) * (to.length - from.length);
  return chars > maxChars ? undefined : parts.join(to);
}

/** Lines without their ends (`\n` or `\r\n`); a final line end does not open another line. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
