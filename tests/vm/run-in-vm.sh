#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a command as root in a guest with a kernel of the distribution, which has what the host's may
# lack. The guest sees the host's files, and what it writes is gone afterwards; it starts in the
# same folder with the same environment. No root is needed on the host.
#
# usage: run-in-vm.sh INIT COMMAND [ARGUMENT...]
#   INIT        vm-init, as it is built
#   VM_KIND     uml (User-mode Linux, the default) or qemu
#   VM_MEM      the guest's memory, default 1G
#   VM_TIMEOUT  in seconds, default 300
#   VM_MODULES  loaded at the start, default: ipv6 veth sch_netem; others load on demand
#   VM_ROOT     qemu: where there is boot/ and lib/modules/, default /; with a package that is only
#               unpacked, after depmod(8)
#   VM_VERBOSE  anything: show the kernel's log
#
# Exit status: that of the command; 124: it took too long; 125: the guest did not start, or died.
# Packages: user-mode-linux kmod, or qemu-system-x86 linux-image-amd64 kmod.
set -u

die() {
	printf 'run-in-vm: %s\n' "$*" >&2
	exit 125
}

[ $# -ge 2 ] || die "usage: run-in-vm.sh INIT COMMAND [ARGUMENT...]"
init=$1
[ -x "$init" ] || die "no program '$init'"
shift

find_uml() {
	local folder

	kernel=$(type -P linux.uml) || die "there is no linux.uml: install user-mode-linux"
	for folder in /usr/lib/uml/modules/*; do
		[ ! -f "$folder/modules.dep" ] || modules=$folder
	done
}

find_qemu() {
	local root=${VM_ROOT-} file folder

	type -P qemu-system-x86_64 >/dev/null || die "there is no qemu-system-x86_64"
	for file in "$root"/boot/vmlinuz-*; do
		folder=$root/lib/modules/${file##*/vmlinuz-}
		[ -f "$folder/modules.dep" ] || continue
		kernel=$file modules=$folder
	done
	[ -n "$kernel" ] || die "there is no kernel in $root/boot with its modules"
}

# Files of modules, those that one needs before it. A line of modules.dep: "FILE: NEEDS...", what
# is to be loaded first last.
files_of() { # MODULE...
	local module

	for module; do
		awk -F: -v module="${module//-/_}" '
			{
				name = $1
				sub(".*/", "", name)
				sub("[.]ko.*", "", name)
				gsub("-", "_", name)
				if (name != module)
					next
				for (i = split($2, needs, " "); i; i--)
					print needs[i]
				print $1
				exit
			}' "$modules/modules.dep"
	done | awk '!seen[$0]++'
}

# ---- The initramfs: an archive in the format "newc" of cpio(5)

