import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callTool } from "../../../src/crew/service/tool-call.js";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import type { ToolReport } from "../../../src/schema/tool-report.js";
import { makeRepo, PROBE_DIR, type Repo } from "../harness.js";

/** Honest work that must pass: what it may change, and what it must say. */
interface Honest {
  readonly name: string;
  readonly command: string;
  /** Paths kept, exactly; none unless given. */
  readonly changes?: readonly string[];
  /** What standard output must hold. */
  readonly says?: RegExp;
  readonly exit?: number;
  /** Programs it needs beyond a bare machine's. */
  readonly needs?: readonly string[];
}

const PLAN = `
apiVersion: worknode/v1
kind: Plan
id: honest
title: Honest work
project: honest
agents:
  lead: {tier: executive}
  dev: {tier: implementation}
waivers:
  - {rule: tests, tasks: [A], reason: not what is tested here}
  - {rule: coverage, tasks: [A], reason: not what is tested here}
  - {rule: documentation, tasks: [A], reason: not what is tested here}
workspace:
  scratch: [build/]
phases:
  - id: now
    title: Now
    tasks:
      - id: A
        title: Everything honest
        owner: dev
        files:
          write: ["src/**", "lib/*.py", "native/*.c", "test/**", notes.txt, run.sh, dist/bundle.js, data.bin]
`;

const FILES: Record<string, string> = {
  "plan.yaml": PLAN,
  ".gitignore": "node_modules/\ndist/\n*.log\n*.o\n",
  "package.json": JSON.stringify({
    name: "honest",
    version: "1.0.0",
    type: "module",
    scripts: { test: "node --test", generate: "node scripts/generate.js", greet: "dep" },
  }),
  "scripts/generate.js":
    'import { mkdirSync, writeFileSync } from "node:fs";\nmkdirSync("src/made", { recursive: true });\nwriteFileSync("src/made/table.js", "export const table = [1, 2, 3];\\n");\n',
  "src/sum.js": "export const sum = (a, b) => a + b;\n",
  "src/serve.js":
    'import { createServer } from "node:http";\nexport const serve = () => createServer((_, r) => r.end("hello")).listen(0);\n',
  "test/sum.test.js":
    'import { test } from "node:test";\nimport assert from "node:assert";\nimport { sum } from "../src/sum.js";\ntest("sums", () => assert.equal(sum(1, 2), 3));\n',
  "test/serve.test.js":
    'import { test } from "node:test";\nimport assert from "node:assert";\nimport { serve } from "../src/serve.js";\ntest("serves", async () => { const s = serve(); const r = await fetch(`http://127.0.0.1:${s.address().port}`); assert.equal(await r.text(), "hello"); s.close(); });\n',
  "lib/sum.py": "def total(a, b):\n    return a + b\n",
  "lib/test_sum.py":
    "import unittest\nfrom sum import total\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(total(1, 2), 3)\n",
  "native/main.c": '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
  Makefile: "build/main: native/main.c\n\tmkdir -p build\n\tcc -o build/main native/main.c\n",
  "notes.txt": "one\ntwo\n",
  "run.sh": "#!/bin/sh\necho running\n",
};

