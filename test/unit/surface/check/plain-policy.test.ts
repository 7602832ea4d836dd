import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseYaml } from "../../../../src/plan/document.js";
import { checkPolicySchema } from "../../../../src/schema/check-policy.js";
import { type PolicyShape, plainPolicy } from "../../../../src/surface/check/plain-policy.js";
import { plainData } from "../../../../src/surface/check/plain-yaml.js";
import { parsePolicy } from "../../../../src/surface/check/policy.js";
import { policyShape } from "../../../../src/surface/check/policy-shape.js";

const SHAPE = policyShape();
const PATH = ".worknode/check.yaml";

/** The policy that docs/ci.md shows, with every setting. */
const DOCUMENTED = /## The policy\n[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/ci.md", "utf8"))?.[1] ?? "";

/** Whether the whole program takes a policy; with what it makes of it. */
function wholeOf(text: string): ReturnType<typeof parsePolicy> | undefined {
  try {
    return parsePolicy({ path: PATH, text });
  } catch {
    return undefined;
  }
}

/** Nothing is taken that YAML or the schema refuses, or says otherwise. Answers whether it was taken. */
function agree(text: string): boolean {
  const data = plainData(text);
  if (data !== undefined) {
    const { data: said, faults } = parseYaml(text);
    expect({ text, said, faults }).toEqual({ text, said: data, faults: [] });
  }
  const policy = plainPolicy(text, SHAPE);
  if (policy === undefined) return false;
  const whole = wholeOf(text);
  expect({ text, whole }).toMatchObject({ text, whole: data });
  expect({ text, ...policy }).toMatchObject({
    text,
    mode: whole?.mode,
    exclude: whole?.exclude,
    ...(whole?.plan === undefined ? {} : { plan: whole.plan }),
  });
  return true;
}

const SCALARS: readonly string[] = [
  "1 0 01 1.5 1e3 0x1 -1 +1 1_0 .5 5. .inf .a .. ... ~ null Null true True yes off warn observe enforce all agents typescript tsx",
  "src/** **/x 'warn' \"warn\" 'it''s' \"\\n\" a:b a::b a#b &a *a !!str | > - ? @a %a `a` {} [] -a a- a{b} a[b] \u00e9 \u00a0",
]
  .flatMap((row) => row.split(" "))
  .concat("a b| a|a: b|a #c|#c||{ a: 1 }|[a]|- a|? a|a, b|'a, b'|\"a b\"|a'b|'".split("|"));

const KEYS: readonly string[] = Object.keys(SHAPE.properties ?? {}).concat(
  "maxComplexity minLineCoverage max-complexity p10-1-x other __proto__ constructor << null true a.b 'mode' 1".split(
    " ",
  ),
);

