import { readBelow } from "../../effect/disk/path-fact.js";
import type { Repository } from "../../effect/repository/repository.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { invalid } from "../../kernel/fault.js";
import type { ReviewerList } from "../../schema/plan-setting.js";
import { CONFIG_PATH, readConfig } from "./config.js";
import type { PlanSource } from "./plan-source.js";

/** Whether a reviewer's name is that of a team: `owner/name`. */
function isTeam(name: string): boolean {
  return name.includes("/");
}

/**
 * The people a plan's reviewers are, by user name or git e-mail: a team stands for those `.worknode/config.yaml` lists
 * now, and for nobody where it lists none. Undefined: any person. Throws Fault BAD_CONFIG (exit 2).
 */
export function peopleOf({ root }: Pick<Repository, "root">, names: ReviewerList): ReviewerList {
  if (names === undefined || !names.some(isTeam)) return names;
  const teams = teamsIn(root);
  return names.flatMap((name) => (isTeam(name) ? (teams.get(name) ?? []) : [name]));
}

/** Refuses a plan whose reviewers are a team nobody knows. Throws Faults UNKNOWN_TEAM, BAD_CONFIG (exit 2). */
export function requireTeams({ root }: Pick<Repository, "root">, { plan, path }: PlanSource): void {
  const named = (plan.approval.reviewers.humans ?? []).filter(isTeam);
  if (named.length === 0) return;
  const teams = teamsIn(root);
  const unknown = named.filter((name) => (teams.get(name) ?? []).length === 0);
  if (unknown.length === 0) return;
  throw invalid(
    "UNKNOWN_TEAM",
    `${path} names the reviewers ${unknown.join(", ")}, and ${CONFIG_PATH} lists no people for them. Add \`teams: { ${unknown[0]}: [user name or git e-mail, ...] }\` there.`,
  );
}

function teamsIn(root: string): ReadonlyMap<string, readonly string[]> {
  const config = readConfig({ read: (path) => readBelow(root, path, MAX_FILE_BYTES)?.toString("utf8") });
  return new Map(Object.entries(config?.teams ?? {}));
}
