import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { makeRepo, PROBE_DIR, type Repo } from "../harness.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The user nobody owns anything as. */
const NOBODY = "65534";
/**
 * Becomes that user where the parts of the program stand below a folder that others may enter: a clone may be private, or
 * lie in a private folder. Arguments: the program's folder, where to show it, the command.
 */
const AS_NOBODY = `for part in "$1"/*; do
  if [ -d "$part" ]; then mkdir -p "$2/\${part##*/}"; else : > "$2/\${part##*/}"; fi
  mount --bind "$part" "$2/\${part##*/}" || exit 1
done
shift 2 && exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups -- "$@"`;
const PLAN =
  "apiVersion: worknode/v1\nkind: Plan\nid: user\ntitle: User\nphases:\n  - id: p\n    tasks:\n      - {id: A, title: A, owner: implementer, files: {write: [notes.md, run.sh]}}\n";

const [isRoot, report] = [
  process.getuid?.() === 0,
  await probeBackends({ stateDir: PROBE_DIR, all: true, fresh: true }),
];
const backends = [...new Set(report.probes.filter(({ ok }) => ok).flatMap(({ backend }) => backend ?? []))];
const why = isRoot ? "" : " [needs root, to become another user]";

/** What honest commands change. The first is given to the program, the others one after another to one process. */
const HONEST: readonly (readonly [string, readonly string[]])[] = [
  ["sed -i s/one/two/ notes.md", ["notes.md"]],
  ["printf '#!/bin/sh\\necho ran\\n' > run.sh; chmod +x run.sh; ./run.sh", ["run.sh"]],
  ["cp notes.md notes.tmp; echo three >> notes.tmp; mv notes.tmp notes.md", ["notes.md"]],
  [
    "node -e 'require(\"http\").createServer((q, r) => r.end()).listen(0, function () { fetch(`http://127.0.0.1:${this.address().port}`).then(() => process.exit(0)) })'",
    [],
  ],
  ["git status --short; git log --oneline", []],
  ["chmod 000 .", []], // root looks into a closed folder all the same
  ["echo four >> notes.md; chmod 000 .", ["notes.md"]],
];
const HOSTILE = [
  "echo x >> other.md",
  "rm notes.md",
  "ln -sf /etc/passwd notes.md",
  "chmod 4755 run.sh",
  "mkdir -p .github/workflows; echo x > .github/workflows/a.yml",
];
const CURIOUS =
  "ls -a ~ /root ../state ../home 2>&1; ls -d /proc/[0-9]* | wc -l; grep CapEff /proc/self/status; unshare -Ur true 2>&1; umount .git 2>&1; mount -o remount,rw /usr 2>&1";
const FIRST = [HONEST[0]?.[0] ?? "", HOSTILE[0] ?? ""];

/** Makes calls of the library, of which the program is one user. Arguments: the library, the commands. */
const CALLS = `const { callTool } = await import(process.argv[1]);
const { signal } = new AbortController();
const called = [];
for (const command of JSON.parse(process.argv[2])) {
  const { exitCode, report } = await callTool({ cwd: process.cwd(), env: process.env, signal, yes: true, dryRun: false,
    planPath: "plan.yaml", task: "A", tool: "Bash", input: { command, timeout: 20_000 } });
  called.push({ ...report, exitCode });
}
console.log(JSON.stringify(called));`;

/** Longest time for all of them, on a machine that has more to do. */
const ALL_MS = 240_000;

interface Called {
  readonly exitCode: number | null;
  readonly result: { readonly exit_code: number; readonly stdout: string };
  readonly effects: object;
}

describe.skipIf(!isRoot).each(backends)(`an ordinary user's commands by %s${why}`, (backend) => {
  let repo: Repo;
  const called = new Map<string, Called>();
  beforeAll(() => {
    repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n", "other.md": "other\n" });
    mkdirSync(join(dirname(repo.dir), "program"));
    execFileSync("chmod", ["755", dirname(repo.dir)]);
    execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, dirname(repo.dir)]);
    for (const command of FIRST) called.set(command, byProgram(command));
    const others = [...HONEST.map(([command]) => command), ...HOSTILE, CURIOUS].filter((each) => !FIRST.includes(each));
    for (const [index, each] of byLibrary(others).entries()) called.set(others[index] ?? "", each);
  }, ALL_MS);
  afterAll(() => repo.remove());

  /** What Node says, run by the other user on a file of dist/. */
  function asNobody(
    file: string,
    argumentsOf: (path: string) => readonly string[],
  ): { code: number | null; out: string } {
    const shown = join(dirname(repo.dir), "program");
    const mounted = ["--mount", "--propagation", "private", "sh", "-c", AS_NOBODY, "sh", ROOT, shown];
    const run = spawnSync("unshare", [...mounted, process.execPath, ...argumentsOf(join(shown, "dist", file))], {
      cwd: repo.dir,
      env: { ...repo.env, WORKNODE_SANDBOX: backend },
      encoding: "utf8",
    });
    if (run.stdout === "") throw new Error(run.stderr);
    return { code: run.status, out: run.stdout };
  }

  function byProgram(command: string): Called {
    const call = ["tool", "Bash", JSON.stringify({ command, timeout: 20_000 }), "--plan", "plan.yaml"];
    const { code, out } = asNobody("main.js", (main) => [
      main,
      ...call,
      "--task",
      "A",
      "--yes",
      "--output-format",
      "json",
    ]);
    return { ...(JSON.parse(out) as Called), exitCode: code };
  }

  function byLibrary(commands: readonly string[]): Called[] {
    const { out } = asNobody("library.mjs", (library) => [
      "--input-type=module",
      "-e",
      CALLS,
      library,
      JSON.stringify(commands),
    ]);
    return JSON.parse(out) as Called[];
  }

  it.each(HONEST)("pass: %s", (command, changed) => {
    const { exitCode, effects, result } = called.get(command) ?? {};
    expect(result).toMatchObject({ exit_code: 0 });
    expect(effects).toMatchObject({ kept: true, refused: [], changes: changed.map((path) => ({ path })) });
    expect(exitCode).toBe(0);
  });

  it.each(HOSTILE)("are discarded: %s", (command) => {
    const { exitCode, effects } = called.get(command) ?? {};
    expect(effects).toMatchObject({ kept: false });
    expect(exitCode).toBe(3);
  });

  it("see no home, no state, no host process, and hold no capability", () => {
    const stdout = called.get(CURIOUS)?.result.stdout ?? "";
    expect(stdout).toContain("CapEff:\t0000000000000000");
    expect(stdout).not.toMatch(/worknode\.db|\.ssh|keys/);
    expect(Number(/^(\d+)$/m.exec(stdout)?.[1])).toBeLessThan(20);
  });
});
