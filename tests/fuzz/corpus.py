#!/usr/bin/env python3
"""corpus.py unpack FILE.txt FOLDER | pack FOLDER FILE.txt | lines SOURCE_FOLDER FOLDER
          | captures CAPTURES_FOLDER TARGET FOLDER

A corpus is one text file a target, an input a line: bytes that print stand for themselves, all
others and the backslash are \\xHH. `lines` takes the raw string literals of the tests' sources as
inputs to begin with, each behind a byte that chooses a format. `captures` takes what real senders
wrote: datagrams, and the streams of connections in pieces, behind the bytes that a target's law reads
first."""
import hashlib, os, re, sys


def save(folder, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as file:
        file.write(data)


def pack(data):
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in data)


def unpack(line):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), line)


PIECE = 3000  # of a stream; -max_len is 4096


def messages(source):
    for folder, _, names in os.walk(source):
        for name in names:
            if not name.endswith((".dgrams", ".bin")):
                continue
            data = open(os.path.join(folder, name), "rb").read()
            if name.endswith(".bin"):
                yield from (data[at : at + PIECE] for at in range(0, len(data), PIECE))
                continue
            while data:
                length = int.from_bytes(data[:4], "big")
                yield data[4 : 4 + length][:PIECE]
                data = data[4 + length :]


def captures(source, target, to):
    for number, data in enumerate(messages(source)):
        if target == "framing":
            save(to, bytes([number % 256, 255, number % 17]) + data)
        elif target == "formats":
            save(to, bytes([number % 256]) + data.split(b": ", 1)[-1])
        elif target == "payload":
            save(to, b"\xff" + data.split(b"\r\n\r\n", 1)[-1])
        else:
            save(to, data)


def main(what, source, *rest):
    to = rest[-1]
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
    elif what == "captures":
        captures(source, *rest)


main(*sys.argv[1:])
