# SPDX-License-Identifier: MIT
# Unpacks an archive (argument 1, zip or tar.gz) into a folder (argument 2) and becomes the
# program "exec" at its root.
import os
import sys
import tarfile
import zipfile

archive, folder = sys.argv[1:3]
try:
    if zipfile.is_zipfile(archive):
        zipfile.ZipFile(archive).extractall(folder)
    else:
        tarfile.open(archive).extractall(folder)
except Exception:
    sys.exit("the archive cannot be unpacked")
program = os.path.join(folder, "exec")
if not os.path.isfile(program):
    sys.exit("the archive has no file 'exec' at its root")
os.chmod(program, 0o700)
os.chdir(folder)
os.execv(program, [program] + sys.argv[3:])
