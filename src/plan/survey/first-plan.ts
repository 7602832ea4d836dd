import type { Config, ConfigProject } from "../../schema/config.js";
import { planText } from "./plan-text.js";

const HEAD = `# A first plan, written by \`worknode init\`; change it as you like, nothing overwrites it.
# Its tasks write one page each and then run the project's own tests in the sandbox: a small night that shows
# whether this machine, the commands below and the model's key work together.
# worknode plan explain .worknode/plans/first.yaml     says in words what it does
# worknode run .worknode/plans/first.yaml              asks you to approve these exact bytes, then runs
`;

/** Money a first night may cost at most, in US dollars. */
const FIRST_BUDGET_USD = 2;
/** Tasks a first night has at most: a workspace may have a hundred projects. */
const FIRST_TASKS = 5;

/** The text of a first plan for a repository: it lints clean, and every command in it comes from the configuration. */
export function draftFirstPlan(config: Config): string {
  const projects = config.projects.length === 0 ? [undefined] : config.projects.slice(0, FIRST_TASKS);
  const many = projects.length > 1;
  return `${HEAD}${planText({
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: "first",
    title: "Describe this repository, and run its tests in the sandbox",
    budget: { usd: FIRST_BUDGET_USD, wallClock: "1h" },
    ...workspaceOf(config),
    phases: [{ id: "write", tasks: projects.map((project, index) => taskOf(config, project, { index, many })) }],
  })}`;
}

/** What commands see in their sandbox, as far as it differs from what every plan has. */
export function workspaceOf({ workspace }: Config): object {
  const { toolchains, link, prepare } = workspace;
  const given = {
    ...(link.length === 0 ? {} : { link }),
    ...(toolchains.length === 0 ? {} : { toolchains }),
    ...(prepare === undefined ? {} : { prepare }),
  };
  return Object.keys(given).length === 0 ? {} : { workspace: given };
}

function taskOf(config: Config, project: ConfigProject | undefined, at: { index: number; many: boolean }): object {
  const part = project === undefined || !at.many ? "this repository" : `the ${project.kind} project in ${project.path}`;
  const page = at.many ? `docs/overview-${at.index + 1}.md` : "docs/overview.md";
  const read = config.instructions.map((name) => ` Follow ${name}.`).join("");
  return {
    id: `FIRST-${at.index + 1}`,
    title: `Read the sources of ${part} and describe it on one page`,
    description: `What it is for, how it is built, how its tests are run, where to look first.${read}`,
    owner: "implementer",
    files: { write: [page] },
    ...(project?.verify === undefined ? {} : { verify: project.verify }),
  };
}