describe("a plain policy", () => {
  it.each([
    DOCUMENTED,
    "version: 1\r\nmode: warn\r\n",
    "---\n# all of it\nversion: 1\n\nmode: enforce   # now\n",
    "version: 1\nexclude:\n  - src/generated/**\n  # more\n  - '**/*.pb.go'   # theirs\n  - \"a b/c.ts\"\n",
    "version: 1\nexclude: ['a, b', \"src/{c,d}/**\"]\nagents:\n- src/{a,b}/[x-z].ts\n- .github/x\nmode: warn\n",
    "version: 1\nlimits:\n    maxComplexity: 10\n    minLineCoverage: 0.8\n",
    "version: 1\nseverities:\n  max-complexity: warning\n  p10-4-function-length: off\n",
    "version: 1\nagents: [robby, 'b o t', Zo\u00eb]\napprovers: [Ana Mar\u00eda,Bo]\n",
    'version: 1\nplan: plans/work.yaml\nbaseline: .worknode/b.json\ntrust: "keys/t.pem"\n',
    "version: 1\nrequireDocs: true\npowerOfTen: off\nlimits: {maxComplexity: 3}\n",
    "version: 1\nplan: 'it''s'\nagents: [o'a, b'c, 'd''e']\napprovers:\n  - a#b\n",
  ])("of an ordinary form is taken, as YAML and schema say: %j", (text) => {
    expect(text).not.toBe("");
    expect(agree(text)).toBe(true);
    expect(agree(text.replaceAll(/ +#.*/g, ""))).toBe(true);
  });

  it.each([
    "",
    "version: 2\n",
    "version: '1'\n",
    "version: 1\nversion: 1\n",
    "mode: observe\n",
    "version: 1\nmode:\n",
    "version: 1\nmode: block\n",
    "version: 1\nmod: observe\n",
    "version: 1\nmode: warn\n  more\n",
    "version: 1\nmode:\n  - warn\n",
    "version: 1\n mode: warn\n",
    "version: 1\n\tmode: warn\n",
    "version: 1\n---\nmode: warn\n",
    "version: 1\n...\n",
    "\ufeffversion: 1\n",
    "version: 1\nrequireDocs: yes\n",
    "version: 1\nlanguages: []\n",
    "version: 1\nlanguages: [typescript, cobol]\n",
    "version: 1\nlanguages: typescript\n",
    "version: 1\nlimits: { maxComplexity: 0 }\n",
    "version: 1\nlimits: { maxComplexity: 1.5 }\n",
    "version: 1\nlimits: { maxComplexity: 3, maxComplexity: 4 }\n",
    "version: 1\nlimits: { minLineCoverage: 1.5 }\n",
    "version: 1\nlimits: { maxLines: 1 }\n",
    "version: 1\nlimits: [maxComplexity]\n",
    "version: 1\nlimits:\n  maxComplexity: 3\n   maxFunctionLines: 4\n",
    "version: 1\nlimits:\n  maxComplexity: 3\n  - 4\n",
    "version: 1\nseverities: { complexity: off }\n",
    "version: 1\nseverities: { p10-11-x: off }\n",
    "version: 1\nseverities: { xmax-complexity: off }\n",
    "version: 1\nseverities: { max-complexity: no }\n",
    "version: 1\nseverities: { version: off }\n",
    "version: 1\nexclude: ''\n",
    "version: 1\nexclude: ['']\n",
    "version: 1\nexclude: [1]\n",
    "version: 1\nexclude: [*.ts]\n",
    "version: 1\nexclude: [a, ]\n",
    "version: 1\nexclude: [null]\n",
    "version: 1\nexclude: ['a, b]\n",
    "version: 1\nexclude:\n  - a: b\n",
    "version: 1\nexclude:\n  - - a\n",
    "version: 1\nagents: [' ']\n",
    'version: 1\nagents: ["\\x41"]\n',
    "version: 1\nagents: ['it'''s']\n",
    "version: 1\nagents: [1e3]\n",
    "version: 1\nagents: [a\u0007b]\n",
    "version: 1\nlimits: { maxComplexity: 010 }\n",
    "version: 1\nlimits:\n    maxComplexity: 3\n  xxmaxFunctionLines: 4\n",
    "version: 1\nplan: a: b\n",
    "version: 1\nplan: 0x1f\n",
    "version: 1\nplan: 'it''s\n",
    "version: 1\nplan: &a x\n",
    "version: 1\nplan: [x]\n",
    "version: 1\nplan: ~\n",
    "version: 1\nplan: 'x\n",
    `version: 1\nagents: [${"a,".repeat(200)}a]\n`,
  ])("is none of these: %j", (text) => {
    expect(agree(text)).toBe(false);
  });

  it("is none that is longer than what is read here", () => {
    const remarks = (count: number): string => `version: 1\n${"# remark\n".repeat(count)}`;
    expect(agree(remarks(20_000))).toBe(true);
    expect(agree(remarks(25_000))).toBe(false);
  });

  it("is never one that YAML or the schema refuses, whatever value a key has", () => {
    const forms: readonly ((key: string, value: string) => string)[] = [
      (key, value) => `${key}: ${value}\n`,
      (key, value) => `${key}: [${value}]\n`,
      (key, value) => `${key}:\n  - ${value}\n`,
      (key, value) => `${key}: { max-complexity: ${value}, maxComplexity: ${value} }\n`,
      (key, value) => `${key}:\n  minLineCoverage: ${value}\n`,
    ];
    const texts = KEYS.flatMap((key) => SCALARS.flatMap((value) => forms.map((form) => form(key, value))));
    expect(texts.filter((text) => agree(`version: 1\n${text}`)).length).toBeGreaterThan(150);
  });

  it("is never one that YAML or the schema refuses, whatever stands where", () => {
    const scalar = fc.constantFrom(...SCALARS);
    const key = fc.constantFrom(...KEYS);
    const pair = fc.tuple(key, fc.constantFrom(": ", ":", ":  "), scalar).map((parts) => parts.join(""));
    const flow = fc.tuple(
      fc.constantFrom("[", "{", "[ ", "{ "),
      fc.array(fc.oneof(scalar, pair), { maxLength: 3 }),
      fc.constantFrom(", ", ",", " , ", "\n"),
      fc.constantFrom("]", "}", " ]", " }"),
    );
    const value = fc.oneof(
      scalar,
      flow.map(([open, items, comma, close]) => `${open}${items.join(comma)}${close}`),
    );
    const line = fc.oneof(
      pair,
      fc.tuple(key, value).map(([name, text]) => `${name}: ${text}`),
      fc.tuple(key).map(([name]) => `${name}:`),
      scalar.map((text) => `- ${text}`),
      scalar,
    );
    const placed = fc
      .tuple(fc.constantFrom("", "", "", "  ", "  ", " ", "    "), line, fc.constantFrom("", "", " ", " # c", "#c"))
      .map((parts) => parts.join(""));
    const text = fc
      .tuple(fc.constantFrom("version: 1\n", "---\nversion: 1\n", ""), fc.array(placed, { maxLength: 5 }))
      .map(([head, lines]) => `${head}${lines.join("\n")}\n`);
    let [read, taken] = [0, 0];
    fc.assert(
      fc.property(text, (each) => {
        if (plainData(each) !== undefined) read += 1;
        if (agree(each)) taken += 1;
      }),
      { numRuns: 6_000 },
    );
    expect(read).toBeGreaterThan(400);
    expect(taken).toBeGreaterThan(100);
  });
});

describe("the shape of a policy", () => {
  it("marks what JSON Schema cannot say, and nothing marked is taken", () => {
    const odd = [
      z.string().refine((text) => text !== "warn"),
      z.string().transform((text) => text),
      z.union([z.literal("warn"), z.literal("off")]),
      z.preprocess((text) => text, z.string()),
      z.custom<string>(),
      z.any(),
      z.string().endsWith("n"),
      z.email(),
    ];
    for (const [index, mode] of odd.entries()) {
      const shape = policyShape(z.strictObject({ version: z.literal(1), mode }));
      expect(plainPolicy("version: 1\nmode: b@c.de\n", shape), String(index)).toBeUndefined();
    }
    const list = policyShape(z.strictObject({ version: z.literal(1), mode: z.array(z.string()).min(2) }));
    expect(plainPolicy("version: 1\nmode: [a, b]\n", list)).toBeDefined();
    expect(plainPolicy("version: 1\nmode: [a]\n", list)).toBeUndefined();
    const record = policyShape(z.strictObject({ version: z.literal(1), mode: z.record(z.string(), z.string()) }));
    expect(plainPolicy("version: 1\nmode: { a: b }\n", record)).toBeDefined();
    expect(plainPolicy("version: 1\nmode: [a]\n", record)).toBeUndefined();
    const open = policyShape(z.object({ version: z.literal(1) }).catchall(z.string()));
    expect(plainPolicy("version: 1\nmode: a\n", open)).toBeUndefined();
    const plain = policyShape(z.strictObject({ version: z.literal(1), mode: z.string().trim().min(1).max(9) }));
    expect(plainPolicy("version: 1\nmode: b@c.de\n", plain)).toEqual({ version: 1, mode: "b@c.de" });
    expect(plainPolicy("version: 1\nmode: ' b '\n", plain)).toBeUndefined();
    expect(plainPolicy("version: 1\nmode: b@c.de.fgh\n", plain)).toBeUndefined();
  });

  it("is understood whole, and no word that is not known is", () => {
    expect(plainPolicy("version: 1\n", SHAPE)?.mode).toBe("observe");
    const { properties = {}, ...rest } = SHAPE;
    const version = { ...properties["version"], multipleOf: 3 } as PolicyShape;
    expect(plainPolicy("version: 1\n", { ...rest, properties: { ...properties, version } })).toBeUndefined();
    expect(plainPolicy("version: 1\n", {})).toBeUndefined();
    expect(plainPolicy("version: 1\n", { ...SHAPE, additionalProperties: true })?.mode).toBe("observe");
    expect(plainPolicy("other: 1\n", { type: "object", additionalProperties: true })).toBeUndefined();
    expect(Object.keys(SHAPE.properties ?? {})).toEqual(Object.keys(checkPolicySchema.shape));
  });
});
