import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const SOURCES = fileURLToPath(new URL("../../../../src/measure/", import.meta.url));
/** More than is read as JSON before the memory is set up. */
const MANY_CHARS = 1024 * 1024;

afterEach(() => {
  vi.doUnmock("../../../../src/measure/ecmascript/oxc-part.js");
  vi.doUnmock("oxc-parser");
  vi.resetModules();
});

type Part = (name: string) => unknown;

/** What each text measures as after `read` characters, and how many were read as JSON; parts of the parser as `changed`. */
async function measured(read: number, changed: (part: Part) => Part = (part) => part): Promise<Measured> {
  vi.resetModules();
  let asJson = 0;
  vi.doMock("oxc-parser", async (original) => {
    const parser = await original<typeof import("oxc-parser")>();
    const parseSync: typeof parser.parseSync = (...args) => {
      asJson += 1;
      return parser.parseSync(...args);
    };
    return { ...parser, parseSync };
  });
  vi.doMock("../../../../src/measure/ecmascript/oxc-part.js", async (original) => {
    const { oxcPart } = await original<{ oxcPart: Part }>();
    return { oxcPart: changed(oxcPart) };
  });
  const { noteReadAsJson } = await import("../../../../src/measure/ecmascript/parser-memory.js");
  const { measureSource } = await import("../../../../src/measure/source.js");
  noteReadAsJson(read);
  return { measures: TEXTS.map(([path, text]) => measureSource(path, text)), asJson };
}

interface Measured {
  readonly measures: readonly unknown[];
  readonly asJson: number;
}

const TEXTS: readonly (readonly [path: string, text: string])[] = [
  ...readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name, readFileSync(`${SOURCES}${name}`, "utf8")] as const),
  ["a.js", "#!/usr/bin/env node eslint-disable\nf(1n, /a/u, 'é\ud800');\n"],
  ["b.ts", "#!/usr/bin/env node\nlet a: string = `é${1}`; // é @ts-ignore\nfunction b() {\n"],
  ["c.ts", "class A { constructor(@b() private c = 1) {} }"],
  ["d.jsx", "const a = <b>é{c && d}</b>;"],
  ["e.cjs", "return a ? b : c;"],
  ["f.ts", ""],
  ["g.d.ts", "declare function a(b: number): void;"],
  ["h.js", "\ufefflet a = () => b;"],
];

test("a tree handed over in memory measures as one read as JSON", async () => {
  const inMemory = await measured(MANY_CHARS);
  const asJson = await measured(0);
  expect(inMemory.measures).toEqual(asJson.measures);
  expect(asJson.asJson).toBeGreaterThan(TEXTS.length);
  expect(inMemory.asJson).toBe(1);
});

test.each([
  ["addresses", "src-js/bindings", { getBufferOffset: () => 3 * 1024 ** 3 }],
  ["a processor", "src-js/bindings", { rawTransferSupported: () => false }],
  ["a reader", "src-js/generated/deserialize/js", undefined],
])("without %s for it, trees are read as JSON", async (_, lacking, instead) => {
  const refused = await measured(MANY_CHARS, (part) => (name) => {
    if (name !== lacking) return part(name);
    if (instead === undefined) throw new RangeError("Array buffer allocation failed");
    return { ...(part(name) as object), ...instead };
  });
  const asJson = await measured(0);
  expect(refused.measures).toEqual(asJson.measures);
  expect(refused.asJson).toBeGreaterThan(TEXTS.length / 2);
});
