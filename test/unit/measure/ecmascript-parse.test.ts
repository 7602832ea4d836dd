import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rawTransferSupported } from "oxc-parser";
import { afterEach, expect, test, vi } from "vitest";

const SOURCES = fileURLToPath(new URL("../../../src/measure/", import.meta.url));

afterEach(() => {
  vi.doUnmock("oxc-parser");
  vi.resetModules();
});

type Parser = typeof import("oxc-parser");

/** What the sources of the measures measure as, where the parser is as given. */
async function measuredBy(changed: (parser: Parser) => Partial<Parser>): Promise<unknown[]> {
  vi.resetModules();
  vi.doMock("oxc-parser", async (original) => {
    const parser = await original<Parser>();
    return { ...parser, ...changed(parser) };
  });
  const { measureSource } = await import("../../../src/measure/source.js");
  const files = readdirSync(SOURCES).filter((name) => name.endsWith(".ts"));
  return files.map((name) => measureSource(name, readFileSync(`${SOURCES}${name}`, "utf8")));
}

const asText = (): Promise<unknown[]> => measuredBy(() => ({ rawTransferSupported: () => false }));

test.runIf(rawTransferSupported())("a tree handed over in memory measures as one handed over as text", async () => {
  let handedOver = 0;
  const inMemory = await measuredBy(({ parseSync }) => ({
    parseSync: (path, text, options) => {
      if ((options as { experimentalRawTransfer?: boolean }).experimentalRawTransfer === true) handedOver += 1;
      return parseSync(path, text, options);
    },
  }));
  expect(handedOver).toBeGreaterThan(30);
  expect(inMemory).toEqual(await asText());
});

test("a tree that cannot be handed over in memory is read as text", async () => {
  const refused = await measuredBy(({ parseSync }) => ({
    rawTransferSupported: () => true,
    parseSync: (path, text, options) => {
      if ((options as { experimentalRawTransfer?: boolean }).experimentalRawTransfer === true)
        throw new RangeError("Array buffer allocation failed");
      return parseSync(path, text, options);
    },
  }));
  expect(refused.length).toBeGreaterThan(30);
  expect(refused).toEqual(await asText());
});
