import type { Capability } from "../schema/capability.js";
import type { Proposal } from "../schema/proposal.js";
import { isStewardTool, WRITING_TOOLS } from "../schema/tool.js";
import { hardDenial, isBound, refuseRead, refuseWrite } from "./check-file.js";
import { missing, type Refusal } from "./denial.js";
import type { GateFacts, Image, JudgedCall, ObservedPath } from "./facts.js";
import { foldName, isRoot, resolvePath } from "./path.js";

/** The plan check: phase active, every path by the path rules, every write in the whitelist, nothing deleted. */
export function checkPlan({ proposal, facts }: JudgedCall): Refusal[] {
  if (!facts.capability.ok) return [missing("the capability is not valid")];
  const capability = facts.capability.value;
  const refusals = checkPath(proposal, { capability, facts });
  if (!facts.phaseActive && !isStewardTool(proposal.what.tool)) refusals.unshift(inactivePhase(proposal, capability));
  return refusals;
}

function checkPath(proposal: Proposal, { capability, facts }: Context): Refusal[] {
  const named = pathArgument(proposal);
  if (WRITING_TOOLS.has(proposal.what.tool)) return checkWrite(proposal, named, { capability, facts });
  return named === undefined || mayNameRoot(proposal, named, facts) ? [] : checkRead(named, facts);
}

interface Context {
  capability: Capability;
  facts: GateFacts;
}

/** The one path a tool's arguments name, if any. */
export function pathArgument(proposal: Proposal): string | undefined {
  const { tool, args } = proposal.what;
  const value = looksThroughFolders(tool) ? args["path"] : args["file_path"];
  return typeof value === "string" ? value : undefined;
}

function looksThroughFolders(tool: string): boolean {
  return tool === "Glob" || tool === "Grep";
}

function mayNameRoot(proposal: Proposal, raw: string, facts: GateFacts): boolean {
  return looksThroughFolders(proposal.what.tool) && isRoot(raw, facts.shownRoot);
}

function checkRead(raw: string, facts: GateFacts): Refusal[] {
  const resolved = resolvePath(raw, facts.shownRoot);
  if (!resolved.ok) return [pathRefusal(raw, resolved.error)];
  const observed = observedPath(resolved.value, facts);
  if (observed === undefined) return [missing(`${resolved.value} was not looked at`)];
  return present([refuseRead(resolved.value, facts), linkRefusal(observed)]);
}

/** Input that names no path at all is refused by its schema; it reaches for nothing. */
function checkWrite(proposal: Proposal, raw: string | undefined, { capability, facts }: Context): Refusal[] {
  if (raw === undefined) return [missing("no path is named")];
  const resolved = resolvePath(raw, facts.shownRoot);
  if (!resolved.ok) return [pathRefusal(raw, resolved.error)];
  if (!isBound(capability, facts.writes)) return [missing("the write list is not the capability's")];
  const path = resolved.value;
  const observed = observedPath(path, facts);
  if (observed === undefined) return [missing(`${path} was not looked at`)];
  const image = facts.inputFault === undefined ? refuseImages(proposal, path, facts.images) : undefined;
  return present([refuseWrite(path, capability, facts), refuseKind(observed), image]);
}

function observedPath(path: string, { paths }: GateFacts): ObservedPath | undefined {
  for (const fact of paths) if (fact.path === path) return fact;
  return undefined;
}

function present(refusals: readonly (Refusal | undefined)[]): Refusal[] {
  const found: Refusal[] = [];
  for (const refusal of refusals) if (refusal !== undefined) found.push(refusal);
  return found;
}

function linkRefusal(observed: ObservedPath): Refusal | undefined {
  return observed.linkOnTheWay ? pathRefusal(observed.path, "a component of the path is a link") : undefined;
}

/** Only regular files and names not taken yet are written to. */
export function refuseKind(observed: ObservedPath): Refusal | undefined {
  if (observed.linkOnTheWay) return linkRefusal(observed);
  if (observed.kind === "file" || observed.kind === "missing") return undefined;
  return pathRefusal(observed.path, "the path is not a regular file");
}

/** A structured write has exactly one post-image: of the file it names, and of the text it was given. */
function refuseImages(proposal: Proposal, path: string, images: readonly Image[]): Refusal | undefined {
  const [image, ...others] = images;
  if (image?.path !== path || others.length > 0) return missing(`the post-image of ${path} is missing`);
  const { tool, args } = proposal.what;
  if (tool === "Write" && args["content"] !== image.after) return missing(`the post-image of ${path} is another text`);
  return refuseImage(image);
}

/** Emptying a file is deleting it (DESIGN §5). */
export function refuseImage(image: Image): Refusal | undefined {
  const empties = image.after === "" && image.before !== null && image.before !== "";
  if (empties) return deletion(image.path);
  return isHead(image) ? hardDenial(image.path) : undefined;
}

/** What git takes for a HEAD: a branch or a commit. */
const HEAD_TEXT = /^(?:ref:\s*refs\/|[0-9a-fA-F]{40})/;

/** Whether git would take the file's folder for a repository without a `.git`, and run what its settings name. */
export function isHead({ path, after }: Image): boolean {
  return HEAD_TEXT.test(after) && foldName(path.slice(path.lastIndexOf("/") + 1)) === "head";
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

/** The refusal of a path for what it is. */
export function pathRefusal(path: string, why: string): Refusal {
  return {
    code: "ERROR_PATH",
    rule: "path",
    message: `Path refused: ${why}`,
    object: path.slice(0, 200),
    remedy: "Name a file by its path relative to the workspace root, or absolute below it.",
  };
}

function inactivePhase(proposal: Proposal, capability: Capability): Refusal {
  const writes = WRITING_TOOLS.has(proposal.what.tool) || proposal.what.tool === "Bash";
  return {
    code: "ERROR_PLAN_VIOLATION",
    rule: "phase-active",
    message: writes ? "Attempting to modify future phase" : `Phase ${capability.phase} is not active`,
    object: capability.phase,
    remedy: `Phase ${capability.phase} is not active; it starts when the phases it needs are done.`,
  };
}
