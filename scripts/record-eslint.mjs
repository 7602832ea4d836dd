// Writes what ESLint's `complexity` says of the TypeScript sources of two packages, for the test that the measures say the
// same (`test/unit/measure/eslint.test.ts`): to be run again where a version of them changes. Needs the folder that
// `npm install --prefix DIR eslint@10.15.0 @typescript-eslint/parser@8 typescript@6` filled.
// node scripts/record-eslint.mjs DIR
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = ["zod", "msw"];
const [installed = "."] = process.argv.slice(2);
const load = createRequire(join(resolve(installed), "package.json"));
const { Linter } = load("eslint");
const complexity = load("eslint/use-at-your-own-risk").builtinRules.get("complexity");
const linter = new Linter({ configType: "flat" });
let found = [];

/** ESLint's own rule, whose reports are noted with their nodes. */
const noting = {
  ...complexity,
  create: (context) => complexity.create(Object.create(context, { report: { value: note } })),
};

/** A field's initialiser of one path is no function to the measures. */
function note({ node, data }) {
  if (/field initializer/i.test(data.name) && data.complexity === 1) return;
  const start = (node.body?.loc ?? node.loc).start.line;
  found.push(`${start} ${node.loc.end.line} ${data.complexity}`);
}

const config = {
  files: ["**/*.ts"],
  languageOptions: { parser: load("@typescript-eslint/parser") },
  plugins: { here: { rules: { noting } } },
  rules: { "here/noting": ["error", 0] },
};

function inOrder(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** How many functions a text has, and the hash of `first line of the body, last line, complexity` of each, sorted. */
function figuresOf(path, text) {
  found = [];
  const fault = linter.verify(text, [config], { filename: path, allowInlineConfig: false }).find(({ fatal }) => fatal);
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
  return [found.length, createHash("sha256").update(found.sort(inOrder).join("\n")).digest("hex")];
}

const packages = PACKAGES.map((name) => {
  const folder = join(ROOT, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const paths = readdirSync(join(folder, "src"), { recursive: true }).filter((path) => /(?<!\.d)\.ts$/.test(path));
  const files = paths
    .sort(inOrder)
    .map((path) => [path, ...figuresOf(path, readFileSync(join(folder, "src", path), "utf8"))]);
  return { name, version, files: Object.fromEntries(files.map(([path, ...figures]) => [path, figures])) };
});
const { version } = load("eslint/package.json");
const source = `ESLint ${version}, rule complexity (variant classic): functions, and SHA-256 of their lines and complexities`;
writeFileSync(
  join(ROOT, "test", "vectors", "eslint-complexity.json"),
  `${JSON.stringify({ source, packages }, null, 1).replace(/\[\n\s+(\d+),\n\s+("\w+")\n\s+\]/g, "[$1, $2]")}\n`,
);
