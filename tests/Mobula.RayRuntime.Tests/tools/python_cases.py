#!/usr/bin/env python3
"""Runs the programs of testdata/python-cases.jsonl against a running head and prints how many print what real Ray printed.

  python_cases.py [--only PATTERN] [--jobs N] [--show] [--python PATH]

The head: ray start --head --num-cpus=4 --memory=4000000000 --object-store-memory=1000000000 --dashboard-host=127.0.0.1
PYTHONPATH must lead to the package ray. Exit code 0 when all that ran hold.
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ALONE = re.compile(r"^(resources-|wait-|util-as-completed|actor-async-concurrency|task-num-cpus|task-more|pg-|cancel-pending)")


def normalise(text, folder):
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines, skipping = [], False
    for line in text.split("\n"):
        if line.startswith(("(raylet)", "(autoscaler")):
            skipping = True
            continue
        if skipping and (line.startswith((" ", "\t", "Traceback", "ray::")) or re.match(r"[\w.]+(Error|Exception)(:|$)", line)):
            continue
        skipping = False
        lines.append(line)
    text = "\n".join(lines).replace(folder + "/", "").replace(folder, "")
    text = re.sub(r"\bpid(=|: )\d+", r"pid\1<pid>", text)
    text = re.sub(r"\b(?:\d{1,3}\.){3}\d{1,3}:\d+\b", "<address>", text)
    text = re.sub(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", "<ip>", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>", text)
    text = re.sub(r"0x[0-9a-f]+", "0x<address>", text)
    for size, name in ((56, "id"), (48, "task"), (32, "actor")):
        text = re.sub(rf"(?<![0-9a-f])[0-9a-f]{{{size}}}(?![0-9a-f])", f"<{name}>", text)
    text = re.sub(r"(?<![0-9a-f])(?!00)[0-9a-f]{2}000000(?![0-9a-f])", "<job>", text)
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{4}0000(?![0-9a-f])", "<job>", text)
    return text.replace(sysconfig.get_paths()["stdlib"], "<stdlib>")


def run(case, python, timeout):
    folder = os.path.realpath(tempfile.mkdtemp(prefix="case-"))
    with open(os.path.join(folder, "program.py"), "w", encoding="utf-8") as file:
        file.write(case["program"])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    environment.update(RAY_ADDRESS="127.0.0.1:6379", PYTHONHASHSEED="0", HOME=os.environ.get("HOME", "/tmp"), RAY_USAGE_STATS_ENABLED="0")
    try:
        done = subprocess.run([python, "program.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
        out, err, code = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as e:
        out, err, code = (e.stdout or b"").decode(), (e.stderr or b"").decode() + "\nTIMEOUT", -1
    out = normalise(out, folder)
    last = next((l for l in reversed(normalise(err, folder).split("\n")) if l.strip()), "") if code else ""
    good = out.rstrip("\n") == case["stdout"].rstrip("\n") and code == case["exit"] and (not case["exit"] or last.strip() == case["stderr_last_line"].strip())
    subprocess.run(["rm", "-rf", folder], check=False)
    return good, out, err, code


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="*")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--timeout", type=float, default=60)
    a = parser.parse_args()
    # Programs show their command line: it begins with "python".
    link = os.path.join(tempfile.mkdtemp(prefix="python-"), "python")
    os.symlink(a.python, link)
    a.python = link
    with open(os.path.join(HERE, "..", "testdata", "python-cases.jsonl"), encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    cases = [c for c in cases if fnmatch.fnmatch(c["name"], a.only)]
    failed, held = [], 0

    def report(case, result):
        nonlocal held
        good, out, err, code = result
        if good:
            held += 1
            return
        failed.append(case["name"])
        if a.show:
            print(f"--- {case['name']}: expected exit {case['exit']}, got {code}\n<<< {case['stdout']}>>> {out}", end="")
            if code or not out:
                print("\n".join(err.split("\n")[-12:]))

    together = [c for c in cases if not ALONE.match(c["name"])]
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for case, result in zip(together, pool.map(lambda c: run(c, a.python, a.timeout), together)):
            report(case, result)
    for case in cases:
        if ALONE.match(case["name"]):
            report(case, run(case, a.python, a.timeout))
    print("failed: " + " ".join(failed) if failed else "all hold")
    print(f"{held} of {len(cases)} hold")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