pad() { # SIZE
	head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

inode=0
put_entry() { # NAME MODE [FILE]
	local name=$1 mode=$2 file=${3-} size=0

	[ -z "$file" ] || size=$(stat -L -c %s "$file")
	inode=$((inode + 1))
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		"$inode" $((8#$mode)) 0 0 1 0 "$size" 0 0 0 0 $((${#name} + 1)) 0 "$name"
	pad $((110 + ${#name} + 1))
	[ -z "$file" ] || cat "$file"
	pad "$size"
}

put_initramfs() { # MODULE... that the guest needs to see the host's files
	local name file

	for name in dev proc host new ov m; do
		put_entry "$name" 040755
	done
	put_entry init 100755 "$init"
	: >"$run/order"
	for file in $(files_of "$@"); do
		name=${file##*/}
		case $name in
		*.xz) xz -dc "$modules/$file" >"$run/module" ;;
		*.zst) zstd -qdc "$modules/$file" >"$run/module" ;;
		*) cat "$modules/$file" >"$run/module" ;;
		esac
		name=${name%.xz} name=${name%.zst}
		echo "$name" >>"$run/order"
		put_entry "m/$name" 100644 "$run/module"
	done
	put_entry m/order 100644 "$run/order"
	put_entry 'TRAILER!!!' 0
}

# ---- The guest

run_uml() {
	local tmp=$run level=quiet free status=0

	put_initramfs overlay >"$run/initramfs"
	[ -z "${VM_VERBOSE-}" ] || level=loglevel=8
	# The guest's memory is a file: in memory where that is large enough.
	free=$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)
	if [ "${free:-0}" -gt 2000000 ] && [ -w /dev/shm ]; then
		tmp=/dev/shm
	fi
	# Without the last it measures at every boot which RAID code is the fastest.
	HOME=$run TMPDIR=$tmp timeout -k 5 "$limit" "$kernel" mem="$memory" initrd="$run/initramfs" \
		rdinit=/init vm.dir="$run" uml_dir="$run/" umid=vm \
		con=null con0=null,fd:1 con1=null,fd:3 con2=null,fd:2 ssl=null console=tty2 "$level" \
		initcall_blacklist=raid6_select_algo,calibrate_xor_blocks,init_zswap \
		3>&2 2>"$run/log" </dev/null &
	wait $! || status=$?
	[ "$status" != 134 ] || status=125 # its kernel panicked
	return "$status"
}

run_qemu() {
	local level=loglevel=3 status=0 reader_out reader_err

	put_initramfs virtio_pci virtio_console 9pnet_virtio 9p overlay >"$run/initramfs"
	[ -z "${VM_VERBOSE-}" ] || level=loglevel=8
	mkfifo "$run/out" "$run/err"
	cat "$run/out" &
	reader_out=$!
	cat "$run/err" >&2 &
	reader_err=$!
	# Not "-accel kvm": there are hosts where it is there and does not boot.
	timeout -k 5 "$limit" qemu-system-x86_64 -M q35 -accel tcg -cpu qemu64 -m "$memory" -nodefaults \
		-no-user-config -display none -no-reboot -kernel "$kernel" -initrd "$run/initramfs" \
		-serial "file:$run/log" -device virtio-serial-pci \
		-chardev "file,id=c0,path=$run/out" -device virtconsole,chardev=c0 \
		-chardev "file,id=c1,path=$run/err" -device virtconsole,chardev=c1 \
		-chardev "file,id=c2,path=$run/status" -device virtconsole,chardev=c2 \
		-fsdev local,id=host,path=/,security_model=none,multidevs=remap,readonly=on \
		-device virtio-9p-pci,fsdev=host,mount_tag=9p \
		-append "console=ttyS0 panic=-1 vm.dir=$run mitigations=off audit=0 quiet $level" \
		</dev/null >"$run/qemu" 2>&1 &
	wait $! || status=$?
	wait "$reader_out" "$reader_err"
	cat "$run/qemu" >>"$run/log"
	[ "$status" != 124 ] || return 124
	status=$(tail -n 1 "$run/status" 2>/dev/null | tr -cd 0-9)
	return "${status:-125}"
}

run=$(mktemp -d /tmp/snet-vm.XXXXXX) || exit 125

# Called by the trap.
# shellcheck disable=SC2317
clean_up() {
	local pid

	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$run"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

kernel='' modules='' memory=${VM_MEM:-1G} limit=${VM_TIMEOUT:-300} status=0
kind=${VM_KIND:-uml}
case $kind in
uml) find_uml ;;
qemu) find_qemu ;;
*) die "VM_KIND is uml or qemu" ;;
esac
[ -n "$modules" ] || die "there are no modules for $kernel"
modules=$(readlink -f "$modules")
{
	export -p | grep -vE '^declare -x (BASHOPTS|SHELLOPTS|OLDPWD|PWD|SHLVL|TMPDIR|VM_[A-Z]+)='
	echo "export TMPDIR=/tmp PATH=\$PATH:/usr/sbin:/sbin"
	printf 'cd -- %q || exit 125\n' "$PWD"
	printf '%q ' "$@"
	echo
} >"$run/start"
{
	echo "$modules"
	# A list of words on purpose.
	# shellcheck disable=SC2086
	files_of ${VM_MODULES-ipv6 veth sch_netem}
} >"$run/modules"

case $kind in
uml) run_uml ;;
qemu) run_qemu ;;
esac || status=$?
case $status in
124) echo "run-in-vm: no end after $limit s" >&2 ;;
125)
	echo "run-in-vm: the guest did not come to its end; its kernel's last words:" >&2
	tail -25 "$run/log" >&2
	;;
*) [ -z "${VM_VERBOSE-}" ] || cat "$run/log" >&2 ;;
esac
exit $status
