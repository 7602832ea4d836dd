import { oxcPart } from "./oxc-part.js";
import { mentions } from "./parser-safety.js";

/** A tree where the parser wrote it. Good until the next text is parsed. */
export interface TreeInMemory {
  /** The parser's memory, as the parts of oxc-parser that read trees take it. */
  readonly bytes: ParserMemory;
  /** Where in it the tree, the comments and the errors are found. */
  readonly data: number;
  /** Where in it the text lies, as UTF-8, and its length. */
  readonly sourceStart: number;
  readonly sourceBytes: number;
}

/** Memory that begins at a multiple of 4 GiB, as numbers of each kind. */
export interface ParserMemory extends Uint8Array {
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  /** All of it, with the end that only the parser may write. */
  readonly block: Uint8Array;
}

interface Binding {
  rawTransferSupported(): boolean;
  /** Bytes from the start of a view to the next multiple of 4 GiB. */
  getBufferOffset(view: Uint8Array): number;
  parseRawSync(path: string, block: Uint8Array, start: number, length: number, options: object): void;
}

/** Sizes in bytes; the pointer to the data counts in numbers of 32 bits. */
interface Layout {
  readonly BLOCK_SIZE: number;
  readonly BUFFER_SIZE: number;
  readonly ACTIVE_SIZE: number;
  readonly DATA_POINTER_POS_32: number;
}

interface Parser {
  readonly binding: Binding;
  readonly layout: Layout;
  readonly memory: ParserMemory;
}

/**
 * Characters that a process reads as JSON first. Setting the memory up and loading what reads it costs about what
 * that many cost more as JSON (0.05 s), which a process that only looks at a few files would never have back.
 */
const READ_AS_JSON_CHARS = 512 * 1024;
/** Longer texts are read as JSON, as the memory keeps the pages that were ever written. */
const MAX_CHARS = 1024 * 1024;
/** Of some 4,700 imports and more oxc-parser (0.158) ends the process: it has no room for them in this memory. */
const MAX_IMPORTS = 1_000;
const BYTE_ORDER_MARK = 0xfeff;
/** Bytes that a UTF-16 unit takes in UTF-8 at most. */
const MAX_UNIT_BYTES = 3;
const PAGE_BYTES = 64 * 1024;
/** As many pages as WebAssembly can address: 4 GiB. */
const MAX_PAGES = 65_536;
/** Half of all places serve, and one memory mostly lies in the other half than the one before. */
const MAX_PLACES = 8;

const encoder = new TextEncoder();
let readChars = 0;
let parser: Parser | null | undefined;

/** Notes that a text of this length was read as JSON. */
export function noteReadAsJson(chars: number): void {
  readChars += chars;
}

/**
 * Parses a text and leaves its tree where the parser wrote it, so that nobody pays for more of it than he looks at.
 * Undefined where that cannot be had, or not yet, or not for this text: JSON is the way then. Throws what the parser
 * does. `options` as those of `parseSync`.
 */
export function parseInMemory(path: string, text: string, options: object): TreeInMemory | undefined {
  if (readChars < READ_AS_JSON_CHARS || text.length > MAX_CHARS) return undefined;
  if (text.charCodeAt(0) === BYTE_ORDER_MARK || mentions(text, "import", MAX_IMPORTS) > MAX_IMPORTS) return undefined;
  if (parser === undefined) parser = setUp();
  return parser === null ? undefined : parseWith(parser, path, text, options);
}

function parseWith({ binding, layout, memory }: Parser, path: string, text: string, options: object): TreeInMemory {
  const room = text.length * MAX_UNIT_BYTES;
  const sourceStart = layout.ACTIVE_SIZE - room;
  const { written } = encoder.encodeInto(text, memory.subarray(sourceStart, layout.ACTIVE_SIZE));
  binding.parseRawSync(path, memory.block, sourceStart, written, options);
  const data = memory.int32[layout.DATA_POINTER_POS_32] as number;
  return { bytes: memory, data, sourceStart, sourceBytes: written };
}

/** Null where the parser has no such memory (32 bits, WebAssembly), or 2 to 4 GiB of addresses cannot be had. */
function setUp(): Parser | null {
  try {
    const binding = oxcPart("src-js/bindings") as Binding;
    if (!binding.rawTransferSupported()) return null;
    const layout = oxcPart("src-js/generated/constants") as Layout;
    const memory = makeMemory(binding, layout);
    return memory === undefined ? null : { binding, layout, memory };
  } catch {
    return null;
  }
}

/** What TypeScript's own library without a browser does not know of it. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer; grow(pages: number): number };
};

/**
 * The parser asks for 2 GiB from a multiple of 4 GiB on, and oxc-parser itself takes a buffer of 6 GiB to find them in,
 * which Node has from version 22 on. WebAssembly's memory is as long as one likes and stays where it is while it
 * grows, on every Node. Only what is written of it is ever real memory.
 */
function makeMemory(binding: Binding, layout: Layout): ParserMemory | undefined {
  const passedBy: object[] = [];
  while (passedBy.length < MAX_PLACES) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    const start = binding.getBufferOffset(new Uint8Array(memory.buffer));
    const pages = Math.ceil((start + layout.BLOCK_SIZE) / PAGE_BYTES);
    if (pages <= MAX_PAGES) {
      memory.grow(pages - 1);
      const views = viewsOf(memory.buffer, start, layout);
      return binding.getBufferOffset(views.block) === 0 ? views : undefined;
    }
    passedBy.push(memory);
  }
  return undefined;
}

function viewsOf(buffer: ArrayBuffer, start: number, { BLOCK_SIZE, BUFFER_SIZE }: Layout): ParserMemory {
  return Object.assign(new Uint8Array(buffer, start, BUFFER_SIZE), {
    int32: new Int32Array(buffer, start, BUFFER_SIZE / Int32Array.BYTES_PER_ELEMENT),
    float64: new Float64Array(buffer, start, BUFFER_SIZE / Float64Array.BYTES_PER_ELEMENT),
    block: new Uint8Array(buffer, start, BLOCK_SIZE),
  });
}
