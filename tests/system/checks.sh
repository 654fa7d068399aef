# What holds on every system. Each function is a check; `every_system` is the order of events on one
# machine. Sourced by run.sh.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # awk, apt and dpkg expand; variables are set in the other files

shown() { on_machine systemctl show -P "$1" reporterd; }
counted() { on_machine reporterctl status --json | grep -o "\"$1\": *[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }
is_running() { [[ $(shown ActiveState)/$(shown SubState) == active/running ]]; }
has_status() { [[ $(shown StatusText) == "$1"* ]]; }
has_received() { (($(received) >= $1)); }
has_restarted() { (($(shown NRestarts) >= $1)) && is_running; }
milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }
at_most() { # LIMIT-MS START-MS
  local took=$(($(milliseconds) - $2))
  ((took <= $1)) || {
    echo "it took $took ms, and may take $1"
    return 1
  }
  echo "took $took ms"
}

# As the package is, and the same as the release before it and the one after.
make_other_packages() {
  local version
  cp "$packages"/reporterd_*.deb "$work/reporterd.deb"
  for version in 0.0.9-1 9.9.9-1; do
    dpkg-deb -R "$work/reporterd.deb" "$work/repack"
    sed -i "s/^Version: .*/Version: $version/" "$work/repack/DEBIAN/control"
    echo "# the sample of $version" >>"$work/repack/etc/reporterd/reporterd.yaml"
    dpkg-deb --root-owner-group -Znone -b "$work/repack" "$work/reporterd-$version.deb" >/dev/null
    rm -r "$work/repack"
  done
}
hand_over_packages() { cp "$work"/*.deb "$work/root/opt/test/"; }
install_package() { on_machine dpkg --force-confdef --force-confold -i "/opt/test/$1"; }

# The configuration, and a Butler to report on.
configure() { # DESTINATION [TELEMETRY] [MORE]
  mkdir -p "$work/root/opt/butler/config" "$work/root/etc/reporterd"
  printf 'Butler:\n  anonTelemetry: true\n  heartbeat: {enable: true}\n  configQRS: {host: qlik.test}\n' \
    >"$work/root/opt/butler/config/production.yaml"
  echo '{"name": "butler", "version": "5.1.0"}' >"$work/root/opt/butler/package.json"
  cat >"$work/root/etc/reporterd/reporterd.yaml" <<TEXT
telemetry: {${2:-noticePeriod: 0s}}
butlers: [{configFile: /opt/butler/config/production.yaml}]
report: {startSpread: 0s}
destination: {$1}
${3-}
TEXT
}
to_collector() { echo "url: \"$endpoint\""; }
submit_messages() { # FIRST LAST
  local n
  for n in $(seq "$1" "$2"); do
    printf '{"ts":"2026-03-03T11:%02d:%02d.000Z","data":{"service":"butler","serviceVersion":"5.1.0","system":{"id":"%064d"},"enabledFeatures":{}}}\n' \
      $((n / 60 % 60)) $((n % 60)) "$n"
  done | on_machine reporterctl submit -
}

it_installs_and_tells_what_it_is() {
  install_package reporterd.deb | tee "$work/install.log"
  grep 'Nothing is sent in the first 24 hours' "$work/install.log"
  wait_for "the service" is_running
  expect "StatusText" "no destination: no destination.url is configured; messages are kept" "$(shown StatusText)"
  expect "is-enabled" enabled "$(on_machine systemctl is-enabled reporterd)"
  on_machine reporterctl status
}
its_sockets_belong_to_their_groups() {
  local folder group
  for folder in submit:reporter control:reporter-admin; do
    group=${folder#*:} folder=/run/reporterd/${folder%:*}
    expect "$folder" "reporterd:$group 2750" "$(on_machine stat -c '%U:%G %a' "$folder")"
    expect "$folder/socket" "reporterd:$group 660" "$(on_machine stat -c '%U:%G %a' "$folder/socket")"
  done
}
only_the_groups_may_talk_to_it() {
  fails_with 4 as_user nobody nogroup reporterctl status
  fails_with 4 as_user nobody nogroup reporterctl pause
  as_user nobody reporter reporterctl status
  fails_with 4 as_user nobody reporter reporterctl pause
  as_user nobody reporter-admin reporterctl pause
  as_user nobody reporter-admin reporterctl resume
}
its_unit_is_sound_and_confined() {
  local score
  expect "what systemd-analyze verify says" "" \
    "$(on_machine systemd-analyze verify --man=no /usr/lib/systemd/system/reporterd.service 2>&1)"
  score=$(on_machine systemd-analyze security reporterd.service | tee "$work/security" |
    sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
  grep '^✗' "$work/security" || true
  expect "the exposure, at most 1.1," 1 "$(awk "BEGIN { print ($score <= 1.1) }")"
}
a_report_is_delivered() {
  on_machine update-ca-certificates
  configure "$(to_collector)"
  on_machine systemctl reload reporterd
  wait_for "a report" has_received 1
  has_status "on: what is queued is delivered to telemetry.test:8443"
}
it_reports_the_id_that_root_would() {
  local inside outside
  inside=$(on_machine reporterctl id show | grep -oE '[0-9a-f]{64}' | head -n 1)
  outside=$(on_machine reporterctl id show --config /etc/reporterd/reporterd.yaml --state-dir /nonexistent |
    grep -oE '[0-9a-f]{64}' | head -n 1)
  [[ $inside ]]
  expect "the id" "$outside" "$inside"
  # The same facts, but for the time.
  on_machine reporterctl preview --json | sed 's/"ts":[^,]*//' >"$work/inside"
  on_machine systemctl stop reporterd
  on_machine reporterctl preview --json --config /etc/reporterd/reporterd.yaml |
    sed 's/"ts":[^,]*//' >"$work/outside"
  on_machine systemctl start reporterd
  diff "$work/inside" "$work/outside"
}
a_reload_is_answered() {
  on_machine systemctl reload reporterd
  echo 'nonsense: [' >>"$work/root/etc/reporterd/reporterd.yaml"
  fails_with 1 on_machine systemctl reload reporterd
  is_running
  on_machine journalctl -u reporterd --no-pager | grep 'reporterd.yaml:'
  configure "$(to_collector)"
  on_machine systemctl reload reporterd
}
nothing_is_said_when_all_is_well() {
  expect "what is failed" "" "$(on_machine systemctl --failed --no-legend)"
  expect "what is logged as a warning or worse" "" \
    "$(on_machine journalctl -u reporterd -p warning --no-pager -q | grep -v 'reporterd.yaml' || true)"
}
killed_it_comes_back_and_loses_nothing() {
  configure "url: \"https://$collector_address:1/\""
  on_machine systemctl reload reporterd
  submit_messages 1 20
  local waiting
  waiting=$(counted queued)
  on_machine systemctl kill -s KILL reporterd
  wait_for "its return" has_restarted 1
  expect "how many wait" "$waiting" "$(counted queued)"
  expect "how many accepted" "$(counted accepted)" "$(($(counted delivered) + waiting))"
}
hanging_it_is_ended_and_comes_back() {
  on_machine mkdir -p /run/systemd/system/reporterd.service.d
  printf '[Service]\nWatchdogSec=2s\n' | on_machine tee /run/systemd/system/reporterd.service.d/watchdog.conf
  on_machine systemctl daemon-reload
  on_machine systemctl restart reporterd
  on_machine systemctl reset-failed reporterd
  wait_for "the service" is_running
  sleep 5 # longer than the watchdog waits: alive, it is fed
  expect NRestarts 0 "$(shown NRestarts)"
  on_machine systemctl kill -s STOP reporterd
  wait_for "its return" has_restarted 1
  on_machine journalctl -u reporterd --no-pager | grep 'Watchdog timeout'
  on_machine rm /run/systemd/system/reporterd.service.d/watchdog.conf
  on_machine systemctl daemon-reload
}
it_stops_within_a_second_when_idle() {
  local start
  configure "url: \"\""
  on_machine systemctl restart reporterd
  start=$(milliseconds)
  on_machine systemctl stop reporterd
  at_most 1000 "$start"
  expect "the sockets" "" "$(on_machine find /run/reporterd -type s)"
  on_machine systemctl start reporterd
}
it_stops_within_5_s_whatever_the_network_does() {
  local start place
  # Packets to this neighbour vanish, and it is the only name server.
  ip -n "$name-machine" neigh replace 192.0.2.99 lladdr 02:00:00:00:00:99 dev host0
  echo "nameserver 192.0.2.99" >"$work/root/etc/resolv.conf"
  for place in 192.0.2.99 nowhere.test; do
    configure "url: \"https://$place/v1/messages\""
    on_machine systemctl reload reporterd
    on_machine reporterctl flush || true
    start=$(milliseconds)
    on_machine systemctl stop reporterd
    at_most 5000 "$start"
    expect Result success "$(shown Result)"
    on_machine systemctl start reporterd
  done
  echo "nameserver $collector_address" >"$work/root/etc/resolv.conf"
}
it_delivers_within_5_s_of_the_networks_return() {
  local before start
  configure "$(to_collector)"
  on_machine systemctl restart reporterd
  on_machine reporterctl flush --wait
  before=$(received)
  network_down
  on_machine systemctl restart reporterd # no connection is left that could be used again
  submit_messages 100 100
  wait_for "the failure" has_status unreachable
  network_up
  start=$(milliseconds)
  wait_for "the delivery" has_received $((before + 1))
  at_most 5500 "$start"
}
# IP packets, of all protocols and to all places; not the kernel's own search for neighbours.
packets_sent() { ip netns exec "$name-machine" awk '/^Ip: [0-9]/ { print $11 }' /proc/net/snmp; }
has_no_connection() { # all closed by both ends: the last acknowledgement is a packet, too
  [[ -z $(ip netns exec "$name-machine" awk 'FNR > 1 && $4 != "06"' /proc/net/tcp) ]]
}
off_nothing_leaves() {
  local before
  configure "url: \"https://nowhere.test/\"" "enabled: false"
  on_machine systemctl reload reporterd
  wait_for "the end of the connections" has_no_connection
  before=$(packets_sent)
  fails_with 5 on_machine reporterctl report
  on_machine reporterctl flush || true
  on_machine systemctl restart reporterd
  network_down
  network_up
  on_machine reporterctl doctor || true
  on_machine systemctl stop reporterd
  expect "how many packets were sent" "$before" "$(packets_sent)"
  on_machine systemctl start reporterd
  has_status off
}
upgrades_and_downgrades_keep_queue_and_configuration() {
  configure "url: \"\""
  on_machine systemctl reload reporterd
  submit_messages 200 210
  local waiting package configuration
  waiting=$(counted queued)
  configuration=$(<"$work/root/etc/reporterd/reporterd.yaml")
  for package in reporterd-9.9.9-1 reporterd reporterd-0.0.9-1 reporterd; do
    install_package "$package.deb"
    wait_for "the service" is_running
    expect "how many wait after $package" "$waiting" "$(counted queued)"
    expect "the configuration" "$configuration" "$(<"$work/root/etc/reporterd/reporterd.yaml")"
  done
}
disabled_it_stays_disabled() {
  on_machine systemctl disable --now reporterd
  install_package reporterd-9.9.9-1.deb
  expect "is-enabled" disabled "$(on_machine systemctl is-enabled reporterd || true)"
  expect ActiveState inactive "$(shown ActiveState)"
  on_machine systemctl enable --now reporterd
}
removed_it_keeps_the_data() {
  on_machine dpkg --remove reporterd
  expect "how it is" inactive "$(on_machine systemctl is-active reporterd || true)"
  on_machine test -e /var/lib/reporterd/outbox.db
  on_machine test -e /etc/reporterd/reporterd.yaml
  install_package reporterd.deb
  wait_for "the service" is_running
  (($(counted queued) > 0))
}
purged_it_leaves_nothing() {
  on_machine dpkg --purge reporterd
  on_machine bash -c '! ls -d /var/lib/reporterd /etc/reporterd /run/reporterd 2>/dev/null'
  expect "what is failed" "" "$(on_machine systemctl --failed --no-legend)"
}
from_install_to_the_first_report_takes_less_than_5_s() {
  local before start
  before=$(received)
  configure "$(to_collector)"
  start=$(milliseconds)
  install_package reporterd.deb
  wait_for "a report" has_received $((before + 1))
  at_most 5000 "$start"
}

every_system() {
  say "$suite"
  switch_on "$suite"
  hand_over_packages
  start_collector
  check it_installs_and_tells_what_it_is
  check its_sockets_belong_to_their_groups
  check only_the_groups_may_talk_to_it
  check its_unit_is_sound_and_confined
  check a_report_is_delivered
  check it_reports_the_id_that_root_would
  check nothing_is_said_when_all_is_well
  check a_reload_is_answered
  check killed_it_comes_back_and_loses_nothing
  check hanging_it_is_ended_and_comes_back
  check it_stops_within_a_second_when_idle
  check it_stops_within_5_s_whatever_the_network_does
  check it_delivers_within_5_s_of_the_networks_return
  check off_nothing_leaves
  check upgrades_and_downgrades_keep_queue_and_configuration
  check disabled_it_stays_disabled
  check removed_it_keeps_the_data
  check purged_it_leaves_nothing
  check from_install_to_the_first_report_takes_less_than_5_s
  drop_machine
}
