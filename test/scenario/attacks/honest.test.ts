import { honestSuite } from "./honest.js";

honestSuite("honest work by the shell passes", [
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
]);
