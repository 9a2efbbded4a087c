#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes files as zero-terminated C arrays: embed.py OUTPUT NAME=FILE...
import sys

with open(sys.argv[1], "w") as out:
    for word in sys.argv[2:]:
        name, file = word.split("=", 1)
        data = open(file, "rb").read()
        out.write("extern const char %s[];\nconst char %s[] = {\n" % (name, name))
        for at in range(0, len(data), 16):
            out.write(" ".join("%d," % byte for byte in data[at:at + 16]) + "\n")
        out.write("0};\n")
