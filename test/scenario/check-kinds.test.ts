import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { branchy, check, checkReport, namesOf } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

let open: Repo | undefined;
afterEach(() => open?.remove());

/** A repository, and a change to it on a branch of its own. */
function changed(files: Record<string, string>, change: Record<string, string>): Repo {
  open = makeRepo({ "src/a.ts": branchy("a", 3), ...files });
  open.git("switch", "-q", "-c", "change");
  for (const [path, text] of Object.entries(change)) open.write(path, text);
  open.git("add", "-A");
  open.git("commit", "-q", "-m", "change");
  return open;
}

const JS = `#!/usr/bin/env node\nfunction pick(n) {\n${"  if (n > 1) n--;\n".repeat(8)}  return n;\n}\n`;
const PYTHON = `#!/usr/bin/python3\ndef pick(n):\n${"    if n: n -= 1\n".repeat(8)}    return n  # noqa\n`;
const ON = ["--base", "main", "--mode", "enforce"];

it("judges scripts by their first line, and says how many files were of no measured language", async () => {
  const binary = `#!/usr/bin/env node\nconst a = "\0";\n`;
  const repo = changed(
    {},
    { "bin/js": JS, "bin/py.run": PYTHON, "bin/nul": binary, "a.md": "x\n", "b.sh": "#!/bin/sh\n" },
  );
  const report = await checkReport(repo, ...ON);
  expect(namesOf(report)).toEqual([
    "max-complexity bin/js:2",
    "readable-code bin/nul:1",
    "max-complexity bin/py.run:2",
    "no-suppression bin/py.run:11",
  ]);
  expect(report.checked).toMatchObject({ files: 5, unmeasured: 2, functions: 2 });
  expect((await check(repo, ...ON)).out).toContain("checked 5 file(s) (2 of no measured language), 2 function(s)");
});

it("takes a script that was renamed or made worse before for what it was, and leaves out languages that are not wanted", async () => {
  const policy = "version: 1\nmode: enforce\nlanguages: [typescript, javascript]\n";
  const repo = changed({ "bin/js": JS, ".worknode/check.yaml": policy }, { "bin/py": PYTHON });
  repo.git("mv", "bin/js", "bin/other");
  repo.git("commit", "-q", "-m", "rename");
  const report = await checkReport(repo, "--base", "main");
  expect(report).toMatchObject({ outcome: "passed", checked: { files: 3, left_out: 1, unmeasured: 0 } });
});

it("finds scripts in a whole tree by their mode, or where they have no extension", async () => {
  const repo = changed({}, { tool: JS, "run.cgi": PYTHON, "text.cgi": PYTHON });
  chmodSync(join(repo.dir, "run.cgi"), 0o755);
  repo.git("commit", "-q", "-am", "mode");
  const report = await checkReport(repo, "--all", "--mode", "enforce");
  expect(namesOf(report)).toEqual(["max-complexity run.cgi:2", "no-suppression run.cgi:11", "max-complexity tool:2"]);
});

it("refuses what git, a compiler or a system takes for more than a file, by any policy", async () => {
  const repo = changed(
    { "src/old.txt ": "x\n", ".worknode/check.yaml": "version: 1\nmode: enforce\nexclude: [out/**]\n", "out/a": "a\n" },
    { "src/b.ts ": "x\n", "src/old.txt ": "y\n", "src/p\u202eng.ts": "export const x = 1;\n", "lib/x.so.1": "x\n" },
  );
  repo.write("fixture/HEAD", "ref: refs/heads/main\n");
  repo.write("fixture/sub/head", `${"0".repeat(40)}\n`);
  repo.write("docs/HEAD", "The head of a page.\n");
  repo.write("out/HEAD", "ref: refs/heads/main\n");
  for (const [name, target] of [
    ["linked/HEAD", "refs/heads/main"],
    ["in", "src"],
    ["up", "../other"],
    ["root", "/etc"],
    ["hooks", ".git/hooks"],
  ] as const) {
    mkdirSync(dirname(join(repo.dir, name)), { recursive: true });
    symlinkSync(target, join(repo.dir, name));
  }
  repo.git("add", "-A");
  repo.git("update-index", "--add", "--cacheinfo", `160000,${repo.git("rev-parse", "HEAD").trim()},vendored`);
  repo.git("commit", "-q", "-m", "odd");
  const report = await checkReport(repo, "--base", "main");
  expect(report).toMatchObject({ exit_code: 3, checked: { left_out: 2 } });
  expect(namesOf(report).map((name) => name.slice(0, -2))).toEqual([
    "hard-deny fixture/HEAD",
    "hard-deny fixture/sub/head",
    "file-kind hooks",
    "readable-code lib/x.so.1",
    "hard-deny linked/HEAD",
    "file-kind root",
    "file-kind src/b.ts ",
    "file-kind src/p\u202eng.ts",
    "file-kind up",
    "submodule vendored",
  ]);
});
