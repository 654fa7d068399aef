# Root filesystems, machines booted from them by systemd-nspawn, and the network between a machine
# and the collector. Sourced by run.sh; needs root. Everything made here is unmade by tear_down.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154 # other shells expand; variables are used and set in the other files

# What the package needs, and what a minimal system lacks for these checks.
readonly machine_packages=systemd,systemd-sysv,dbus,init-system-helpers,ca-certificates,libcurl4,libsqlite3-0,libssl3,libuv1,libbrotli1,zlib1g,libstdc++6,acl,iproute2
# Addresses that exist nowhere (RFC 5737), in network namespaces of our own.
readonly collector_address=192.0.2.1 machine_address=192.0.2.2
readonly endpoint=https://telemetry.test:8443/v1/messages

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/reporterd-system
work=$(mktemp -d "${TMPDIR:-/tmp}/reporterd-system.XXXXXX")
name=rd$$          # of the namespaces and control groups
leader=            # the machine's process 1, as it is known outside
container=         # systemd-nspawn itself
controllers=()     # of control groups in their first version, where the kernel has them mounted
for controller in memory pids cpu cpuacct blkio devices freezer; do
  if [[ -d /sys/fs/cgroup/$controller ]]; then controllers+=("$controller"); fi
done

# Where SUITE is to be had: the machine's own mirror has the other distributions beside its own.
mirror_of() { # SUITE
  local debian
  debian=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    head -n 1)
  case $1 in
    noble) echo "${debian%debian*}ubuntu" ;;
    *) echo "${debian%/}" ;;
  esac
}
source_of() { # SUITE
  case $1 in
    noble) echo "deb [signed-by=$here/ubuntu-archive-key.asc] $(mirror_of noble) noble main universe" ;;
    *) echo "deb $(mirror_of "$1") $1 main" ;;
  esac
}

# The root filesystem of SUITE as $work/SUITE.base; from the cache when it is of this week. 2: apt
# does not reach it.
make_base() { # SUITE
  local suite=$1 tar
  tar=$cache/$suite-$(sha256sum <<<"$machine_packages $(date +%G%V)" | cut -c 1-16).tar
  if [[ ! -e $tar ]]; then
    /usr/lib/apt/apt-helper download-file "$(mirror_of "$suite")/dists/$suite/InRelease" \
      "$work/InRelease" >"$work/$suite.log" 2>&1 || return 2
    mkdir -p "$cache"
    rm -f "$cache/$suite"-*
    mmdebstrap --quiet --variant=minbase --include="$machine_packages" --format=tar "$suite" \
      "$tar.new" "$(source_of "$suite")" >"$work/$suite.log" 2>&1 || return 1
    mv "$tar.new" "$tar"
  fi
  mkdir "$work/$suite.base"
  tar -C "$work/$suite.base" -xf "$tar"
}

# Two namespaces and a cable: the collector's, and the machine's, whose only route leads there.
make_network() {
  ip netns add "$name-collector"
  ip netns add "$name-machine"
  # The kernel speaks IPv6 by itself when a link comes up.
  ip netns exec "$name-machine" sh -c 'for each in all default; do
    echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6
  done'
  ip -n "$name-collector" link add outside type veth peer name host0 netns "$name-machine"
  ip -n "$name-collector" addr add $collector_address/24 dev outside
  ip -n "$name-machine" addr add $machine_address/24 dev host0
  ip -n "$name-collector" link set lo up
  ip -n "$name-collector" link set outside up
  ip -n "$name-machine" link set lo up
  network_up
}
network_up() {
  ip -n "$name-machine" link set host0 up
  ip -n "$name-machine" route add default via $collector_address
}
network_down() { ip -n "$name-machine" link set host0 down; }
on_collector_side() { ip netns exec "$name-collector" "$@"; }

