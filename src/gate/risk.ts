import type { Proposal } from "../schema/proposal.js";
import { WRITING_TOOLS } from "../schema/tool.js";
import type { ActionFacts, GateFacts, Image } from "./facts.js";
import { isSensitive } from "./sensitive.js";

/** What a call is, for its base score (notes: approval gate). */
export type RiskKind =
  | "read"
  | "write"
  | "create"
  | "command"
  | "network"
  | "sensitive"
  | "deploy"
  | "start"
  | "teardown";

/** What a score is made of. */
export interface RiskInputs {
  readonly kind: RiskKind;
  readonly targets: number;
  readonly files: number;
  readonly changedLines: number;
  readonly irreversible: boolean;
  readonly violatedWithinDay: boolean;
  readonly rejectedBefore: boolean;
  readonly stale: boolean;
}

const BASE: Readonly<Record<RiskKind, number>> = {
  read: 0,
  write: 5,
  create: 10,
  command: 15,
  network: 20,
  sensitive: 25,
  deploy: 30,
  start: 30,
  teardown: 60,
};
/** The highest score. */
export const MAX_RISK = 100;
/** A probe older than this says little about its target. */
const PROBE_FRESH_MS = 60_000;

/** The score of a call, 0 to 100. A read adds nothing: it changes nothing, whoever asks. */
export function scoreRisk(inputs: RiskInputs): number {
  const { kind, targets, files, changedLines } = inputs;
  if (kind === "read") return BASE.read;
  const size =
    2 * Math.max(0, targets - 1) +
    Math.min(20, Math.floor(files / 5)) +
    Math.min(10, Math.floor(changedLines / 50)) +
    (inputs.irreversible ? 15 : 0);
  const history = (inputs.violatedWithinDay ? 10 : 0) + (inputs.rejectedBefore ? 5 : 0) + (inputs.stale ? 10 : 0);
  return Math.min(MAX_RISK, BASE[kind] + size + history);
}

/** The score of a proposal. NaN where the facts give none. */
export function riskOf(proposal: Proposal, facts: GateFacts): number {
  const { action, violatedWithinDay, rejectedBefore } = facts.risk;
  const { images } = facts;
  return scoreRisk({
    kind: action?.kind ?? kindOf(proposal.what.tool, images),
    targets: action?.targets ?? 1,
    files: images.length,
    changedLines: countChangedLines(images),
    irreversible: action?.irreversible ?? false,
    violatedWithinDay,
    rejectedBefore,
    stale: action !== undefined && isStale(action),
  });
}

function isStale(action: ActionFacts): boolean {
  return action.probeAgeMs === null || action.probeAgeMs > PROBE_FRESH_MS;
}

/** What a tool records or asks for changes no file and scores as a read. */
function kindOf(tool: string, images: readonly Image[]): RiskKind {
  if (tool === "Bash") return "command";
  if (!WRITING_TOOLS.has(tool)) return "read";
  if (images.some(({ path }) => isSensitive(path))) return "sensitive";
  return images.some(({ before }) => before === null) ? "create" : "write";
}

function countChangedLines(images: readonly Image[]): number {
  let sum = 0;
  for (const image of images) sum += changedLines(image);
  return sum;
}

/** Lines a change touches: the longer of what differs between the common beginning and the common end. */
export function changedLines(image: Image): number {
  const [before, after] = [image.before ?? "", image.after];
  const [had, has] = [countLines(before), countLines(after)];
  if (had === 0 || has === 0) return Math.max(had, has);
  const [old, now] = [lineText(before), lineText(after)];
  const head = commonHead(old, now);
  const shorter = Math.min(had, has);
  return Math.max(had, has) - head - Math.min(commonTail(old, now), shorter - head);
}

/** Lines of a text; a line break at its end begins none. */
function countLines(text: string): number {
  return text === "" ? 0 : countBreaks(lineText(text), 0, text.length) + 1;
}

function lineText(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function countBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Whole lines that two texts begin with alike. */
function commonHead(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  let same = 0;
  while (same < shorter && left.charCodeAt(same) === right.charCodeAt(same)) same += 1;
  const whole = isLineEnd(left, same) && isLineEnd(right, same);
  return countBreaks(left, 0, same) + (whole ? 1 : 0);
}

function isLineEnd(text: string, at: number): boolean {
  return at === text.length || text.charAt(at) === "\n";
}

/** Whole lines that two texts end with alike. */
function commonTail(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  let same = 0;
  while (same < shorter && left.charCodeAt(left.length - 1 - same) === right.charCodeAt(right.length - 1 - same))
    same += 1;
  const whole = isLineStart(left, left.length - same) && isLineStart(right, right.length - same);
  return countBreaks(left, left.length - same, left.length) + (whole ? 1 : 0);
}

function isLineStart(text: string, at: number): boolean {
  return at === 0 || text.charAt(at - 1) === "\n";
}