const WORK: readonly Honest[] = [
  { name: "looks around", command: "ls -la && cat notes.txt && wc -l src/*.js", says: /two/ },
  { name: "searches", command: "grep -rn 'sum' src | head; find . -name '*.py' | sort", says: /lib\/sum\.py/ },
  { name: "reads the history", command: "git log --oneline && git status --short && git diff", says: /base/ },
  { name: "blames and shows", command: "git blame notes.txt && git show --stat HEAD", says: /two/ },
  { name: "edits with sed -i", command: "sed -i s/two/three/ notes.txt", changes: ["notes.txt"] },
  { name: "edits with perl -pi", command: "perl -pi -e 's/three/two/' notes.txt", changes: ["notes.txt"] },
  { name: "appends by a redirection", command: "echo four >> notes.txt", changes: ["notes.txt"] },
  {
    name: "writes by a heredoc",
    command: "cat > src/new.js <<'END'\nexport const fresh = 1;\nEND",
    changes: ["src/new.js"],
  },
  {
    name: "saves atomically, as editors do",
    command: "cp notes.txt notes.txt.tmp && echo five >> notes.txt.tmp && mv notes.txt.tmp notes.txt",
    changes: ["notes.txt"],
  },
  {
    name: "saves by writing anew",
    command: "cp notes.txt /tmp/n && rm notes.txt && cp /tmp/n notes.txt && echo six >> notes.txt",
    changes: ["notes.txt"],
  },
  { name: "makes a folder on the way to a listed file", command: "mkdir -p src/deep/er", changes: ["src/deep/er"] },
  {
    name: "and writes there in a later call",
    command: "echo 'export const deep = 1;' > src/deep/er/a.js",
    changes: ["src/deep/er/a.js"],
  },
  { name: "makes a program of a script", command: "chmod +x run.sh && ./run.sh", changes: ["run.sh"], says: /running/ },
  {
    name: "touches without changing",
    command: "touch notes.txt src/sum.js && cp -p notes.txt /tmp && cp -p /tmp/notes.txt notes.txt",
  },
  { name: "undoes what it did", command: "echo x >> src/sum.js; git show HEAD:src/sum.js > src/sum.js" },
  {
    name: "writes bytes that are no text to a listed file that is no code",
    command: "head -c 1000 /dev/urandom > data.bin",
    changes: ["data.bin"],
  },
  {
    name: "fails and keeps what it wrote",
    command: "echo seven >> notes.txt; exit 3",
    changes: ["notes.txt"],
    exit: 3,
  },
  { name: "runs node --test", command: "node --test 2>&1 | grep -E '^# (pass|fail)'", says: /pass 2[^]*fail 0/ },
  { name: "runs npm test", command: "npm test --silent 2>&1 | grep -c '^ok'", says: /2/ },
  {
    name: "measures coverage into scratch",
    command: "node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=build.log",
    says: /^$/,
  },
  {
    name: "runs a package script that writes listed files",
    command: "npm run --silent generate && cat src/made/table.js",
    changes: ["src/made/table.js"],
    says: /table/,
  },
  { name: "runs a linked dependency's program", command: "npm run --silent greet", says: /hello from dep/ },
  { name: "runs npx offline", command: "npx --no-install dep", says: /hello from dep/ },
  {
    name: "imports a linked dependency",
    command: "node -e 'import(\"dep\").then((m) => console.log(m.default))'",
    says: /42/,
  },
  {
    name: "writes a listed file into an ignored folder",
    command: "mkdir -p dist && echo 'export {};' > dist/bundle.js && echo other > dist/other.js",
    changes: ["dist/bundle.js"],
  },
  { name: "finds its scratch again", command: "ls dist", says: /bundle\.js\nother\.js/ },
  { name: "clears its scratch", command: "rm -rf dist/other.js && ls dist", says: /^bundle\.js\n$/ },
  {
    name: "talks to a server of its own",
    command:
      'node -e \'const s = require("http").createServer((q, r) => r.end("pong")).listen(0, async () => { console.log(await (await fetch("http://localhost:" + s.address().port)).text()); s.close(); })\'',
    says: /pong/,
  },
  {
    name: "talks over IPv6",
    command:
      'node -e \'const s = require("http").createServer((q, r) => r.end("pong")).listen(0, "::1", async () => { console.log(await (await fetch("http://[::1]:" + s.address().port)).text()); s.close(); })\'',
    says: /pong/,
  },
  {
    name: "starts workers and children",
    command:
      'node -e \'const { Worker } = require("worker_threads"); new Worker("console.log(1 + 1)", { eval: true }); require("child_process").execSync("true")\'',
    says: /2/,
  },
  {
    name: "uses a temporary folder and a home",
    command:
      "d=$(mktemp -d) && echo x > $d/a && cat $d/a && mkdir -p ~/.cache && echo y > ~/.cache/b && cat ~/.cache/b",
    says: /x\ny/,
  },
  {
    name: "pipes and substitutes",
    command: "echo $(cat notes.txt | head -1) <(echo) | cut -c1-3; seq 1 100000 | tail -1",
    says: /100000/,
  },
  { name: "prints much", command: "seq 1 200000", says: /characters? left out|200000/ },
  {
    name: "waits for its background jobs",
    command: "(sleep 0.2; echo eight >> notes.txt) & wait; tail -1 notes.txt",
    changes: ["notes.txt"],
    says: /eight/,
  },
  {
    name: "leaves a server running that dies with it",
    command: "node -e 'require(\"http\").createServer().listen(0)' > /dev/null 2>&1 & sleep 0.2; echo started",
    says: /started/,
  },
  {
    name: "formats several files at once",
    command: "for f in src/*.js; do printf '\\n' >> $f; done",
    changes: ["src/new.js", "src/serve.js", "src/sum.js"],
  },
  { name: "runs Python's unittest", command: "cd lib && python3 -m unittest 2>&1", says: /OK/, needs: ["python3"] },
  {
    name: "compiles Python to bytecode in scratch",
    command: "python3 -m compileall -q lib && ls lib/__pycache__",
    says: /sum/,
    needs: ["python3"],
  },
  {
    name: "edits by Python",
    command:
      "python3 - <<'END'\nfrom pathlib import Path\np = Path('lib/sum.py')\np.write_text(p.read_text().replace('a + b', 'b + a'))\nEND",
    changes: ["lib/sum.py"],
    needs: ["python3"],
  },
  {
    name: "makes a virtual environment in scratch",
    command: "python3 -m venv --without-pip build/venv && build/venv/bin/python -c 'print(1)'",
    says: /1/,
    needs: ["python3"],
  },
  { name: "builds C by make", command: "make && ./build/main", says: /hello/, needs: ["gcc", "make"] },
  {
    name: "finds its build again",
    command: "make && ./build/main",
    says: /up to date[^]*hello/,
    needs: ["gcc", "make"],
  },
  {
    name: "measures C by gcov",
    command:
      "mkdir -p build && cd build && gcc --coverage -o cov ../native/main.c && ./cov && gcov -b cov-main.gcda | head -3",
    says: /hello/,
    needs: ["gcc", "make"],
  },
  {
    name: "writes C",
    command: "printf 'int twice(int a) { return 2 * a; }\\n' > native/twice.c && cc -c -o build/twice.o native/twice.c",
    changes: ["native/twice.c"],
    needs: ["gcc", "make"],
  },
];

