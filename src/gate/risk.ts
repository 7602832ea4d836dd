import type { Proposal } from "../schema/proposal.js";
import { isStewardTool, WRITING_TOOLS } from "../schema/tool.js";
import type { GateFacts, Image } from "./facts.js";

const BASE = { read: 0, write: 5, create: 10, command: 15, sensitive: 25 } as const;
const LINES_PER_POINT = 50;
const MAX_LINE_POINTS = 10;
const VIOLATED = 10;
const REJECTED = 5;

/** Files whose change reaches beyond the code: configuration, CI, dependencies. */
const SENSITIVE =
  /(^|\/)(package(-lock)?\.json|npm-shrinkwrap\.json|pnpm-(lock|workspace)\.yaml|yarn\.lock|bun\.lockb?|\.npmrc|\.yarnrc(\.yml)?|requirements[^/]*\.txt|pyproject\.toml|poetry\.lock|setup\.(py|cfg)|go\.(mod|sum)|Cargo\.(toml|lock)|pom\.xml|build\.gradle(\.kts)?|Gemfile(\.lock)?|composer\.(json|lock)|Dockerfile[^/]*|docker-compose[^/]*\.ya?ml|Makefile|CMakeLists\.txt|tsconfig[^/]*\.json|[^/]+\.config\.[cm]?[jt]s|\.[^/]*rc(\.[^/]+)?)$/i;

/** Whether a file is configuration, CI or a dependency list. */
export function isSensitive(path: string): boolean {
  return SENSITIVE.test(path);
}

/** Risk of a call, 0 to 100, by the table of the approval gate. */
export function riskOf(proposal: Proposal, facts: GateFacts): number {
  if (isStewardTool(proposal.what.tool)) return BASE.read;
  let score = baseOf(proposal, facts.images);
  if (score > BASE.read && facts.risk.violatedWithinDay) score += VIOLATED;
  if (score > BASE.read && facts.risk.rejectedBefore) score += REJECTED;
  return Math.min(100, score);
}

function baseOf(proposal: Proposal, images: readonly Image[]): number {
  const { tool } = proposal.what;
  if (tool === "Bash") return BASE.command;
  if (!WRITING_TOOLS.has(tool)) return BASE.read;
  return Math.max(BASE.write, ...images.map(imageRisk));
}

function imageRisk(image: Image): number {
  const base = isSensitive(image.path) ? BASE.sensitive : image.before === null ? BASE.create : BASE.write;
  return base + Math.min(MAX_LINE_POINTS, Math.floor(changedLines(image) / LINES_PER_POINT));
}

/** Lines of the after-text that the before-text does not hold: cheap, and enough for a score. */
function changedLines(image: Image): number {
  const before = new Set((image.before ?? "").split("\n"));
  return image.after.split("\n").filter((line) => !before.has(line)).length;
}
