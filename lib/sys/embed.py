#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes a file as a C array and its size: embed.py INPUT OUTPUT NAME
import sys

with open(sys.argv[1], "rb") as file:
    data = file.read()
with open(sys.argv[2], "w", encoding="ascii") as out:
    name = sys.argv[3]
    out.write("#include <stddef.h>\n")
    out.write(f"extern const unsigned char {name}[];\nextern const size_t {name}_size;\n")
    out.write(f"const unsigned char {name}[] = {{\n")
    for at in range(0, len(data), 16):
        out.write(" ".join(f"{byte}," for byte in data[at:at + 16]) + "\n")
    out.write(f"}};\nconst size_t {name}_size = sizeof({name});\n")
