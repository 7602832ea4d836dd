import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageFile } from "../../../crew/state/package-file.js";
import { type DemoPlace, runGit } from "./child.js";

/** What the demo made; everything is below `base`, so that one `rm -rf` takes it away. */
export interface DemoRepository extends DemoPlace {
  readonly base: string;
  readonly planPath: string;
}

/** Variables that would make the demo's run depend on the user's own set-up. */
const OWN_SETTINGS = /^(ANTHROPIC_|GIT_|WORKNODE_(?!SANDBOX|DEBUG))/;
/** The package the demo project's tests use, taken from worknode's own dependencies: no network is needed. */
const DEPENDENCY = "yaml";

/** A fresh temporary folder for everything the demo makes. */
export function makeBase(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "worknode-demo-")));
}

/** Makes a git repository of the demo project below `base`, its plan committed and its dependency in place. */
export function makeRepository(base: string, env: NodeJS.ProcessEnv, plan: string): DemoRepository {
  const directory = join(base, "formatkit");
  cpSync(packageFile("plans", "demo", "project"), directory, { recursive: true });
  renameSync(join(directory, "gitignore"), join(directory, ".gitignore"));
  cpSync(dependencyFolder(), join(directory, "node_modules", DEPENDENCY), { recursive: true, dereference: true });
  const planPath = join(directory, ".worknode", "plans", "formatkit.yaml");
  mkdirSync(dirname(planPath), { recursive: true });
  writeFileSync(planPath, plan);
  const place = { directory, env: demoEnvironment(env, base) };
  commitAll(place);
  return { ...place, base, planPath };
}

/** The demo's plan and script, as shipped. */
export function readDemoFile(name: "plan.yaml" | "script.yaml"): string {
  return readFileSync(packageFile("plans", "demo", name), "utf8");
}

function demoEnvironment(env: NodeJS.ProcessEnv, base: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !OWN_SETTINGS.test(name));
  return { ...Object.fromEntries(kept), XDG_STATE_HOME: join(base, "state") };
}

function commitAll(place: DemoPlace): void {
  const who = { NAME: "worknode demo", EMAIL: "demo@worknode.invalid" };
  const env = {
    ...place.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
  };
  runGit(["-c", "init.defaultBranch=main", "init", "--quiet"], { ...place, env });
  runGit(["add", "--all"], { ...place, env });
  runGit(["commit", "--quiet", "--message", "A small library that lacks three functions"], { ...place, env });
}

function dependencyFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(`${DEPENDENCY}/package.json`));
}
