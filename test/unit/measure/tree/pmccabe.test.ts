import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { measureFigures } from "../../../../src/measure/source.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
const OUTPUT_BYTES = 256 * 1024 * 1024;
/** Folders with C sources, a colon between them; `.ci/run` unpacks two of Debian's packages. */
const sources = (process.env["WORKNODE_C_SOURCES"] ?? "").split(":").filter((folder) => folder !== "");
const found = spawnSync("pmccabe", ["-V"]).error === undefined;
const missing = found && sources.length > 0 ? "" : " [skipped: needs pmccabe, and C sources in WORKNODE_C_SOURCES]";

/** A function as one of the two tools reports it. */
interface Row {
  readonly name: string;
  readonly line: number;
  readonly end: number;
  readonly complexity: number;
}

/** What the two say of a file. */
interface Compared {
  readonly path: string;
  /** What `pmccabe -x` says, which reads all branches of `#if` one after another. */
  readonly theirs: readonly Row[];
  /** What it says by itself: one branch of each `#if`. */
  readonly oneBranch: readonly Row[];
  readonly ours: readonly Row[];
  /** Lines where `measure` says that a place could not be read. */
  readonly unread: readonly number[];
}

function cFiles(): string[] {
  const within = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
  return sources
    .flatMap(within)
    .filter((path) => path.endsWith(".c"))
    .sort();
}

/** Columns: modified, traditional, statements, first line, lines, `file(line): name`. */
function pmccabe(paths: readonly string[], option: string): ReadonlyMap<string, Row[]> {
  const { stdout } = spawnSync("pmccabe", [option, ...paths], { encoding: "utf8", maxBuffer: OUTPUT_BYTES });
  const rows = new Map(paths.map((path): [string, Row[]] => [path, []]));
  for (const text of stdout.split("\n")) {
    const [, complexity, , line, lines, place = ""] = text.split("\t");
    const [, path = "", name = ""] = /^(.*)\(\d+\): (.*)$/.exec(place) ?? [];
    const row = { name, line: Number(line), end: Number(line) + Number(lines) - 1, complexity: Number(complexity) };
    rows.get(path)?.push(row);
  }
  return rows;
}

function compared(): Compared[] {
  const paths = cFiles();
  const [all, one] = [pmccabe(paths, "-x"), pmccabe(paths, "-X")];
  return paths.map((path) => {
    const { functions, errors } = measureFigures(path, readFileSync(path, "utf8"));
    const ours = functions.map(({ name, line, end_line: end, complexity }) => ({ name, line, end, complexity }));
    const unread = errors.map(({ line }) => line);
    return { path, theirs: all.get(path) ?? [], oneBranch: one.get(path) ?? [], ours, unread };
  });
}

/** Both find a function that ends there, of the same complexity; tools differ in where its head starts. */
function isEqual(one: Row, others: readonly Row[]): boolean {
  return others.some(({ end, complexity }) => end === one.end && complexity === one.complexity);
}

const UNREAD = "measure says that a place in it could not be read";
const HALVES = "a branch of #if holds a brace without its other: pmccabe finds another end by one branch than by all";
const WITHIN = "within such a function";

/** Why pmccabe's figure of a function is another; undefined where no class explains it. */
function classOf(row: Row, { oneBranch, unread }: Compared): string | undefined {
  if (unread.some((line) => row.line <= line && line <= row.end)) return UNREAD;
  return oneBranch.some(({ line, end }) => line === row.line && end === row.end) ? undefined : HALVES;
}

/** Why pmccabe does not know a function. */
function classOfOurs(row: Row, differing: readonly Row[]): string | undefined {
  return differing.some(({ line, end }) => line <= row.line && row.end <= end) ? WITHIN : undefined;
}

interface Differences {
  readonly equal: number;
  readonly classes: readonly { row: string; why: string | undefined }[];
}

function differencesOf(file: Compared): Differences {
  const { path, theirs, ours } = file;
  const equal = theirs.filter((row) => isEqual(row, ours));
  const differing = theirs.filter((row) => !isEqual(row, ours));
  const alone = ours.filter((row) => !isEqual(row, theirs) && !differing.some(({ end }) => end === row.end));
  const named = (row: Row, why: string | undefined) => ({ row: `${path}:${row.line} ${row.name}`, why });
  const explained = differing.map((row) => named(row, classOf(row, file)));
  return {
    equal: equal.length,
    classes: [...explained, ...alone.map((row) => named(row, classOfOurs(row, differing)))],
  };
}

describe(`the complexity of C${missing}`, () => {
  it.skipIf(missing !== "")("is pmccabe's of at least 99 functions in 100, all others explained", async (context) => {
    await loadGrammars(["c"], GRAMMARS);
    const files = compared().map(differencesOf);
    const equal = files.reduce((sum, one) => sum + one.equal, 0);
    const differing = files.flatMap(({ classes }) => classes);
    const all = equal + differing.length;
    const counted = [UNREAD, HALVES, WITHIN].map(
      (why) => `${differing.filter((one) => one.why === why).length} ${why}`,
    );
    await context.annotate(`${equal} of ${all} equal (${((100 * equal) / all).toFixed(2)} %)\n${counted.join("\n")}`);
    expect(differing.filter(({ why }) => why === undefined)).toEqual([]);
    expect(all).toBeGreaterThan(1_000);
    expect(equal / all).toBeGreaterThanOrEqual(0.99);
  });
});
