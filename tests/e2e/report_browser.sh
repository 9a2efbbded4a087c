#!/bin/bash
# SPDX-License-Identifier: MIT
# A real browser opens the pages of reports and has nothing to complain about: no script, no request
# that its policy forbids, no markup out of a run.
#
# usage: report_browser.sh MADE_REPORTS
set -u

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	{ echo "skipped: no chromium"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

complain() {
	echo "$*" >&2
	status=1
}

# What it makes of a page on stdout, what it says on stderr; on its own it would ask its maker's hosts.
look() { # PAGE [OPTION ...]
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$folder/profile" --enable-logging=stderr --dump-dom "${@:2}" "file://$1"
}

"$1" "$folder" || exit 1

# That complaints are heard.
printf '<!DOCTYPE html><p id="canary">sings</p><script>nothing.here()</script>' >"$folder/canary.html"
look "$folder/canary.html" >"$folder/dom" 2>"$folder/log"
grep -q 'id="canary"' "$folder/dom" || { echo "skipped: $browser does not run here"; exit 77; }
grep -q 'CONSOLE.*nothing is not defined' "$folder/log" ||
	complain "a script error is not seen: $(tail -5 "$folder/log")"

for name in held violated many hostile nothing; do
	look "$folder/$name/report.html" >"$folder/dom" 2>"$folder/log"
	# Behind all that could have broken out of its place.
	grep -q '<footer>snet ' "$folder/dom" || complain "$name: the page is not all there"
	! grep -E 'CONSOLE|Refused|Content Security Policy' "$folder/log" >&2 ||
		complain "$name: the browser complains"
	! grep -qE '<(script|img)' "$folder/dom" || complain "$name: markup out of the run"
done

# No number runs out of its place, however narrow the window: asked by a script of ours.
sed -e 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' "$folder/held/report.html" >"$folder/wide.html"
cat >>"$folder/wide.html" <<'END'
<script>
const wide = [...document.querySelectorAll(".facts dd, .facts dt, .phases tbody th, .phases td")]
	.filter(part => part.scrollWidth > part.clientWidth).map(part => part.textContent);
document.body.dataset.wide = wide.length + " wide: " + wide;
</script>
END
for width in 420 1100; do
	look "$folder/wide.html" --window-size=$width,1000 >"$folder/dom" 2>"$folder/log"
	grep -q 'data-wide="0 wide: "' "$folder/dom" ||
		complain "$width: $(grep -o 'data-wide="[^"]*"' "$folder/dom")"
done
exit $status
