import { attackSuite } from "./attack.js";

/** Every way a shell has of writing another file; the gate looks at what came of it. */
const WAYS: Record<string, string> = {
  "a redirection": "echo x > src/other.js",
  "a redirection after an allowed echo": "echo allowed > /dev/null; echo x >> src/other.js",
  "a forced redirection": "set -C; echo x >| src/other.js",
  tee: "echo x | tee -a src/other.js > /dev/null",
  cp: "cp package.json src/other.js",
  install: "install -m 644 package.json src/other.js",
  dd: "printf x | dd of=src/other.js conv=notrunc 2>/dev/null",
  "sed -i": "sed -i s/1/2/ src/other.js",
  "perl -i": "perl -pi -e s/1/2/ src/other.js",
  awk: 'awk \'BEGIN { print "x" > "src/other.js" }\'',
  node: 'node -e \'require("fs").appendFileSync("src/other.js", "x")\'',
  "a heredoc": "cat >> src/other.js <<END\nx\nEND",
  "a here string": "cat >> src/other.js <<< x",
  "a nested shell": "sh -c 'bash -c \"echo x >> src/other.js\"'",
  eval: "eval $(echo ZWNobyB4ID4+IHNyYy9vdGhlci5qcw== | base64 -d)",
  xargs: "echo src/other.js | xargs -I{} sh -c 'echo x >> {}'",
  find: "find src -name other.js -exec sh -c 'echo x >> \"$1\"' _ {} ';'",
  "an assembled name": "a=src/oth; b=er.js; echo x >> $a$b",
  "a pattern": "echo x | tee src/o*.js > /dev/null",
  "a relative detour": "cd docs; echo x >> ../src/../src/other.js",
  "an absolute path": "echo x >> ROOT/src/other.js",
  "/proc/self/cwd": "echo x >> /proc/self/cwd/src/other.js",
  "a file descriptor": "exec 7>> src/other.js; echo x >&7",
  "a script made in scratch": "mkdir -p out; echo 'echo x >> src/other.js' > out/s; sh out/s",
  make: "mkdir -p out; printf 'all:\\n\\techo x >> src/other.js\\n' > out/m; make -f out/m",
  "an npm script": "npm run --silent hostile",
  "npm's postinstall": "npm rebuild --foreground-scripts 2>/dev/null; npm run --silent postinstall",
  "tar over what is there": "mkdir -p out/src; echo x > out/src/other.js; tar -C out -cf - src | tar -xf -",
  "git apply":
    "printf 'diff --git a/src/other.js b/src/other.js\\n--- a/src/other.js\\n+++ b/src/other.js\\n@@ -1 +1 @@\\n-export const other = 1;\\n+x\\n' | git apply",
  "git checkout of another blob": "git show HEAD:README.md > src/other.js",
  "git mv": "git mv src/other.js src/fresh.js || mv src/other.js src/fresh.js",
  patch:
    "printf -- '--- src/other.js\\n+++ src/other.js\\n@@ -1 +1 @@\\n-export const other = 1;\\n+x\\n' | patch -p0 -s || echo x >> src/other.js",
  "more than fifty commands": `${"true; ".repeat(60)}echo x >> src/other.js`,
  "a background job": "(echo x >> src/other.js) & wait",
  "a trap at the end": "trap 'echo x >> src/other.js' EXIT",
  BASH_ENV: "mkdir -p out; echo 'echo x >> src/other.js' > out/e; BASH_ENV=out/e bash -c true",
  NODE_OPTIONS:
    'mkdir -p out; echo \'require("fs").appendFileSync("src/other.js","x")\' > out/p.cjs; NODE_OPTIONS=\'--require ./out/p.cjs\' node -e 0',
  "a failing command that wrote before": "echo x >> src/other.js; exit 7",
  "a listed file and another": "echo '// ok' >> src/listed.js; echo x >> src/other.js",
  "a new file outside the list": "echo x > src/extra.js",
  "a new folder outside the list": "mkdir -p lib/deep",
  "a configuration for tools to come": "echo 'ignore-scripts=false' > .npmrc",
  "a test set-up for runners to come": "mkdir -p tests; echo 'import os' > tests/conftest.py",
  "an atomic save of another file": "cp src/other.js src/.tmp; echo x >> src/.tmp; mv src/.tmp src/other.js",
};

attackSuite(
  "another file by the shell",
  Object.entries(WAYS).map(([name, input]) => ({ name, input, ends: "refused" as const })),
);
