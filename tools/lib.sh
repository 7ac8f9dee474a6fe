# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the developer scripts share: messages, Debian packages, builds. Sourced, not run; $root is the project.
# shellcheck disable=SC2034,SC2154 # lists for the scripts; $root from them

# Debian 12 packages, by what needs them. To add one: a name here, in the list of the script that needs it.
build_packages=(gcc libc6-dev meson ninja-build pkg-config python3 libmicrohttpd-dev libpq-dev libssl-dev
	libqrencode-dev zlib1g-dev libgmp-dev libcurl4-openssl-dev)
database_packages=(postgresql-15 postgresql-15-postgis-3)
test_packages=(libcmocka-dev libjansson-dev clang clang-format cppcheck python3-pytest python3-requests
	python3-cryptography python3-psycopg2 python3-jsonschema shellcheck zbar-tools librsvg2-bin openssh-client jq golang-go golang-golang-x-mod-dev)
browser_packages=(chromium chromium-driver python3-selenium)

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# One line that says what is wrong and names the way out.
fail() {
	say "$*"
	exit 1
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
	local name
	for name in "$@"; do
		is_installed "$name" || printf '%s\n' "$name"
	done
}

# Debian makes a cluster "main" with the first PostgreSQL server package. Nobody asked for it here; the setting goes
# again afterwards, and clusters that exist are never touched.
without_main_cluster() {
	local setting=/etc/postgresql-common/createcluster.d/zz-farmtrail.conf status=0
	mkdir -p "${setting%/*}"
	echo 'create_main_cluster = false' >"$setting"
	"$@" || status=$?
	rm -f "$setting"
	return "$status"
}

apt_install() {
	local log
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	local install=(apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@")
	if "${install[@]}" >"$log" 2>&1 || { apt-get update -q >>"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1; }; then
		rm -f "$log"
		return 0
	fi
	tail -n 5 "$log" >&2
	rm -f "$log"
	return 1
}

need_packages() {
	local missing
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -eq 0 ] && return 0
	[ "$(id -u)" -eq 0 ] || fail "packages are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
	say "installing ${missing[*]}"
	without_main_cluster apt_install "${missing[@]}" || fail "could not install ${missing[*]}; install them by hand and run again"
}

# build DIR "TARGET …" [MESON OPTION …]: sets DIR up if need be and compiles; no targets: everything. The output is
# shown only when it fails.
build() {
	local dir=$1 targets log
	read -r -a targets <<<"$2"
	shift 2
	log=$(mktemp)
	# A build directory knows its source by absolute path, and its compiler for life.
	if [ "$(cat "$dir/.made-for" 2>/dev/null)" != "$root $*" ]; then
		rm -rf "$dir"
		if ! meson setup "$dir" "$root" "$@" >"$log" 2>&1; then
			tail -n 30 "$log" >&2
			rm -rf "$log" "$dir"
			return 1
		fi
		echo "$root $*" >"$dir/.made-for"
	fi
	# The first lets meson see targets that are new since the directory was made.
	if ! { ninja -C "$dir" build.ninja && meson compile -C "$dir" "${targets[@]}"; } >"$log" 2>&1; then
		grep -E -A 8 'FAILED|error|warning' "$log" | head -n 60 >&2 || tail -n 30 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
