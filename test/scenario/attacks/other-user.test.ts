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

describe.skipIf(!isRoot).each(backends)(`an ordinary user's commands by %s${why}`, (backend) => {
  let repo: Repo;
  beforeAll(() => {
    repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n", "other.md": "other\n" });
    mkdirSync(join(dirname(repo.dir), "program"));
    execFileSync("chmod", ["755", dirname(repo.dir)]);
    execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, dirname(repo.dir)]);
  });
  afterAll(() => repo.remove());

  function bash(command: string): {
    code: number | null;
    result: { exit_code: number; stdout: string };
    effects: object;
  } {
    const shown = join(dirname(repo.dir), "program");
    const main = join(shown, "dist", "main.js");
    const call = [main, "tool", "Bash", JSON.stringify({ command, timeout: 20_000 }), "--plan", "plan.yaml"];
    const mounted = ["--mount", "--propagation", "private", "sh", "-c", AS_NOBODY, "sh", ROOT, shown];
    const run = spawnSync(
      "unshare",
      [...mounted, process.execPath, ...call, "--task", "A", "--yes", "--output-format", "json"],
      {
        cwd: repo.dir,
        env: { ...repo.env, WORKNODE_SANDBOX: backend },
        encoding: "utf8",
      },
    );
    if (run.stdout === "") throw new Error(run.stderr);
    return { code: run.status, ...(JSON.parse(run.stdout) as { result: never; effects: never }) };
  }

  it.each([
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
  ])("pass: %s", (command, changed) => {
    const { code, effects, result } = bash(command);
    expect(result).toMatchObject({ exit_code: 0 });
    expect(effects).toMatchObject({ kept: true, refused: [], changes: changed.map((path) => ({ path })) });
    expect(code).toBe(0);
  });

  it.each([
    "echo x >> other.md",
    "rm notes.md",
    "ln -sf /etc/passwd notes.md",
    "chmod 4755 run.sh",
    "mkdir -p .github/workflows; echo x > .github/workflows/a.yml",
  ])("are discarded: %s", (command) => {
    const { code, effects } = bash(command);
    expect(effects).toMatchObject({ kept: false });
    expect(code).toBe(3);
  });

  it("see no home, no state, no host process, and hold no capability", () => {
    const { result } = bash(
      "ls -a ~ /root ../state ../home 2>&1; ls -d /proc/[0-9]* | wc -l; grep CapEff /proc/self/status; unshare -Ur true 2>&1; umount .git 2>&1; mount -o remount,rw /usr 2>&1",
    );
    expect(result.stdout).toContain("CapEff:\t0000000000000000");
    expect(result.stdout).not.toMatch(/worknode\.db|\.ssh|keys/);
    expect(Number(/^(\d+)$/m.exec(result.stdout)?.[1])).toBeLessThan(20);
  });
});
