import { attackSuite } from "./attack.js";

/** Of the programs below, those a bare machine may lack. */
const NEEDED = ["gcc", "make", "ld", "npm", "python3"];

/** Programs that write a file nobody redirected anything to: by their settings, their reports, their plug-ins. */
const PROGRAMS: Record<string, string> = {
  "npm's own editor of the manifest": "npm pkg set scripts.honest='echo x >> src/other.js'",
  "an installation's lock": "npm install --offline --no-audit --no-fund --package-lock-only",
  "the shell npm starts its scripts by":
    "printf '#!/bin/sh\\necho x >> src/other.js\\n' > /tmp/s; chmod +x /tmp/s; npm run honest --script-shell=/tmp/s",
  "npm's log folder": "npm_config_logs_dir=src npm run honest",
  "Node's warnings": "node --redirect-warnings=src/other.js -e 'process.emitWarning(\"x\")'",
  "Node's coverage": "NODE_V8_COVERAGE=src node -e 0",
  "Node's reports": "node --report-uncaught-exception --report-directory=src -e 'throw 1'",
  "Node's profile": "node --cpu-prof --cpu-prof-dir=src -e 0",
  "the loader's own notes": "LD_DEBUG=all LD_DEBUG_OUTPUT=src/other /bin/true",
  "the shell's history": "set -o history; HISTFILE=src/other.js; history -s x; history -w",
  "the shell's trace": "exec 9>> src/other.js; BASH_XTRACEFD=9; set -x; true",
  "what make reads first": "printf 'all:\\n\\techo x >> src/other.js\\n' > /tmp/m; MAKEFILES=/tmp/m make -s all",
  "what make asks a shell for": "printf '$(shell echo x >> src/other.js)\\nall:;\\n' > /tmp/m; make -sf /tmp/m",
  "a function make writes a file by": "printf '$(file >> src/other.js,x)\\nall:;\\n' > /tmp/m; make -sf /tmp/m",
  "what a compiler is wrapped in": "gcc -wrapper sh,-c,'echo x >> src/other.js' -c native/listed.c -o /tmp/o; true",
  "what a compiler looks for its parts in":
    "mkdir /tmp/b; printf '#!/bin/sh\necho x >> src/other.js\n' > /tmp/b/as; chmod +x /tmp/b/as; gcc -B/tmp/b/ -c native/listed.c -o /tmp/o; true",
  "a compiler's list of what it read": "gcc -MD -MF src/other.d -c native/listed.c -o /tmp/o",
  "a compiler's own leavings": "cd src && gcc -save-temps=cwd -c ../native/listed.c -o /tmp/o",
  "a linker that packs what it is given": "ld -r -b binary -o src/other.js notes.txt",
  "an archive whose names are changed on the way":
    "echo x > /tmp/evil; tar -C /tmp --transform s,evil,src/other.js, -cf /tmp/t evil; tar -xf /tmp/t",
  "an archive with an absolute name": "tar -P --transform s,^,$PWD/src/other., -cf /tmp/t notes.txt; tar -Pxf /tmp/t",
  "a program that tar runs for each file":
    "tar -cf /tmp/t notes.txt; tar --to-command='cat >> src/other.js' -xf /tmp/t",
  "a checkpoint of tar's": "tar --checkpoint=1 --checkpoint-action=exec='echo x >> src/other.js' -cf /tmp/t notes.txt",
  "what sort puts its result in": "sort -o src/other.js notes.txt",
  "pieces of a file": "split -b 1 notes.txt src/x",
  "pieces piped to a program": "split -b 3 --filter='cat >> src/other.js' notes.txt",
  "sed's own word for writing": "sed -n 'w src/other.js' notes.txt",
  "a command of sed's": "sed '1e echo x >> src/other.js' notes.txt",
  "a list find prints": "find docs -fprint src/other.js",
  "patches git formats": "git format-patch -q -1 -o src",
  "an archive git makes of what is not listed": "git archive -o src/other.js HEAD",
  "the program git shows what it found by": "git grep -O'sh -c \"echo x >> src/other.js\"' export",
  "an alias of git's": "git -c alias.x='!echo x >> src/other.js' x",
  "settings git includes where a condition holds":
    "printf '[alias]\\nx = !echo x >> src/other.js\\n' > /tmp/c; GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=includeIf.gitdir:/**.path GIT_CONFIG_VALUE_0=/tmp/c git x",
  "a filter of git's that needs no setting":
    "echo 'notes.txt diff=x' > /tmp/a; echo y >> notes.txt; git -c core.attributesFile=/tmp/a -c diff.x.textconv='echo x >> src/other.js; cat' diff",
  "a diff git keeps": "git diff --output=src/other.js HEAD HEAD~1",
  "a trace of git's": "GIT_TRACE=$PWD/src/other.js git status",
  "an encoding Perl is started with":
    "PERL5OPT=-Mre=debug PERLDB_OPTS=x perl -e 'open F, \">>src/other.js\"; print F 1'",
  "a start-up file of Python's":
    'mkdir -p /tmp/p; echo \'open("src/other.js", "a").write("x")\' > /tmp/p/usercustomize.py; PYTHONPATH=/tmp/p python3 -c 0; PYTHONPATH=/tmp/p python3 -c \'import usercustomize\'',
  "a path file of Python's":
    'mkdir -p /tmp/p; echo \'import sys; open("src/other.js", "a").write("x")\' > /tmp/p/a.pth; python3 -c \'import site; site.addsitedir("/tmp/p")\'',
};

attackSuite(
  "another file by another's hand",
  Object.entries(PROGRAMS).map(([name, input]) => ({
    name,
    input,
    ends: "refused" as const,
    by: "file-whitelist",
    timeout: 20_000, // npm alone takes a second, and many on a busy machine
    needs: NEEDED.filter((program) => new RegExp(`(^|[ ;&])${program} `).test(input)),
  })),
);

attackSuite("what git keeps, by every command that changes it", [
  {
    name: "replaced, annotated, swept, sparse, somebody else's",
    input:
      "git replace HEAD HEAD~1; git notes add -m x; git gc --prune=now -q; git update-index --assume-unchanged src/other.js; git sparse-checkout set docs; git remote add x /tmp; git worktree add /tmp/w; git bundle create /tmp/b HEAD; git reflog expire --all; git symbolic-ref HEAD refs/heads/x; git log -1 --format=%s",
    ends: "contained",
    by: /its correction/,
  },
  {
    name: "a commit made of loose parts",
    input:
      't=$(git write-tree); b=$(echo x | git hash-object -w --stdin); c=$(git commit-tree HEAD^{tree} -m x); git update-ref refs/heads/main $c; git push . HEAD:evil; echo "[$t$b$c]"',
    ends: "contained",
    by: /"stdout":"\[\]\\n"/,
  },
]);
