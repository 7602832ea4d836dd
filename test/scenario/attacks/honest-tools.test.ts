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
]);
