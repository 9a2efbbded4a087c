#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs OpenWhisk's client into the build folder, once, and runs it against the endpoint.
# Usage: openwhisk_client.sh FAAS_MAIN BUILD_FOLDER; exit 77 where it cannot be installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
modules=$2/npm
command -v node >/dev/null && command -v npm >/dev/null || { echo "needs node and npm"; exit 77; }
mkdir -p "$modules"
if ! cmp -s "$here/package-lock.json" "$modules/installed"; then
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$modules"
	(cd "$modules" && timeout 120 npm ci --no-audit --no-fund >npm.log 2>&1) || {
		echo "npm cannot install the client:"
		tail -3 "$modules/npm.log"
		exit 77
	}
	cp "$here/package-lock.json" "$modules/installed"
fi
exec node "$here/openwhisk_client.mjs" "$1" "$modules"
