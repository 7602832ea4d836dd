import { parse } from "yaml";
import type { Decision } from "../../schema/memory.js";

/** A record's file. */
export interface AdrFile {
  /** Name without its folder, for example `0001-use-sqlite.md`. */
  name: string;
  text: string;
}

/** Characters of a section that are kept. */
const MAX_SECTION_CHARS = 20_000;
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/;
/** The title, without the number that some write before it. */
const HEADING = /^#\s+(?:(?:ADR[- ]?)?\d+[.:]?\s*[-–—]?\s*)?(.+)$/im;
const STATUSES = ["proposed", "accepted", "rejected", "deprecated"] as const;

const LISTED_STATUS = /^\s*[-*]\s*status:\s*(.*)$/im;

interface Read {
  id: string;
  record: Decision;
  supersedes: string | undefined;
  superseded: boolean;
}

/**
 * Reads architecture decision records (Nygard's form and MADR), in order of their numbers: `0001-title.md` is
 * `ADR-0001`. One that says it is superseded by none of the others becomes deprecated. Files without a heading are
 * left out.
 */
export function readAdrs(files: readonly AdrFile[], options: { nowMs: number }): Decision[] {
  const numbered = files.filter(({ name }) => /^\d+[-_. ].*\.md$/i.test(name));
  const read = numbered.sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap((file) => readAdr(file, options.nowMs));
  const known = new Set(read.map(({ id }) => id));
  const replaced = new Set<string>();
  return read.map(({ record, supersedes, superseded, id }) => {
    const replaces = supersedes !== undefined && known.has(supersedes) && supersedes < id && !replaced.has(supersedes);
    if (replaces) replaced.add(supersedes);
    const later = superseded && !read.some((other) => other.supersedes === id && other.id > id);
    return { ...record, ...(replaces ? { supersedes } : {}), ...(later ? { status: "deprecated" as const } : {}) };
  });
}

function readAdr({ name, text }: AdrFile, nowMs: number): Read[] {
  const { matter, body } = partsOf(text);
  const question = HEADING.exec(body)?.[1]?.trim();
  const number = /^\d+/.exec(name)?.[0];
  if (question === undefined || number === undefined) return [];
  const sections = sectionsOf(body);
  const standing = [statusIn(matter), section(sections, "status"), LISTED_STATUS.exec(body)?.[1]].join("\n");
  const record: Decision = {
    id: `ADR-${number}`,
    question,
    ...reasonsIn(sections, body, question),
    made_by: name,
    timestamp: dateIn(`${matter}\n${body}`) ?? nowMs,
    confidence: 1,
    ...statusOf(standing),
  };
  const supersedes = referenceIn(standing, /supersedes/i, number);
  return [{ id: record.id, record, supersedes, superseded: /superseded/i.test(standing) }];
}

/** The front matter, empty where there is none, and what follows it. */
function partsOf(text: string): { matter: string; body: string } {
  const front = FRONT_MATTER.exec(text);
  return front === null ? { matter: "", body: text } : { matter: front[1] ?? "", body: text.slice(front[0].length) };
}

type Sections = ReadonlyMap<string, string>;

/** The first of some sections that is there; empty without one. */
function section(sections: Sections, ...names: readonly string[]): string {
  const name = names.find((each) => sections.has(each));
  return name === undefined ? "" : (sections.get(name) ?? "");
}

function reasonsIn(
  sections: Sections,
  body: string,
  question: string,
): Pick<Decision, "decision" | "rationale" | "alternatives_rejected"> {
  const whole = body.replace(/^#.*$/m, "").trim().slice(0, MAX_SECTION_CHARS);
  const decision =
    [section(sections, "decision", "decision outcome"), whole, question].find((text) => text !== "") ?? question;
  const parts = [section(sections, "context", "context and problem statement"), section(sections, "consequences")];
  const alternatives_rejected = alternativesIn(section(sections, "considered options"), decision);
  return { decision, rationale: parts.filter((part) => part !== "").join("\n\n"), alternatives_rejected };
}

/** Sections by their headings in lower case. */
function sectionsOf(body: string): Sections {
  const parts = body.split(/^##\s+/m).slice(1);
  return new Map(
    parts.map((part) => {
      const [heading = "", ...rest] = part.split("\n");
      return [heading.trim().toLowerCase(), rest.join("\n").trim().slice(0, MAX_SECTION_CHARS)];
    }),
  );
}

function statusIn(front: string): string {
  try {
    const value = parse(front) as { status?: unknown } | null;
    return typeof value?.status === "string" ? value.status : "";
  } catch {
    return ""; // front matter of another kind: the sections may still say
  }
}

function statusOf(standing: string): Pick<Decision, "status"> {
  const status = STATUSES.find((each) => new RegExp(`\\b${each}\\b`, "i").test(standing));
  return status === undefined || status === "accepted" ? {} : { status };
}

/** The record a status names after a word, as its id: `Supersedes [1. Use XML](0001-use-xml.md)`, `supersedes ADR-1`. */
function referenceIn(standing: string, word: RegExp, width: string): string | undefined {
  const line = standing.split("\n").find((each) => word.test(each));
  const number =
    line === undefined
      ? undefined
      : (/\((?:\.\/)?(\d+)[-_. ]/.exec(line) ?? /(?:ADR[- ]?|\[|\s)(\d+)/i.exec(line))?.[1];
  return number === undefined ? undefined : `ADR-${number.padStart(width.length, "0")}`;
}

function alternativesIn(options: string, decision: string): Decision["alternatives_rejected"] {
  const named = [...options.matchAll(/^\s*[-*]\s+(.+)$/gm)].map((match) => (match[1] ?? "").trim());
  return named.filter((option) => !decision.includes(option)).map((option) => ({ option, reason: "" }));
}

function dateIn(text: string): number | undefined {
  const date = /\bdate:\s*"?(\d{4}-\d\d-\d\d)/i.exec(text)?.[1];
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : ms;
}
