import { open } from "node:fs/promises";

const MAGIC = 0xff744f63;
const VERSION = 2;
/** The first words, then how many objects begin with each byte or a lower one. */
const HEADER_BYTES = 8 + 256 * 4;

/**
 * Names (hexadecimal) of all objects of a pack, read from its index `file` as every git since 2008 writes it. Undefined
 * where the pack holds more than `most`, or where the index is of another kind. Throws the disk's error.
 */
export async function packNames(
  file: string,
  { nameBytes, most }: { nameBytes: number; most: number },
): Promise<string[] | undefined> {
  const index = await open(file);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await index.read(header, 0, HEADER_BYTES, 0);
    const known = bytesRead === HEADER_BYTES && header.readUInt32BE(0) === MAGIC && header.readUInt32BE(4) === VERSION;
    const count = known ? header.readUInt32BE(HEADER_BYTES - 4) : Number.POSITIVE_INFINITY;
    if (count > most) return undefined;
    const names = Buffer.alloc(count * nameBytes);
    const read = await index.read(names, 0, names.length, HEADER_BYTES);
    if (read.bytesRead !== names.length) return undefined;
    return Array.from({ length: count }, (_, at) => names.toString("hex", at * nameBytes, (at + 1) * nameBytes));
  } finally {
    await index.close();
  }
}
