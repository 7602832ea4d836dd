import { honestSuite } from "./honest.js";

/** What tools do on their way to honest work: files beside files, locks, pipes, servers, jobs. */
honestSuite("honest work by tools passes", [
  {
    name: "makes a patch, takes it back by git and puts it on by patch",
    command:
      "cp notes.txt /tmp/old; echo nine >> notes.txt; diff -u --label a/notes.txt --label b/notes.txt /tmp/old notes.txt > /tmp/p; git apply -R /tmp/p && cmp notes.txt /tmp/old && patch -p1 -s < /tmp/p && tail -1 notes.txt",
    changes: ["notes.txt"],
    says: /^nine\n$/,
    needs: ["patch"],
  },
  {
    name: "sees its own work by git",
    command: "git diff --stat; git status --short notes.txt; git log -1 --format=%s; git ls-files src | wc -l",
    says: /notes\.txt[^]* M notes\.txt\nbase\n\d+\n$/,
  },
  {
    name: "formats files as formatters do, each by a new one in its place",
    command:
      'node -e \'const fs = require("fs"); for (const f of ["src/sum.js", "src/serve.js"]) { const t = f + "." + process.pid; fs.writeFileSync(t, fs.readFileSync(f, "utf8") + "\\n"); fs.renameSync(t, f); }\'',
    changes: ["src/serve.js", "src/sum.js"],
  },
  {
    name: "edits with the files an editor makes beside, and takes away",
    command:
      ": > .notes.txt.swp; cp notes.txt notes.txt~; : > 4913; rm 4913; echo ten >> notes.txt; rm notes.txt~ .notes.txt.swp",
    changes: ["notes.txt"],
  },
  {
    name: "packs and unpacks in scratch",
    command:
      "mkdir -p build/x && tar czf build/src.tgz src && tar xzf build/src.tgz -C build/x && cmp src/sum.js build/x/src/sum.js && echo same",
    says: /same/,
  },
  {
    name: "keeps what it compiles by and by, and finds it at the next call",
    command: "mkdir -p build && echo '{}' > build/.tsbuildinfo && cp -al src build/copy && ls build/copy | head -1",
    says: /\w/,
  },
  {
    name: "starts a server, asks it and ends it",
    command:
      'node -e \'require("http").createServer((q, r) => r.end("pong")).listen(8123, () => console.log("up"))\' > /tmp/log & until grep -q up /tmp/log 2>/dev/null; do sleep 0.05; done; node -e \'fetch("http://127.0.0.1:8123").then((r) => r.text()).then(console.log)\'; kill $!; wait; echo ended',
    says: /pong\nended/,
  },
  {
    name: "builds with two jobs at once",
    command:
      "printf 'all: /tmp/a /tmp/b\\n/tmp/%%:\\n\\tsleep 0.1; echo $@ > $@\\n' | make -s -j2 -f - && cat /tmp/a /tmp/b",
    says: /a\n\/tmp\/b/,
    needs: ["make"],
  },
  {
    name: "shares work among Python's processes, under a lock",
    command:
      'flock build/lock python3 -c \'from multiprocessing import Pool; import sqlite3; db = sqlite3.connect("build/db"); db.execute("create table if not exists t (x)"); db.commit(); print(sum(Pool(2).map(abs, [-1, -2, -3])))\'',
    says: /^6\n$/,
    needs: ["python3"],
  },
  {
    name: "writes a name as long as any",
    command: "echo x > src/$(printf 'n%.0s' $(seq 251)).txt",
    changes: [`src/${"n".repeat(251)}.txt`],
  },
  {
    name: "talks through a pipe with a name",
    command: "mkfifo /tmp/pipe; echo through > /tmp/pipe & cat /tmp/pipe",
    says: /through/,
  },
  {
    name: "speaks by the names of its output, in any order",
    command:
      'echo a > /dev/stderr; echo b > /dev/stdout; echo c | tee /dev/stderr; echo d >> /dev/fd/1; awk \'BEGIN { print "e" > "/dev/stderr" }\'',
    says: /^b\nc\nd\n$/,
  },
  {
    name: "leaves something talking behind it",
    command: "while :; do echo y; sleep 0.01; done & sleep 0.1; exec >&- 2>&-; sleep 0.1",
    says: /^y\n/,
  },
  {
    name: "says more than a pipe holds, and ends at once",
    command: "seq 100000",
    says: /\n100000\n$/,
  },
  {
    name: "edits many files found",
    command:
      "mkdir -p src/many; for i in $(seq 9); do echo a > src/many/$i.txt; done; sed -i s/a/b/ src/many/*.txt; find src/many -name '*.txt' -exec sed -i s/b/c/ {} +; find src/many -type f | xargs -P2 -n3 grep -c c | wc -l",
    changes: Array.from({ length: 9 }, (_, index) => `src/many/${index + 1}.txt`),
    says: /^9\n$/,
  },
  {
    name: "works in a temporary folder, and clears up whatever comes",
    command:
      'd=$(mktemp -d); trap \'rm -r "$d"; echo cleared\' EXIT; cp -r src "$d" && sed -i s/1/2/ "$d"/src/*.js; false',
    says: /cleared/,
    exit: 1,
  },
  {
    name: "keeps a database in scratch",
    command:
      'mkdir -p build; python3 -c \'import sqlite3; db = sqlite3.connect("build/kept.db"); db.execute("pragma journal_mode=wal"); db.execute("create table t (x)"); db.execute("insert into t values (7)"); db.commit()\'',
    needs: ["python3"],
  },
  {
    name: "and asks it at the next call",
    command:
      'python3 -c \'import sqlite3; print(sqlite3.connect("build/kept.db").execute("select x from t").fetchall())\'',
    says: /^\[\(7,\)\]\n$/,
    needs: ["python3"],
  },
  {
    name: "watches until its time is over",
    command:
      'timeout 1 node -e \'require("fs").watch("src", (kind, name) => console.log(name))\' & sleep 0.5; touch src/sum.js; wait $!; echo $?',
    says: /sum\.js\n[^]*124\n$/,
  },
  {
    name: "asks a service of its own through its input and output, as bundlers do",
    command:
      'node -e \'const c = require("child_process").spawn("cat"); c.stdout.once("data", (d) => { console.log("answer " + d); c.stdin.end(); }); c.stdin.write("ping")\'',
    says: /answer ping/,
  },
  {
    name: "looks itself up: who, where, how many, with what memory it shares",
    command:
      'node -p \'const o = require("os"); [o.userInfo().username, o.homedir(), o.cpus().length > 0].join(" ")\'; python3 -c \'from multiprocessing import shared_memory as s; m = s.SharedMemory(create=True, size=9); m.close(); m.unlink(); print("shared")\'; getent hosts localhost | wc -l',
    says: /^worknode \/tmp\/home true\nshared\n1\n$/,
    needs: ["python3"],
  },
  {
    name: "searches by git and looks at who wrote what",
    command:
      "git grep -c two -- notes.txt; git blame -s notes.txt | wc -l; git stash list; git diff --name-only HEAD -- lib; git show --stat --format=%s HEAD | head -1",
    says: /notes\.txt:1\n\d\nbase\n$/,
  },
]);
