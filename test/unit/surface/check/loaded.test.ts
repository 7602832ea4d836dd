import { build } from "esbuild";
import { expect, it } from "vitest";

const JUDGE = "src/surface/check/judge-subject.ts";

it("a change is judged without the library of schemas, whose loading took longer than the judgement", async () => {
  const { metafile } = await build({
    entryPoints: [JUDGE],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    splitting: true,
    outdir: "none",
  });
  const loaded = new Set([JUDGE]);
  for (const path of loaded)
    for (const { kind, path: next } of metafile.inputs[path]?.imports ?? [])
      if (kind === "import-statement") loaded.add(next);
  expect(loaded.size).toBeGreaterThan(50);
  expect([...loaded].filter((path) => path === "zod" || path === "yaml")).toEqual([]);
});
