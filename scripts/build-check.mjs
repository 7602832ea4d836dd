// Builds dist/check.mjs: `worknode check` in one file that runs with Node alone, and its checksum beside it. Parsers and
// grammars are WebAssembly, so that it serves every platform; with all that judges they stand behind the start of the
// program as comments of one line, which Node skips: an empty change costs no more than the start.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { licenceFiles } from "./licences.mjs";
import { englishAlone, reachLazily } from "./reach-lazily.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const OUT = "dist/check.mjs";
/** What `parts.ts` reads for a script. */
const SCRIPT_BYTES = 262_144;
const resolve = createRequire(import.meta.url).resolve;
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** The parser's package loads a native program; in the single file the same parser is WebAssembly. */
const parserWithin = {
  name: "parser-within",
  setup(plugin) {
    plugin.onResolve({ filter: /^oxc-parser$|\/(?:oxc-part|parser-probe)\.js$/ }, () => ({
      path: join(process.cwd(), "scripts/check-parser.mjs"),
    }));
  },
};

/**
 * What tells a plan without an error before anything is loaded: the schemas and the linter as they are, over words for
 * schemas that cost nothing to make, and the library of expressions where there is one. Of tools and events it needs the
 * names alone.
 */
const plainlyBuilt = {
  name: "plainly-built",
  setup(plugin) {
    plugin.onResolve({ filter: /^zod$/ }, () => ({
      path: join(process.cwd(), "src/surface/check/single/plain-schema.ts"),
    }));
    plugin.onResolve({ filter: /\/schema\/(tool|event)\.js$/ }, ({ path }) => ({
      path: /\w+(?=\.js$)/.exec(path)[0],
      namespace: "names",
    }));
    plugin.onLoad({ filter: /./, namespace: "names" }, ({ path }) => ({ contents: NAMES_ALONE[path] }));
    plugin.onResolve({ filter: /^@marcbachmann\/cel-js$/ }, () => ({ path: "expressions", namespace: "later" }));
    plugin.onLoad({ filter: /./, namespace: "later" }, () => ({
      contents: "export function Environment(options) { return new (loadExpressions().Environment)(options); }",
    }));
  },
};

const OPTIONS = {
  metafile: true,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minify: true,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
  charset: "ascii",
  plugins: [parserWithin, reachLazily, englishAlone],
};

/** What schemas say that stand in the sources. */
const { outputFiles } = await build({
  ...OPTIONS,
  stdin: {
    contents: `export { policyShape } from "./src/surface/check/policy-shape.js";
      export { eventPayloadSchemas } from "./src/schema/event.js";
      export { toolInputSchemas } from "./src/schema/tool.js";`,
    resolveDir: process.cwd(),
  },
  write: false,
  format: "esm",
});
const schema = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
/** The schema of a policy as JSON Schema: by it alone the start tells a plain one, without the library of schemas. */
const policy = schema.policyShape();
const NAMES_ALONE = {
  tool: `const NAMES = new Set(${JSON.stringify(Object.keys(schema.toolInputSchemas))});
    export const isToolName = (name) => NAMES.has(name);`,
  event: `const NAMES = ${JSON.stringify(Object.keys(schema.eventPayloadSchemas))};
    export const eventPayloadSchemas = Object.fromEntries(NAMES.map((name) => [name, name]));`,
};

/** What starts, and does alone what is asked most. */
const start = await build({
  ...OPTIONS,
  entryPoints: ["src/check.ts"],
  outfile: OUT,
  format: "esm",
  keepNames: false,
  define: { WORKNODE_VERSION: JSON.stringify(version), WORKNODE_POLICY: JSON.stringify(policy) },
});
/** What judges: a part of the file, so that it is compiled only where there is something to judge. */
const program = await build({
  ...OPTIONS,
  entryPoints: ["src/surface/check/single/run.ts"],
  write: false,
  format: "iife",
  globalName: "program",
  define: { "import.meta.url": "here" },
  supported: { "dynamic-import": false },
  banner: { js: "(function (require, here) {" },
  footer: { js: "return program; })" },
});
/** A script of the file's beginning, in one line: a function of `inputs`, which answers its exports. */
async function buildScript(inputs, options) {
  return await build({
    ...OPTIONS,
    keepNames: false,
    write: false,
    format: "iife",
    globalName: "script",
    supported: { "template-literal": false },
    banner: { js: `(function (${inputs}) {` },
    footer: { js: "return script; })" },
    ...options,
  });
}
const scripts = {
  "plans.js": await buildScript("loadExpressions", {
    entryPoints: ["src/surface/check/single/plain-plan.ts"],
    plugins: [plainlyBuilt, reachLazily],
  }),
  "expressions.js": await buildScript("", {
    stdin: { contents: 'export { Environment } from "@marcbachmann/cel-js";', resolveDir: process.cwd() },
  }),
};

const oxc = dirname(dirname(resolve("oxc-parser")));
const parts = {
  "parser.wasm": join(oxc, "parser.wasm32-wasip1.wasm"),
  "tree-sitter.wasm": join(dirname(resolve("web-tree-sitter")), "web-tree-sitter.wasm"),
  ...Object.fromEntries(readdirSync("grammars").map((name) => [name, join("grammars", name)])),
};
for (const [name, { outputFiles }] of Object.entries(scripts)) {
  const lines = outputFiles[0].text.trimEnd().split("\n");
  if (!lines.slice(0, -1).every((line) => /[;{}]$/.test(line))) throw new Error(`${name} cannot be put in one line`);
  appendFileSync(OUT, `\n//worknode-part ${name} ${lines.join("")}\n`);
}
if (statSync(OUT).size > SCRIPT_BYTES) throw new Error("the scripts do not fit into what is read for them");
appendPart("program.js", program.outputFiles[0].contents);
for (const [name, path] of Object.entries(parts)) if (!name.endsWith(".LICENSE")) appendPart(name, readFileSync(path));
const inputs = [start, program, ...Object.values(scripts)].flatMap(({ metafile }) => Object.keys(metafile.inputs));
for (const { name, text } of licenceFiles(inputs, [oxc])) appendFileSync(OUT, comment(name, text));

function appendPart(name, bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
  appendFileSync(OUT, `\n//worknode-part ${name} ${brotliCompressSync(bytes, { params }).toString("base64")}\n`);
}

/** A licence as its terms ask, in characters of one byte. */
function comment(name, text) {
  return `\n// ${name}\n${text
    .trimEnd()
    .replace(/\r?\n/g, "\n")
    .replace(/[^\n\u0020-\u007e]/g, "?")
    .replace(/^/gm, "//   ")}\n`;
}

const sha256 = createHash("sha256").update(readFileSync(OUT)).digest("hex");
writeFileSync(`${OUT}.sha256`, `${sha256}  check.mjs\n`);
