"""What the bench of C runs lizard in: a line of its input measures all files once and answers the processor time (ns).
python3 bench/lizard-rounds.py FOLDER FILE..., or FOLDER --version; FOLDER is lizard's, or empty for what Python finds.
"""
import platform
import sys
import time

folder, *paths = sys.argv[1:]
if folder:
    sys.path.insert(0, folder)
import lizard

if paths == ["--version"]:
    print(f"lizard {lizard.version} on {platform.python_implementation()} {platform.python_version()}")
    sys.exit()
for _ in sys.stdin:
    started = time.process_time_ns()
    functions = sum(len(read.function_list) for read in lizard.analyze_files(paths))
    if functions == 0:
        sys.exit("no function was found")
    print(time.process_time_ns() - started, flush=True)
