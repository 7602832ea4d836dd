// Builds dist/: the program (main.js), the library (library.mjs, and index.js for who asks by path) and its types.
// Start-up counts: main.js is a small file that is no module, and runs the short commands (short.js) and all others
// (program.js) from one file each, compiled beforehand; docs/adr/0010 and 0018 say what each part of that saves. The
// library's packages stay outside. With --with-driver the driver of SQLite is compiled meanwhile: for who installed without
// running the packages' scripts.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { isBuilt, markBuilt } from "./built.mjs";
import { licenceFiles } from "./licences.mjs";
import { englishAlone, reachByName } from "./reach-lazily.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const DRIVER = "better-sqlite3";

/** Runs a program beside all else, shows what it says, and throws where it fails. */
async function start(program, ...args) {
  const [code] = await once(spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] }), "close");
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed`);
}

const compiled = process.argv.includes("--with-driver") ? start("npm", "rebuild", DRIVER) : undefined;
if (isBuilt()) {
  await compiled;
  console.log("dist/ is what these sources make");
  process.exit();
}

const driver = JSON.parse(readFileSync(`node_modules/${DRIVER}/package.json`, "utf8"));

/** The driver's JavaScript, of which short.js holds what it uses, and none of the rest. */
const holdDriver = {
  name: "hold-driver",
  setup(plugin) {
    plugin.onResolve({ filter: /\/driver\.js$/ }, () => ({ path: `${process.cwd()}/scripts/held-driver.mjs` }));
    plugin.onResolve({ filter: /^bindings$/ }, ({ path }) => ({ path, external: true }));
    const unused = /better-sqlite3\/lib\/methods\/(aggregate|backup|function|inspect|serialize|table|transaction)\.js$/;
    plugin.onLoad({ filter: unused }, () => ({ contents: "" }));
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
/** Packages with files of their own beside their JavaScript: compiled for a platform, or started as programs. */
const OUTSIDE = [DRIVER, "oxc-parser", "web-tree-sitter", "pino"];
/** What a module knows of itself, for a script. */
const AS_MODULE = `const require = process.getBuiltinModule("module").createRequire(__filename);
  const here = process.getBuiltinModule("url").pathToFileURL(__filename).href;`;

rmSync("dist", { recursive: true, force: true });
const types = start(process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
await build({ ...NO_MODULE, entryPoints: ["src/main.ts"], format: "cjs", plugins: [reachByName] });
await build({
  ...NO_MODULE,
  entryPoints: ["src/surface/cli/short.ts"],
  format: "iife",
  globalName: "short",
  minify: true,
  banner: { js: "(function (__filename) {" },
  footer: { js: "return short; })" },
  plugins: [holdDriver, reachByName],
  define: { ...NO_MODULE.define, DRIVER_VERSION: JSON.stringify(driver.version) },
});
const program = await build({
  ...OPTIONS,
  stdin: {
    contents: `export { runProcess } from "./src/surface/cli/process.js";
      export { VERBS } from "./src/surface/cli/verbs.js";`,
    resolveDir: process.cwd(),
  },
  outdir: undefined,
  outfile: "dist/program.js",
  format: "iife",
  globalName: "program",
  external: OUTSIDE,
  plugins: [englishAlone],
  define: { "import.meta.url": "here" },
  supported: { "dynamic-import": false },
  banner: { js: `(function (__filename) { ${AS_MODULE}` },
  footer: { js: "return program; })" },
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
});
const { metafile } = await build({
  ...OPTIONS,
  entryPoints: { library: "src/index.ts", "measure-thread": "src/effect/code/measure-thread.ts" },
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
const licences = licenceFiles(Object.keys(program.metafile.inputs), []).map(({ name, text }) => `${name}\n\n${text}`);
writeFileSync("dist/licenses/program.txt", licences.join(`\n${"-".repeat(80)}\n`));

await compiled;
for (const script of ["scripts/compile-short.mjs", "scripts/compile-program.mjs"]) {
  const { status } = spawnSync(process.execPath, [script], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`node ${script} failed`);
}
await types;
writeFileSync("dist/types/package.json", '{ "type": "module" }\n');
markBuilt();
