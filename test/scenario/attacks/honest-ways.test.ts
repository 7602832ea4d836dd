import { honestSuite } from "./honest.js";

/** What builds, editors and test runners do, by ways no other suite goes. */
honestSuite("honest work by further ways passes", [
  {
    name: "links a program as a whole",
    command: "mkdir -p build; gcc -O2 -flto -o build/whole native/main.c && ./build/whole",
    says: /hello/,
    needs: ["gcc"],
  },
  {
    name: "builds by make in make, four jobs at once, with lists of what was read",
    command:
      "mkdir -p build/sub; printf 'all: a b c d\\n%%: ../../native/main.c\\n\\tgcc -MMD -MP -o $@ $<\\n' > build/sub/Makefile; printf 'all:\\n\\t$(MAKE) -C build/sub all\\n' > build/top.mk; make -sj4 -f build/top.mk && ls build/sub",
    says: /d\nd\.d\n/,
    needs: ["gcc", "make"],
  },
  {
    name: "archives objects and links them again",
    command:
      "mkdir -p build; cd build; gcc -c ../native/main.c -o m.o && ar rcs libm.a m.o && gcc -o from-archive -Wl,--whole-archive libm.a -Wl,--no-whole-archive && ./from-archive",
    says: /hello/,
    needs: ["gcc"],
  },
  {
    name: "edits by many hands at once",
    command: "find src -name '*.js' -print0 | xargs -0 -P4 -n1 sed -i 's/a, b/left, b/; s/a + b/left + b/'",
    changes: ["src/sum.js"],
  },
  {
    name: "copies a tree there and back, with its times and modes",
    command:
      "mkdir -p build; cp -a src build/copy && (cd build && tar cf - copy | tar xf - --one-top-level=again) && cp -a build/again/copy/. src/ && diff -r src build/copy",
  },
  {
    name: "installs a script with its mode",
    command: "printf '#!/bin/sh\\necho installed\\n' > /tmp/run; install -m 755 /tmp/run run.sh && ./run.sh",
    changes: ["run.sh"],
    says: /installed/,
  },
  {
    name: "works in scratch that a link leads to",
    command:
      "mkdir -p build/one; ln -sfn one build/latest; echo x > build/latest/f; cat build/one/f; readlink -f build/latest",
    says: /x\n.*build\/one\n/,
  },
  {
    name: "and finds that link at the next call",
    command: "cat build/latest/f; ln -sfn ../src build/latest; ls build/latest; rm build/latest",
    says: /x\n(.*\n)*sum\.js/,
  },
  {
    name: "hands tests to workers that are started anew and answer by pipes",
    command:
      'mkdir -p build; printf \'import multiprocessing as m\\ndef f(x):\\n    return x * x\\nif __name__ == "__main__":\\n    for how in ("spawn", "forkserver"):\\n        with m.get_context(how).Pool(2) as p:\\n            print(how, sum(p.map(f, range(5))))\\n\' > build/w.py; python3 build/w.py',
    says: /spawn 30\nforkserver 30/,
    needs: ["python3"],
  },
  {
    name: "shares a port among processes",
    command:
      'mkdir -p build; printf \'import cluster from "node:cluster"; import http from "node:http"; if (cluster.isPrimary) { const w = [cluster.fork(), cluster.fork()]; let up = 0; cluster.on("listening", async (_, { port }) => { if (++up < 2) return; console.log(await (await fetch(`http://127.0.0.1:${port}`)).text()); w.forEach((one) => one.kill()); }); } else http.createServer((_, r) => r.end("shared")).listen(34567);\' > build/c.mjs; node build/c.mjs',
    says: /shared/,
  },
  {
    name: "would put its work aside by git, and is told by its exit that nothing was",
    command: "cp notes.txt /tmp/n; echo aside >> notes.txt; git stash || echo not put aside; cp /tmp/n notes.txt",
    says: /not put aside/,
  },
  {
    name: "makes files with any mask",
    command:
      "(umask 077; echo 'export const a = 1;' > src/private.js); (umask 000; echo 'export const b = 1;' > src/wide.js)",
    changes: ["src/private.js", "src/wide.js"],
  },
  {
    name: "writes names with spaces, accents and pictures",
    command:
      "mkdir -p 'src/a b'; echo '# x' > 'src/a b/na\u00efve \u26a0\ufe0f.md'; echo '# y' > 'src/\u65e5\u672c.md'",
    changes: ["src/a b/na\u00efve \u26a0\ufe0f.md", "src/\u65e5\u672c.md"],
  },
  {
    name: "compares what two commands say",
    command:
      "diff <(sort notes.txt) <(sort -r notes.txt) > /dev/null; echo $?; comm -12 <(sort notes.txt) <(sort notes.txt) | wc -l",
    says: /^1\n/,
  },
  {
    name: "sorts a file in its own place",
    command: "sort -r -o notes.txt notes.txt && head -1 notes.txt",
    changes: ["notes.txt"],
  },
  {
    name: "takes back what it closed in scratch",
    command:
      "mkdir -p build/ro/in; echo x > build/ro/in/f; chmod -R a-w build/ro; rm -r build/ro 2>/dev/null; chmod -R u+w build/ro; rm -r build/ro && echo gone",
    says: /gone/,
  },
  {
    name: "compiles step by step, with the notes a compiler keeps of it",
    command:
      "echo '{\"version\":\"5\"}' > tsconfig.tsbuildinfo; mkdir -p build; sed 's/left/a/' src/sum.js > build/sum.js; cat tsconfig.tsbuildinfo",
    says: /version/,
  },
  {
    name: "saves as editors do that write beside, link and rename",
    command:
      "cp notes.txt notes.txt~ && ln notes.txt 4913 && rm 4913 && sed 's/one/uno/' notes.txt~ > .notes.swp && mv .notes.swp notes.txt && rm notes.txt~",
    changes: ["notes.txt"],
  },
]);
