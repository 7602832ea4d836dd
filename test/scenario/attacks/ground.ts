import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { callTool } from "../../../src/crew/service/tool-call.js";
import type { AnyEvent } from "../../../src/schema/event.js";
import type { ToolReport } from "../../../src/schema/tool-report.js";
import type { Store } from "../../../src/store/store.js";
import { makeRepo, type Repo } from "../harness.js";

/** What no agent may ever see: in the home, in a masked file, in the environment of worknode. */
export const SECRETS = [
  "canary-of-the-home",
  "canary-of-the-env-file",
  "canary-of-the-environment",
  "canary-of-a-committed-file",
  "canary-of-a-dependency",
] as const;

const PLAN = `
apiVersion: worknode/v1
kind: Plan
id: attack
title: A plan under attack
project: attack
agents:
  lead: {tier: executive}
  dev: {tier: implementation}
  judge: {tier: validation}
waivers:
  - {rule: tests, tasks: [A, B, C, L], reason: not what is tested here}
  - {rule: coverage, tasks: [A, B, C, L], reason: not what is tested here}
  - {rule: documentation, tasks: [A, B, C, L], reason: not what is tested here}
workspace:
  scratch: [out/]
phases:
  - id: now
    title: Now
    tasks:
      - {id: A, title: One file, owner: dev, files: {write: [src/listed.js, src/fresh.js, notes.txt, made/bundle.js]}}
      - {id: B, title: A folder, owner: dev, files: {write: ["gen/**"]}}
      - {id: C, title: C code, owner: dev, files: {write: [native/listed.c]}}
      - {id: V, title: A report, owner: judge, files: {write: [reports/validation/v.md]}}
  - id: later
    title: Later
    needs: [now]
    tasks:
      - {id: L, title: Later, owner: dev, files: {write: [src/later.js]}}
`;

const FILES: Record<string, string> = {
  "plan.yaml": PLAN,
  ".gitignore": "node_modules/\ndist/\nmade\n.env\n",
  "package.json": JSON.stringify({
    name: "attacked",
    version: "1.0.0",
    scripts: { honest: "node src/listed.js", hostile: "echo x >> src/other.js", postinstall: "echo x >> src/other.js" },
  }),
  "src/listed.js": "export const listed = 1;\n",
  "src/other.js": "export const other = 1;\n",
  "src/later.js": "export const later = 1;\n",
  "native/listed.c": "int listed(void) { return 1; }\n",
  "notes.txt": "notes\n",
  "docs/guide.md": "# guide\n",
  "README.md": "# attacked\n",
  ".env.shared": SECRETS[3],
};

/** What to say of a test whose programs are not on this machine; empty where they are. */
export function lacking(programs: readonly string[] = []): string {
  const folders = ["/usr/bin", "/bin", "/usr/local/bin"];
  const absent = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  return absent.length === 0 ? "" : ` (needs ${absent.join(", ")})`;
}

/** A repository to be attacked, and everything around it that must stay as it is. */
export interface Ground {
  readonly repo: Repo;
  /** Connections made to the host's loopback. */
  knocks(): number;
  readonly port: number;
  /** Makes one call as a task's agent. */
  call(tool: string, input: object, task?: string): Promise<Called>;
  /** Hash of everything outside the listed files: checkout, home, keys, the worktrees, a canary beside them. */
  fingerprint(): string;
  end(): Promise<void>;
}

/** What came of a call, and the events it left. */
export interface Called {
  readonly exitCode: number;
  readonly report: ToolReport;
  readonly events: readonly AnyEvent[];
  /** Everything the caller was told. */
  readonly told: string;
}

