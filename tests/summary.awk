# SPDX-License-Identifier: MIT
# Sums up the log of 'meson test': each check of a Check program counts as one, every other test
# as one. Prints why tests were skipped, then "N passed, N failed" and ", N skipped" if any was.

function finish() {
	if (name == "")
		return
	if (status == "0" || (status == "1" && bad > 0)) {
		passed += checks ? checks - bad : 1
		failed += bad
	} else if (status == "77") {
		skipped++
		sub(/^skipped: /, "", last)
		reasons = reasons "  skipped: " name " (" (last ? last : "no reason given") ")\n"
	} else {
		passed += checks - bad
		failed += bad + 1
	}
	name = ""
}
/^=+ +[0-9]+\/[0-9]+ =+$/ { finish(); status = last = ""; checks = bad = 0; next }
/^test: / && status == "" { name = $2 " " $3 " " $4; sub(/ +$/, "", name); next }
/^result: / && status == "" { status = /exit status/ ? $4 : "killed"; last = ""; next }
/^[0-9]+%: Checks: / {
	gsub(/,/, "")
	checks += $3
	bad += $5 + $7
	next
}
/^(=|-)+|^command: |^ *$/ { next }
name != "" { last = $0 }
END {
	finish()
	printf "%s%d passed, %d failed", reasons, passed, failed
	print skipped ? ", " skipped " skipped" : ""
}
