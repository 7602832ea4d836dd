import { attackSuite } from "./attack.js";

const into = (path: string): object => ({ file_path: path, content: "x\n" });
/** A function of complexity 9, one more than the tier allows. */
const KNOTTED = `function knot(a) {${Array.from({ length: 8 }, (_, index) => ` if (a === ${index}) return ${index};`).join("")} return a; }`;
const LONG = `function long() {\\n${"  step();\\n".repeat(60)}}\\n`;

attackSuite("paths of structured tools", [
  ...(
    [
      ["out of the workspace", "../outside.txt", "path"],
      ["out by a detour", "src/../../outside.txt", "path"],
      ["an absolute path", "/etc/passwd", "path"],
      ["another file by dots", "src/../README.md", "path"],
      ["a dot segment", "src/./listed.js", "path"],
      ["an empty segment", "src//listed.js", "path"],
      ["a trailing space", "src/listed.js ", "path"],
      ["a trailing dot", "src/listed.js.", "path"],
      ["a backslash", "src\\listed.js", "path"],
      ["a NUL", "src/listed.js\0.txt", "path"],
      ["a line end", "src/listed.js\n", "path"],
      ["decomposed letters", "src/cafe\u0301.js", "path"],
      ["full-width letters", "\uff53rc/listed.js", "file-whitelist"],
      ["another case", "SRC/listed.js", "file-whitelist"],
      ["an invisible character", "src/\u200blisted.js", "file-whitelist"],
      ["a pattern", "src/*.js", "file-whitelist"],
      ["braces", "src/{listed,other}.js", "file-whitelist"],
      ["a home", "~/.ssh/authorized_keys", "file-whitelist"],
      ["a variable", "$HOME/x", "file-whitelist"],
      ["an URL", "file:///etc/passwd", "path"],
      ["percent signs", "%2e%2e/outside.txt", "file-whitelist"],
      ["a path longer than any", `src/${"a/".repeat(3_000)}x`, "path"],
      ["git's own", ".git/config", "path"],
      ["git's own in another case", ".GIT/hooks/post-commit", "path"],
      ["a nested repository", "src/.git/hooks/post-commit", "path"],
      ["another file", "src/other.js", "file-whitelist"],
      ["a later phase", "src/later.js", "later-phase"],
      ["a masked file", ".env", "workspace-deny"],
    ] as const
  ).map(([name, path, by]) => ({
    name: `Write ${name}`,
    tool: "Write",
    input: into(path),
    ends: "refused" as const,
    by,
  })),
  {
    name: "Edit another file",
    tool: "Edit",
    input: { file_path: "src/other.js", old_string: "1", new_string: "2" },
    ends: "refused",
    by: "file-whitelist",
  },
  { name: "Read a masked file", tool: "Read", input: { file_path: ".env" }, ends: "refused", by: "workspace-deny" },
  {
    name: "Read out of the workspace",
    tool: "Read",
    input: { file_path: "../home/.ssh/id_ed25519" },
    ends: "refused",
    by: "path",
  },
  { name: "Grep in a home", tool: "Grep", input: { pattern: "canary", path: "../home" }, ends: "refused", by: "path" },
  {
    name: "Grep everywhere for what is masked",
    tool: "Grep",
    input: { pattern: "canary", output_mode: "content" },
    ends: "contained",
  },
  { name: "Glob out of the workspace", tool: "Glob", input: { pattern: "../../**" }, ends: "contained" },
  {
    name: "a tool of the executive",
    tool: "spawn_agent",
    input: { role: "dev", task: "A", reason: "x" },
    ends: "refused",
    by: "capability",
  },
  {
    name: "a tool of worknode's own",
    tool: "plan.command",
    input: { commands: [{ role: "x", argv: ["sh"] }] },
    ends: "refused",
    by: "capability",
  },
  {
    name: "a verdict of one's own",
    tool: "submit_verdict",
    input: { decision: "ACCEPT" },
    ends: "refused",
    by: "capability",
  },
]);

