#!/usr/bin/env bash
# Shows the main job on this machine: a report is made while the collector is down, kept, and
# delivered once it is up; a repeat stays one row. Exit 0 only if each step really held.
# usage: demo.sh FOLDER-WITH-THE-PROGRAMS
set -euo pipefail

bin=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/reporterd-demo.XXXXXX")
socket=$scratch/run/control/socket
unset DO_NOT_TRACK http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
pids=()

clean_up() {
  local pid
  for pid in "${pids[@]}"; do
    if kill "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null || :; fi
  done
  rm -rf "$scratch"
}
trap clean_up EXIT

step() { printf '\n== %s\n' "$*"; }
die() {
  printf '\ndemo: %s\n' "$*" >&2
  printf -- '-- what reporterd said:\n' >&2
  cat "$scratch/reporterd.log" >&2
  exit 1
}
ctl() { "$bin/reporterctl" --socket "$socket" "$@"; }

# Tries a command every 50 ms until it succeeds, for ten seconds at most.
until_true() { # WHAT COMMAND...
  local what=$1 left=200
  shift
  until "$@" >/dev/null 2>&1; do
    ((left--)) || die "$what did not happen within 10 s"
    sleep 0.05
  done
}
status_says() { ctl status --json | tr -d ' \n' | grep -q "$1"; }

# A port for the collector that is not there yet: one that nobody listens on now.
port=$((20000 + RANDOM % 10000))
while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do ((++port)); done

mkdir -p "$scratch/state" "$scratch/butler/config"
cat >"$scratch/butler/config/production.yaml" <<'EOF'
Butler:
  anonTelemetry: true
  heartbeat:
    enable: false
  uptimeMonitor:
    enable: true
  emailNotification:
    enable: true
    reloadTaskFailure:
      enable: true
    smtp:
      password: never-leaves-this-file
  scheduler:
    enable: true
  restServerEndpointsEnable:
    butlerping: true
    senseStartTask: true
    senseAppReload: false
  configQRS:
    host: sense.example.com
EOF
printf '{ "name": "butler", "version": "5.1.0" }\n' >"$scratch/butler/package.json"
cat >"$scratch/reporterd.yaml" <<EOF
telemetry: { noticePeriod: 0s }
butlers: [ { configFile: "$scratch/butler/config/production.yaml" } ]
report: { startSpread: 0s }
destination: { url: "http://127.0.0.1:$port/v1/messages" }
retry: { base: 500ms, cap: 1s }
EOF

step "reporterd starts as an ordinary process, in a scratch folder"
"$bin/reporterd" --config "$scratch/reporterd.yaml" --state-dir "$scratch/state" \
  --socket-dir "$scratch/run" >"$scratch/reporterd.log" 2>&1 &
pids+=($!)
until_true "an answer of reporterd" ctl status

step "The anonymous instance id, and what would be sent"
until_true "an instance id" status_says '"instanceId":"[0-9a-f]\{64\}"'
ctl id show
ctl preview | sed -n "1,/^}/p"
if ctl preview --json | grep -q never-leaves; then die "the preview holds a secret"; fi

step "A report, while the collector is down: it is kept"
ctl report
until_true 'the condition "unreachable"' status_says '"condition":"unreachable"'
status_says '"delivered":0' || die "something was delivered to nobody"
ctl status

step "The collector starts"
"$bin/reporter-collector" serve --listen "127.0.0.1:$port" --db "$scratch/collector.db" \
  >"$scratch/collector.log" 2>&1 &
pids+=($!)

step "What waited is delivered"
until_true "the delivery" status_says '"queued":0'
status_says '"balances":true' || die "the ledger does not balance"
ctl status
rows() { "$bin/reporter-collector" query --db "$scratch/collector.db" --json; }
"$bin/reporter-collector" query --db "$scratch/collector.db"

step "The same message once more: a duplicate, and still one row"
seq=$(ctl history list --json | sed -n 's/.*"seq": *\([0-9]*\).*/\1/p' | head -n 1)
before=$(rows | grep -c '"ts"')
ctl history show "$seq" --json | sed -n '/^  "message": {/,$p' | sed '1s/.*/{/; $d' \
  >"$scratch/message.json"
ctl submit "$scratch/message.json" | tee "$scratch/again"
grep -q duplicate "$scratch/again" || die "the repeat was not recognised"
ctl flush --wait
[[ $(rows | grep -c '"ts"') -eq $before && $before -eq 2 ]] || die "the repeat made another row"

cat <<'EOF'

== All of it held.
To use it for real: put `destination: { url: "https://..." }` and your Butler's configuration file
into /etc/reporterd/reporterd.yaml (docs/reporterd.yaml shows every key) and start reporterd.
`reporterctl preview` shows what will be sent; nothing is sent in the first 24 hours.
EOF
