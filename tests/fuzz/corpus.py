#!/usr/bin/env python3
"""corpus.py unpack FILE.txt FOLDER | pack FOLDER FILE.txt | lines SOURCE_FOLDER FOLDER

A corpus is one text file a target, an input a line: bytes that print stand for themselves, all
others and the backslash are \\xHH. `lines` takes the raw string literals of the tests' sources as
inputs to begin with, each behind a byte that chooses a format."""
import hashlib, os, re, sys


def save(folder, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as file:
        file.write(data)


def pack(data):
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in data)


def unpack(line):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), line)


def main(what, source, to):
    if what == "unpack":
        for line in open(source, "rb").read().splitlines():
            save(to, unpack(line))
    elif what == "pack":
        inputs = [open(os.path.join(source, name), "rb").read() for name in os.listdir(source)]
        with open(to, "w") as file:
            file.write("".join(pack(data) + "\n" for data in sorted(inputs, key=lambda d: (len(d), d))))
    elif what == "lines":
        number = 0
        for folder, _, files in os.walk(source):
            for name in files:
                text = open(os.path.join(folder, name), encoding="utf-8", errors="replace").read()
                for literal in re.findall(r'r#"(.+?)"#', text, flags=re.S):
                    save(to, bytes([number % 256]) + literal.encode())
                    number += 1


main(*sys.argv[1:])