attackSuite("hard deny, whatever the whitelist says", [
  ...[
    ".claude/settings.json",
    ".mcp.json",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".husky/pre-commit",
    ".vscode/tasks.json",
    ".worknode/agents/dev.md",
    ".worknode/capabilities/implementation.yaml",
    "plan.yaml",
    "gen/.claude/settings.json",
    "gen/.Claude/Settings.JSON",
    "gen/.github/workflows/x.yml",
    "gen/.git/config",
    "gen/.gitattributes",
    "gen/.envrc",
  ].flatMap((path) => [
    { name: `Write ${path}`, task: "B", tool: "Write", input: into(path), ends: "refused" as const },
    {
      name: `a command that makes ${path}`,
      task: "B",
      input: `mkdir -p $(dirname ${path}) && echo x > ${path}`,
      ends: "refused" as const,
    },
  ]),
  {
    name: "a hard denied file hidden in scratch",
    task: "B",
    input: "mkdir -p out/.claude && echo '{}' > out/.claude/settings.json",
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "a hard denied file hidden in an ignored folder",
    task: "B",
    input: "mkdir -p dist/.github/workflows && echo x > dist/.github/workflows/a.yml",
    ends: "refused",
    by: "hard-deny",
  },
  {
    name: "a masked name made anew in scratch",
    task: "B",
    input: "mkdir -p out && echo x > out/.env.local",
    ends: "refused",
    by: "workspace-deny",
  },
]);

attackSuite("the tiers", [
  {
    name: "a validator who writes code",
    task: "V",
    tool: "Write",
    input: into("src/listed.js"),
    ends: "refused",
    by: "tier-write",
  },
  {
    name: "a validator's command that writes code",
    task: "V",
    input: "echo 'let a;' >> src/listed.js",
    ends: "refused",
    by: "tier-write",
  },
  {
    name: "a validator's command beside its report",
    task: "V",
    input: "mkdir -p reports/validation; echo x > reports/validation/other.md",
    ends: "refused",
    by: "file-whitelist",
  },
  {
    name: "a worker of a later phase",
    task: "L",
    tool: "Write",
    input: into("src/later.js"),
    ends: "refused",
    by: "phase-active",
  },
  {
    name: "a command of a later phase",
    task: "L",
    input: "echo x >> src/later.js",
    ends: "refused",
    by: "phase-active",
  },
  {
    name: "another task's file",
    task: "C",
    input: "echo 'let a;' >> src/listed.js",
    ends: "refused",
    by: "file-whitelist",
  },
]);

attackSuite("limits by every route", [
  {
    name: "Write of a knot",
    tool: "Write",
    input: { file_path: "src/listed.js", content: KNOTTED },
    ends: "refused",
    by: "max-complexity",
  },
  {
    name: "a knot by a heredoc",
    input: `cat > src/listed.js <<'END'\n${KNOTTED}\nEND`,
    ends: "refused",
    by: "max-complexity",
  },
  {
    name: "a knot by Python",
    input: `printf '%s' '${KNOTTED}' | cat > src/fresh.js`,
    ends: "refused",
    by: "max-complexity",
  },
  {
    name: "a knot by sed in an existing function",
    input: `sed -i "1a ${KNOTTED.replaceAll("\n", " ")}" src/listed.js`,
    ends: "refused",
    by: "max-complexity",
  },
  {
    name: "a knot beside an innocent file",
    input: `echo more >> notes.txt; echo '${KNOTTED}' >> src/listed.js`,
    ends: "refused",
    by: "max-complexity",
  },
  {
    name: "a function of too many lines",
    input: `printf '${LONG}' > src/listed.js`,
    ends: "refused",
    by: "max-function-lines",
  },
  { name: "code that does not parse", input: "echo 'function (' >> src/listed.js", ends: "refused", by: "parse" },
  {
    name: "code in bytes that are no text",
    input: "printf 'let a = \"\\377\\376\";\\n' > src/listed.js",
    ends: "refused",
    by: "readable-code",
  },
  {
    name: "code with a NUL in it",
    input: "printf 'let a;\\0let b;\\n' > src/listed.js",
    ends: "refused",
    by: "readable-code",
  },
  {
    name: "code longer than is looked at",
    input: "yes '// x' | head -c 5000000 > src/listed.js",
    ends: "refused",
    by: "readable-code",
  },
  {
    name: "a comment that switches a rule off",
    input: "printf '/* eslint-disable */\\nexport const listed = 1;\\n' > src/listed.js",
    ends: "refused",
    by: "no-suppression",
  },
  {
    name: "a comment that hides code from coverage",
    input: "sed -i '1i /* c8 ignore file */' src/listed.js",
    ends: "refused",
    by: "no-suppression",
  },
]);