const sandbox = await probeBackends({ stateDir: PROBE_DIR });
const has = (program: string): boolean =>
  ["/usr/bin", "/bin", "/usr/local/bin"].some((folder) => existsSync(join(folder, program)));

const missing = sandbox.chosen === null;
describe.skipIf(missing)(`honest work by the shell passes${missing ? " (needs a sandbox)" : ""}`, () => {
  let repo: Repo;
  beforeAll(() => {
    repo = makeRepo(FILES);
    repo.write(
      "node_modules/dep/package.json",
      JSON.stringify({ name: "dep", version: "1.0.0", main: "i.js", bin: "b.js" }),
    );
    repo.write("node_modules/dep/i.js", "module.exports = 42;\n");
    repo.write("node_modules/.bin/dep", "#!/bin/sh\necho hello from dep\n");
    repo.chmod("node_modules/.bin/dep", 0o755);
  });
  afterAll(() => repo.remove());

  for (const work of WORK) {
    const lacking = (work.needs ?? []).filter((program) => !has(program));
    const absent = lacking.length === 0 ? "" : ` (needs ${lacking.join(", ")})`;
    it.skipIf(absent !== "")(`${work.name}${absent}`, async () => {
      const { effects, result, workspace } = await run(repo, work.command);
      expect(effects).toMatchObject({ kept: true, refused: [] });
      expect(effects?.changes.map(({ path }) => path)).toEqual(work.changes ?? []);
      expect(result).toMatchObject({ exit_code: work.exit ?? 0 });
      expect((result as { stdout: string }).stdout).toMatch(work.says ?? /^/);
      for (const path of work.changes ?? []) expect(existsSync(join(workspace ?? "", path))).toBe(true);
    });
  }

  it("leaves the user's checkout alone", () => {
    expect(repo.git("status", "--porcelain", "--", ":!.worknode")).toBe("");
  });
});

async function run(repo: Repo, command: string): Promise<ToolReport> {
  const { report } = await callTool({
    cwd: repo.dir,
    env: repo.env,
    signal: new AbortController().signal,
    yes: true,
    planPath: "plan.yaml",
    task: "A",
    tool: "Bash",
    input: { command, timeout: 60_000 },
    dryRun: false,
  });
  return report;
}
