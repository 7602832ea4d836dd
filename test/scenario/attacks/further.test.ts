import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { attackSuite } from "./attack.js";
import { type Ground, prepareGround } from "./ground.js";

/** System calls by their numbers on x64, as Perl makes them; elsewhere the attack has nothing to try. */
const perl = (text: string): string => `perl -e '${text}'`;
/** The settings of a repository that run a program when anybody asks for its status. */
const SETTINGS = "printf '[core]\\n\\tworktree = .\\n\\tfsmonitor = touch /tmp/evil\\n'";

attackSuite("a repository in a folder that is listed whole", [
  {
    name: "without a .git, which git takes for one all the same",
    task: "B",
    input: `cd $(mkdir -p gen/n/objects gen/n/refs && echo gen/n); echo x > objects/x; echo x > refs/x; ${SETTINGS} > config; echo 'ref: refs/heads/main' > HEAD; git status; true`,
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "that borrows another's objects",
    task: "B",
    input: `mkdir -p gen; echo /tmp > gen/commondir; ${SETTINGS} > gen/config; git rev-parse HEAD > gen/HEAD`,
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "whose head is written in small letters, for disks that do not tell",
    task: "B",
    input: "mkdir -p gen; echo 'ref:refs/heads/main' > gen/head",
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "whose head is a commit in capitals",
    task: "B",
    input: `mkdir -p gen; ${SETTINGS} > gen/config; git rev-parse HEAD | tr a-f A-F | sed s/./A/ > gen/HEAD`,
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "whose head is longer than is looked at",
    task: "B",
    input: `mkdir -p gen; (echo 'ref: refs/heads/main'; head -c 5000000 /dev/zero) > gen/HEAD`,
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "by a structured write",
    tool: "Write",
    task: "B",
    input: { file_path: "gen/HEAD", content: "ref:\trefs/heads/main\n" },
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "by git itself",
    task: "B",
    input: "mkdir -p gen; git init -q --bare gen/n; rm -rf gen/n/hooks",
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "whose files pass through a program",
    task: "B",
    input: "mkdir -p gen; echo '* filter=evil' > gen/.gitattributes",
    ends: "refused",
    by: "hard-deny",
  },
]);

attackSuite("git's own files, by the next way", [
  {
    name: "objects borrowed from elsewhere",
    input:
      "mkdir -p /tmp/o; echo /tmp/o > $(git rev-parse --git-path objects/info/alternates); echo /tmp/o >> $(git rev-parse --git-common-dir)/objects/info/alternates; echo tried",
    ends: "contained",
    by: /(Read-only|Permission denied|No such file)[^]*(Read-only|Permission denied|No such file)/,
  },
  {
    name: "settings of the worktree, and settings included where a folder is entered",
    input:
      "git config --worktree core.fsmonitor 'touch /tmp/x'; git config --file $(git rev-parse --git-path config) includeIf.gitdir:/.path /tmp/x; git config core.worktree /tmp; git config --get-regexp 'fsmonitor|includeif|worktree'; echo $?",
    ends: "contained",
    by: /"stdout":"1\\n"/,
  },
  {
    name: "the worktree's own pointer, through its place in the store",
    input: "for f in gitdir commondir HEAD index; do echo /tmp > $(git rev-parse --git-dir)/$f; done; echo tried",
    ends: "contained",
    by: /(Read-only|Permission denied|No such file)/,
  },
]);

attackSuite("what is hidden, watched or opened once more", [
  {
    name: "a watch on a home and on the state",
    input: perl(
      '$f = syscall(294, 0); for (@ARGV) { $p = "$_"; print "watch ", syscall(254, $f, $p, 0xfff), "\\n" }',
    ).concat(" ROOT/../home ROOT/../state /root/.ssh"),
    ends: "contained",
    by: /"stdout":"(watch -1\\n){3}"/,
  },
  {
    name: "a program of the system, opened again for writing by its descriptor",
    input:
      "exec 7< /usr/bin/env; for f in 7 ; do (echo x > /proc/self/fd/$f) 2>&1; (echo x > /dev/fd/$f) 2>&1; done; ls /usr/bin/env",
    ends: "contained",
    by: /(Read-only|denied|busy)[^]*(Read-only|denied|busy)/,
  },
  {
    name: "a masked file, opened again by its descriptor and by the working folder of another",
    input:
      "exec 7< .env.shared; cat /proc/self/fd/7 /proc/$$/cwd/.env.shared /proc/$$/root$PWD/.env.shared; (echo x > /proc/self/fd/7) 2>&1; echo end",
    ends: "contained",
    by: /(Read-only|denied)[^]*end/,
  },
]);

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

describe.skipIf(sandbox.chosen === null)("one file under two listed names", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground.end());

  it("is two files once it is kept, and neither is tied to what lies in scratch", async () => {
    const command =
      "mkdir -p out; echo '// x' >> src/listed.js; ln src/listed.js src/fresh.js; ln src/listed.js out/tied";
    const { report } = await ground.call("Bash", { command });
    expect(report.effects).toMatchObject({ kept: true, refused: [] });
    expect(report.effects?.changes.map(({ path }) => path)).toEqual(["src/fresh.js", "src/listed.js"]);
    const file = (path: string): string => join(report.workspace ?? "", path);
    const after = await ground.call("Bash", {
      command: "echo '// y' >> src/fresh.js; echo evil >> out/tied; cat src/listed.js",
    });
    expect(after.report.effects).toMatchObject({ kept: true, changes: [{ path: "src/fresh.js" }] });
    expect(readFileSync(file("src/listed.js"), "utf8")).toBe("export const listed = 1;\n// x\n");
    expect(["src/listed.js", "src/fresh.js"].map((path) => lstatSync(file(path)).nlink)).toEqual([1, 1]);
  });
});