# A fresh machine with the root filesystem of SUITE, switched on. More arguments go to systemd-nspawn.
switch_on() { # SUITE [NSPAWN...]
  local suite=$1
  shift
  if [[ ! -d $work/root ]]; then
    mkdir "$work/upper" "$work/scratch" "$work/root"
    mount -t overlay reporterd-system \
      -o "lowerdir=$work/$suite.base,upperdir=$work/upper,workdir=$work/scratch" "$work/root"
    echo "$collector_address telemetry.test" >>"$work/root/etc/hosts"
    rm -f "$work/root/etc/resolv.conf"
    echo "nameserver $collector_address" >"$work/root/etc/resolv.conf" # nobody answers there
    cp "$work/ca.pem" "$work/root/usr/local/share/ca-certificates/test.crt"
    mkdir -p "$work/root/opt/test"
  fi
  local group
  # Control groups of its own: machines that share one take each other's processes for theirs.
  for group in "${controllers[@]}" systemd unified; do
    if [[ -d /sys/fs/cgroup/$group ]]; then mkdir -p "/sys/fs/cgroup/$group/$name"; fi
  done
  # A session of its own: nspawn ends with the process group that started it.
  setsid bash -c 'for file in /sys/fs/cgroup/*/"$0"/cgroup.procs; do
      if [[ -e $file ]]; then echo $$ >"$file"; fi
    done
    exec systemd-nspawn "$@"' "$name" --quiet --directory="$work/root" --machine="$name" --boot --register=no \
    --keep-unit --network-namespace-path="/run/netns/$name-machine" --resolv-conf=off --console=pipe "$@" \
    </dev/null >>"$work/console" 2>&1 &
  container=$!
  wait_for "process 1" find_leader
  for group in "${controllers[@]}"; do
    # Else MemoryMax= and TasksMax= are not applied, silently.
    nsenter -t "$leader" -m -C -- mount -o remount,rw,bind "/sys/fs/cgroup/$group"
  done
  wait_for "a booted system" is_booted
  on_machine systemctl daemon-reexec
}
find_leader() { leader=$(pgrep -P "$container" systemd); }
is_booted() { on_machine systemctl is-system-running 2>&1 | grep -qE 'running|degraded'; }

switch_off() {
  [[ $leader ]] || return 0
  kill -RTMIN+4 "$leader" 2>/dev/null || true
  wait_for "the machine's end" has_ended
  leader=
}
has_ended() { ! kill -0 "$container" 2>/dev/null; }

# The plug pulled: process 1 is killed, and all of the machine with it.
pull_plug() {
  kill -KILL "$leader"
  wait_for "the machine's end" has_ended
  leader=
}

on_machine() {
  nsenter -t "$leader" -m -u -i -n -p -C -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    SYSTEMD_PAGER=cat LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
as_user() { # USER GROUP COMMAND...: with this group besides the user's own
  local user=$1 group=$2
  shift 2
  on_machine setpriv --reuid="$user" --regid="$group" --clear-groups "$@"
}

collector=
start_collector() {
  # Not by on_collector_side: the process to end would be a shell.
  ip netns exec "$name-collector" "$programs/reporter-collector" serve --listen $collector_address:8443 \
    --db "$work/received.db" --tls-cert "$work/collector.pem" --tls-key "$work/collector.key" --rate 0 \
    >>"$work/collector.log" 2>&1 &
  collector=$!
  wait_for "the collector" on_collector_side bash -c "exec 3<>/dev/tcp/$collector_address/8443"
}
stop_collector() {
  [[ $collector ]] || return 0
  kill "$collector" 2>/dev/null || true
  wait "$collector" 2>/dev/null || true
  collector=
}
received() { "$programs/reporter-collector" query --db "$work/received.db" --json | grep -o '"ts":' | wc -l; }

drop_machine() {
  switch_off
  stop_collector
  rm -f "$work"/received.db*
  mountpoint -q "$work/root" && umount "$work/root"
  rm -rf "$work/root" "$work/upper" "$work/scratch"
}

tear_down() {
  set +e
  [[ $leader ]] && kill -KILL "$leader"
  [[ $container ]] && wait "$container" 2>/dev/null
  stop_collector
  ip netns del "$name-collector" 2>/dev/null
  ip netns del "$name-machine" 2>/dev/null
  umount "$work/root" 2>/dev/null
  umount "$work/state" 2>/dev/null
  local group
  for group in "${controllers[@]}" systemd unified; do
    find "/sys/fs/cgroup/$group/$name" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  rm -rf "$work"
}