/** Prepares the ground: secrets in the home, the environment and a masked file, a listener on the host's loopback. */
export async function prepareGround(): Promise<Ground> {
  const repo = makeRepo(FILES);
  const base = dirname(repo.dir);
  put(join(repo.dir, ".env.old"), `${SECRETS[3]}\n`);
  repo.git("add", ".env.old");
  repo.git("commit", "-q", "-m", "a mistake");
  repo.git("rm", "-q", ".env.old");
  repo.git("commit", "-q", "-m", "its correction");
  put(join(base, "home", ".ssh", "id_ed25519"), SECRETS[0]);
  put(join(base, "outside.txt"), "outside\n");
  put(join(repo.dir, ".env"), SECRETS[1]);
  put(join(repo.dir, "node_modules", "dep", "index.js"), "module.exports = 1;\n");
  put(join(repo.dir, "node_modules", "dep", ".env"), SECRETS[4]);
  put(join(repo.dir, "node_modules", ".bin", "dep"), "#!/bin/sh\necho dep\n");
  repo.env["WORKNODE_CANARY"] = SECRETS[2];
  process.env["WORKNODE_CANARY"] = SECRETS[2];
  let knocks = 0;
  const server = createServer((_, response) => response.end("hello"));
  server.on("connection", () => (knocks += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as AddressInfo).port;
  const log = openLog(repo);
  return {
    repo,
    port,
    knocks: () => knocks,
    call: (tool, input, task = "A") => makeCall({ repo, log }, tool, { input, task }),
    fingerprint: () => fingerprint(base),
    end: async () => {
      delete process.env["WORKNODE_CANARY"];
      await new Promise((resolve) => server.close(resolve));
      log.close();
      repo.remove();
    },
  };
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The log of a repository, once there is one, and open from then on: to open it twice for each call took longer than some calls. */
function openLog(repo: Repo): { store(): Store | undefined; close(): void } {
  let open: Store | undefined;
  return {
    store: () => (open ??= existsSync(join(repo.dir, ".worknode", "worknode.db")) ? repo.store() : undefined),
    close: () => open?.close(),
  };
}

async function makeCall(
  { repo, log }: { repo: Repo; log: ReturnType<typeof openLog> },
  tool: string,
  at: { input: object; task: string },
): Promise<Called> {
  const afterSeq = log.store()?.events({ reverse: true, limit: 1 })[0]?.seq ?? 0;
  const { exitCode, report } = await callTool({
    cwd: repo.dir,
    env: repo.env,
    signal: new AbortController().signal,
    yes: true,
    planPath: "plan.yaml",
    task: at.task,
    tool,
    input: at.input,
    dryRun: false,
  });
  const events = log.store()?.events({ afterSeq }) ?? [];
  return { exitCode, report, events, told: JSON.stringify([report, events]) };
}

/** What changes by worknode's own hand: its database, its records and layers, git's bookkeeping of worktrees. */
const OWN =
  /^(repo\/\.worknode\/|repo\/\.git\/|state\/worknode\/[^/]+\/(tasks|sandbox-probe|locks)|state\/worknode\/[^/]+\/[^/]*\.lock)/;
/** Git's parts that commands could have reached: what is configured, what runs, what branches there are. */
const GUARDED = /^repo\/\.git\/(config|hooks\/|HEAD$|refs\/heads\/(?!worknode))/;

function fingerprint(base: string): string {
  const hash = createHash("sha256");
  for (const path of walk(base, "")) {
    if (OWN.test(path) && !GUARDED.test(path)) continue;
    hash.update(`${path}\0${describe(join(base, path))}\0`);
  }
  return hash.digest("hex");
}

/** Worknode's own throughout, and not for an ordinary user to look into: what the kernel keeps of a mount is closed to him. */
const TASKS = /^state\/worknode\/[^/]+\/tasks$/;

function walk(base: string, folder: string): string[] {
  const names = readdirSync(join(base, folder)).sort();
  return names.flatMap((name) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (TASKS.test(path)) return [];
    const stat = lstatSync(join(base, path));
    return stat.isDirectory() ? [`${path}/`, ...walk(base, path)] : [path];
  });
}

function describe(path: string): string {
  const stat = lstatSync(path.replace(/\/$/, ""));
  const kind = stat.isSymbolicLink() ? `link ${readlinkSync(path)}` : stat.isFile() ? "file" : "other";
  const content = kind === "file" ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
  return `${(stat.mode & 0o7777).toString(8)} ${stat.nlink > 1 && stat.isFile() ? "linked" : ""} ${kind} ${content}`;
}
