import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Modules of the source by their names without `src/` and ending, bundled into a file of `folder` and loaded as one. */
export async function loadSources(folder, name, parts) {
  const outfile = join(folder, `${name}.mjs`);
  const contents = parts.map((part) => `export * from "../src/${part}.ts";`).join("\n");
  const stdin = { contents, resolveDir: HERE, loader: "ts" };
  await build({
    stdin,
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return await import(pathToFileURL(outfile).href);
}
