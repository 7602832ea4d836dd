import type { Capability } from "../schema/capability.js";
import type { Proposal } from "../schema/proposal.js";
import { isStewardTool, WRITING_TOOLS } from "../schema/tool.js";
import { refuseRead, refuseWrite } from "./check-file.js";
import type { Refusal } from "./denial.js";
import type { GateFacts, Image, ObservedPath } from "./facts.js";
import { resolvePath } from "./path.js";

/** The plan check: phase active, every path by the path rules, every write in the whitelist, nothing deleted. */
export function checkPlan(proposal: Proposal, facts: GateFacts): Refusal[] {
  if (!facts.capability.ok) return [missing("the capability is not valid")];
  const capability = facts.capability.value;
  const refusals: Refusal[] = [];
  if (!facts.phaseActive && !isStewardTool(proposal.what.tool)) refusals.push(inactivePhase(capability));
  const named = pathArgument(proposal);
  if (named !== undefined) refusals.push(...checkPath(proposal, named, { capability, facts }));
  return refusals;
}

interface Context {
  capability: Capability;
  facts: GateFacts;
}

/** The one path a tool's arguments name, if any. */
export function pathArgument(proposal: Proposal): string | undefined {
  const { tool, args } = proposal.what;
  const value = tool === "Glob" || tool === "Grep" ? args["path"] : args["file_path"];
  return typeof value === "string" ? value : undefined;
}

function checkPath(proposal: Proposal, raw: string, context: Context): Refusal[] {
  const { facts, capability } = context;
  const writing = WRITING_TOOLS.has(proposal.what.tool);
  if (!writing && raw === facts.shownRoot) return [];
  const resolved = resolvePath(raw, facts.shownRoot);
  if (!resolved.ok) return [pathRefusal(raw, resolved.error)];
  const path = resolved.value;
  const observed = facts.paths.find((fact) => fact.path === path);
  if (observed === undefined) return [missing(`${path} was not looked at`)];
  const refusal = writing ? refuseWrite(path, capability, facts) : refuseRead(path, facts);
  const kind = refuseKind(observed, writing);
  const image = writing && facts.inputFault === undefined ? refuseImage(path, facts.images) : undefined;
  return [refusal, kind, image].filter((found) => found !== undefined);
}

function refuseKind(observed: ObservedPath, writing: boolean): Refusal | undefined {
  if (observed.linkOnTheWay) return pathRefusal(observed.path, "a component of the path is a link");
  if (!writing || observed.kind === "file" || observed.kind === "missing") return undefined;
  return pathRefusal(observed.path, "the path is not a regular file");
}

/** Emptying a file is deleting it (DESIGN §5); a write without its post-image cannot be judged. */
function refuseImage(path: string, images: readonly Image[]): Refusal | undefined {
  const image = images.find((candidate) => candidate.path === path);
  if (image === undefined) return missing(`the post-image of ${path} is missing`);
  const empties = image.after === "" && image.before !== null && image.before !== "";
  return empties ? deletion(path) : undefined;
}

/** The refusal of a deletion, by whatever route. */
export function deletion(path: string): Refusal {
  return {
    code: "ERROR_DELETE",
    rule: "no-delete",
    message: `${path} would be deleted or emptied; agents never delete files`,
    object: path,
    remedy: "Keep the file. If it has to go, report a blocker: a person deletes files.",
  };
}

function pathRefusal(path: string, why: string): Refusal {
  return {
    code: "ERROR_PATH",
    rule: "path",
    message: `Path refused: ${why}`,
    object: path.slice(0, 200),
    remedy: "Name a file by its path relative to the workspace root, or absolute below it.",
  };
}

function inactivePhase(capability: Capability): Refusal {
  return {
    code: "ERROR_PLAN_VIOLATION",
    rule: "phase-active",
    message: "Attempting to modify future phase",
    object: capability.phase,
    remedy: `Phase ${capability.phase} is not active yet; it starts when the phases it needs are done.`,
  };
}

/** The refusal where a fact is not there to judge by. */
export function missing(what: string): Refusal {
  return {
    code: "ERROR_MISSING_FACT",
    rule: "facts",
    message: `Cannot decide: ${what}`,
    object: what,
    remedy: "Nothing is allowed on a missing fact.",
    violation: false,
    escalate: true,
  };
}
