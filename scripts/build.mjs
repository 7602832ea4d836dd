// Builds dist/: the program (main.js), the library (library.mjs, and index.js for who asks by path) and its types.
// Packages stay outside. Start-up counts: main.js is a small file that is no module, and runs the short commands
// from a file of their own (short.js) compiled beforehand; docs/adr/0010 says what each part of that saves.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { reachLazily } from "./reach-lazily.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const DRIVER = "better-sqlite3";
const driver = JSON.parse(readFileSync(`node_modules/${DRIVER}/package.json`, "utf8"));

/** main.js takes everything but the short commands from the module of the command line. */
const longWay = {
  name: "long-way",
  setup(plugin) {
    plugin.onResolve({ filter: /\/process\.js$/ }, () => ({ path: "./command-line.mjs", external: true }));
  },
};

/**
 * The JavaScript of the SQLite driver is a dozen files, and finding them is a good part of a brief. short.js holds
 * them, for use where the driver installed is of the version they were taken from.
 */
const holdDriver = {
  name: "hold-driver",
  setup(plugin) {
    const outside = (path) => ({ path, external: true });
    plugin.onResolve({ filter: /^better-sqlite3$/ }, ({ namespace }) =>
      namespace === "driver" ? outside(DRIVER) : { path: DRIVER, namespace: "driver" },
    );
    plugin.onResolve({ filter: /^better-sqlite3\/package\.json$/ }, ({ path }) => outside(path));
    plugin.onResolve({ filter: /^bindings$/ }, ({ path }) => ({ path, namespace: "driver" }));
    plugin.onLoad({ filter: /^better-sqlite3$/, namespace: "driver" }, () => ({
      contents: `const isSame = () => require("${DRIVER}/package.json").version === "${driver.version}";
        const load = () => (isSame() ? require("./node_modules/${DRIVER}/lib/database.js") : require("${DRIVER}"));
        module.exports = function Database(...options) { return new (load())(...options); };`,
      resolveDir: process.cwd(),
    }));
    plugin.onLoad({ filter: /^bindings$/, namespace: "driver" }, () => ({
      contents: `const { createRequire } = process.getBuiltinModule("node:module");
        module.exports = createRequire(require.resolve("${DRIVER}"))("bindings");`,
    }));
  },
};

const OPTIONS = {
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20.19",
  legalComments: "none",
  logLevel: "warning",
};
const NO_MODULE = { ...OPTIONS, define: { "import.meta.url": "__filename" } };

rmSync("dist", { recursive: true, force: true });
await build({ ...NO_MODULE, entryPoints: ["src/main.ts"], format: "cjs", plugins: [longWay, reachLazily] });
await build({
  ...NO_MODULE,
  entryPoints: ["src/surface/cli/short.ts"],
  format: "iife",
  globalName: "short",
  minify: true,
  banner: { js: "(function (require, __filename) {" },
  footer: { js: "return short; })" },
  plugins: [holdDriver, reachLazily],
});
const { metafile } = await build({
  ...OPTIONS,
  entryPoints: { library: "src/index.ts", "command-line": "src/surface/cli/process.ts" },
  format: "esm",
  outExtension: { ".js": ".mjs" },
  packages: "external",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  metafile: true,
});
chmodSync("dist/main.js", 0o755);
await import("./build-check.mjs");
writeFileSync("dist/package.json", '{ "type": "commonjs" }\n');
const names = metafile.outputs["dist/library.mjs"].exports.map((name) => `exports.${name} = library.${name};\n`);
writeFileSync("dist/index.js", `"use strict";\nconst library = require("./library.mjs");\n${names.join("")}`);
mkdirSync("dist/licenses");
copyFileSync(`node_modules/${DRIVER}/LICENSE`, `dist/licenses/${DRIVER}.txt`);

/** Runs a program of Node; its errors are shown, and what it says where `stdout` is "inherit". */
function run(stdout, ...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", stdout, "inherit"] });
  if (status !== 0) throw new Error(`node ${args.join(" ")} failed`);
}
run("ignore", "scripts/compile-short.mjs");
run("inherit", "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
writeFileSync("dist/types/package.json", '{ "type": "module" }\n');
