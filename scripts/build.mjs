// Builds dist/: the program (main.js), the library (index.js) and its types. Packages stay outside. Start-up
// counts: main.js is one file that holds the lean way of `continue --brief`, and loads any other verb by name.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { reachLazily } from "./reach-lazily.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** The one module main.js imports dynamically that is part of it. */
const LEAN = "./brief.js";
/** Modules main.js loads from `dist/verbs/` when they are asked for: file name to source. */
const verbs = {};

/** Leaves main.js's dynamic imports for run time and notes them as entries of the second build. */
const loadVerbsLater = {
  name: "load-verbs-later",
  setup(plugin) {
    plugin.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
      if (kind !== "dynamic-import" || path === LEAN) return undefined;
      const name = basename(path, ".js");
      verbs[`verbs/${name}`] = join(resolveDir, path.replace(/\.js$/, ".ts"));
      return { path: `./verbs/${name}.js`, external: true };
    });
  },
};

const OPTIONS = {
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  legalComments: "none",
  logLevel: "warning",
};

rmSync("dist", { recursive: true, force: true });
await build({ ...OPTIONS, entryPoints: { main: "src/main.ts" }, plugins: [loadVerbsLater, reachLazily] });
await build({
  ...OPTIONS,
  entryPoints: { index: "src/index.ts", ...verbs },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
});
chmodSync("dist/main.js", 0o755);
await import("./build-check.mjs");

const types = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
process.exitCode = types.status ?? 1;
