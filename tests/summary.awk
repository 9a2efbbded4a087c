# SPDX-License-Identifier: MIT
# Sums up the log of 'meson test': each check of a Check program counts as one, every other test
# as one. Prints why tests were skipped, then "N passed, N failed" and ", N skipped" if any was.
# A check that finds what it needs missing has said "skipped: WHAT: WHY" and not failed: that is
# one of WHAT, told as "TEST/WHAT".

function tell(of, why) {
	if (!((of, why) in told))
		reasons = reasons "  skipped: " of " (" (why ? why : "no reason given") ")\n"
	told[of, why]
}
function finish(   i) {
	if (name == "")
		return
	for (i = 1; i <= said && status != "77"; i++)
		tell(name "/" subjects[i], reasons_of[i])
	if (status == "0" || (status == "1" && bad > 0)) {
		passed += checks ? checks - bad - said : 1
		failed += bad
		skipped += said
	} else if (status == "77") {
		skipped++
		sub(/^skipped: /, "", last)
		tell(name, last)
	} else {
		passed += checks - bad
		failed += bad + 1
	}
	name = ""
}
/^=+ +[0-9]+\/[0-9]+ =+$/ { finish(); status = last = ""; checks = bad = said = 0; next }
/^test: / && status == "" { name = $2 " " $3 " " $4; sub(/ +$/, "", name); next }
/^result: / && status == "" { status = /exit status/ ? $4 : "killed"; last = ""; next }
/^[0-9]+%: Checks: / {
	gsub(/,/, "")
	checks += $3
	bad += $5 + $7
	next
}
/^(Summary of Failures:|Ok: +[0-9]+) *$/ { finish() } # behind the last
/^(=|-)+|^command: |^ *$/ { next }
/^skipped: [a-z0-9_-]+: / && name != "" {
	subjects[++said] = substr($2, 1, length($2) - 1)
	reasons_of[said] = substr($0, length($1 " " $2 " ") + 1)
}
name != "" { last = $0 }
END {
	finish()
	printf "%s%d passed, %d failed", reasons, passed, failed
	print skipped ? ", " skipped " skipped" : ""
}
