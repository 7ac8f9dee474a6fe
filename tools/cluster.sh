# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of tools/run
# The private PostgreSQL cluster of a data directory. Sourced by tools/run, whose variables it uses:
#   place       where cluster, secrets and programs lie
#   account     name of the operating system's user that the cluster and the server run as
#   as_account, spawn   its functions that run commands as that user

pg_major=15
pg_bin=/usr/lib/postgresql/$pg_major/bin
socket_path_max=107 # sun_path of a unix socket

# A directory whose path leaves room for the name of the socket in it.
choose_socket_dir() {
	local dir=$place/cluster
	if [ $((${#dir} + ${#socket_name})) -gt "$socket_path_max" ]; then
		dir=${XDG_RUNTIME_DIR:-/tmp}/farmtrail-$(printf '%s' "$place" | sha256sum | head -c 12)
	fi
	printf '%s' "$dir"
}
socket_name=/.s.PGSQL.5432

# libpq connection string for a role of the cluster.
conninfo() {
	local host=${socket_dir//\\/\\\\}
	printf "host='%s' dbname=farmtrail user=%s" "${host//\'/\\\'}" "$1"
}

check_cluster_major() {
	local found
	found=$(cat "$dir/cluster/PG_VERSION" 2>/dev/null) || return 0
	[ "$found" = "$pg_major" ] ||
		fail "$dir holds a cluster of PostgreSQL $found, this is for $pg_major: move it with pg_upgrade, or choose another --data"
}

# Superuser of the cluster, from inside it: psql DATABASE SQL
cluster_sql() {
	as_account "$pg_bin/psql" -h "$socket_dir" -U postgres -d "$1" -qXAt -v ON_ERROR_STOP=1 -c "$2"
}

# A quarter of the memory there is, as PostgreSQL's manual advises: what does not fit is copied from the system's cache
# page by page, which a walk through the lineage of a million lots feels.
shared_buffers() {
	local memory limit
	memory=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) / 1024))
	limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) || limit=max
	[ "$limit" = max ] || [ $((limit >> 20)) -gt "$memory" ] || memory=$((limit >> 20))
	memory=$((memory / 4))
	[ "$memory" -ge 128 ] || memory=128
	[ "$memory" -le 8192 ] || memory=8192
	printf '%dMB' "$memory"
}

write_cluster_settings() {
	cat >"$place/cluster/farmtrail.conf" <<-END
		# Reached by unix socket only. Change settings in postgresql.conf below the line that includes this file.
		listen_addresses = ''
		unix_socket_directories = '${socket_dir//\'/\'\'}'
		unix_socket_permissions = 0700
		shared_buffers = $(shared_buffers)
		max_wal_size = 4GB
		checkpoint_timeout = 15min
		wal_compression = lz4
		timezone = 'UTC'
		log_timezone = 'UTC'
		logging_collector = on
		log_directory = 'log'
		log_filename = 'postgresql-%a.log'
		log_rotation_age = 1d
		log_rotation_size = 0
		log_truncate_on_rotation = on
	END
	echo "include 'farmtrail.conf'" >>"$place/cluster/postgresql.conf"
	# Who the operating system says is the account (or root, for the command line) may act as these roles.
	echo "local all all peer map=farmtrail" >"$place/cluster/pg_hba.conf"
	local user role
	for user in $(printf '%s\n' "$account" "$(id -un)" | sort -u); do
		for role in postgres ft_owner ft_app ft_public; do
			echo "farmtrail $user $role"
		done
	done >"$place/cluster/pg_ident.conf"
}

create_cluster() {
	say "creating a PostgreSQL cluster in $place/cluster"
	as_account "$pg_bin/initdb" -D "$place/cluster" -U postgres -A peer -E UTF8 --locale=C.UTF-8 -k >"$place/initdb.log" 2>&1 ||
		fail "initdb failed: $(tail -n 1 "$place/initdb.log")"
	rm -f "$place/initdb.log"
	write_cluster_settings
}

# Of a cluster made before it was needed too.
grant_roles() {
	cluster_sql postgres 'SET client_min_messages = warning; GRANT ft_public TO ft_app'
}

# What only a superuser may do; the rest is for the migrations.
create_database() {
	cluster_sql postgres 'CREATE ROLE ft_owner LOGIN; CREATE ROLE ft_app LOGIN; CREATE ROLE ft_public LOGIN'
	grant_roles
	cluster_sql postgres 'CREATE DATABASE farmtrail OWNER ft_owner'
	cluster_sql farmtrail 'CREATE EXTENSION postgis'
}

start_cluster() {
	[ "$socket_dir" = "$place/cluster" ] || install -d -m 0700 "$socket_dir"
	stop_orphaned_cluster
	# Never killed: an immediate stop costs a recovery, and SIGINT ends connections cleanly.
	# glibc would give the memory of every query back and fetch it again for the next: a quarter of the CPU that a scan costs here.
	spawn INT "$place/cluster.log" env MALLOC_TOP_PAD_=1048576 MALLOC_TRIM_THRESHOLD_=16777216 \
		"$pg_bin/postgres" -D "$place/cluster"
	cluster_pid=$spawned
	until "$pg_bin/pg_isready" -q -h "$socket_dir"; do
		kill -0 "$cluster_pid" 2>/dev/null ||
			fail "PostgreSQL did not start: $(tail -n 1 "$place/cluster.log"); see $place/cluster.log and $place/cluster/log"
		sleep 0.1
	done
}

# After the script itself was killed the kernel has told the cluster to stop; this waits until it has.
stop_orphaned_cluster() {
	[ ! -e "$place/cluster/postmaster.pid" ] ||
		as_account "$pg_bin/pg_ctl" stop -D "$place/cluster" -m fast -s >/dev/null 2>&1 || true
}
