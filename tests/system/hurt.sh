# What one system is enough for: wrong configurations and places, limits, power cuts. Sourced by
# run.sh after checks.sh.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # awk, apt and dpkg expand; variables are set in the other files

# Lines that reporterd itself wrote since its last start was begun.
said() {
  on_machine journalctl -u reporterd --no-pager -q -o cat _SYSTEMD_INVOCATION_ID="$(shown InvocationID)" |
    grep -v -E '^(reporterd .* starts|stopped;|stopping;)' || true
}
has_failed() { [[ $(shown ActiveState) == failed ]]; }
# It does not run, and one line says why, with these words in it.
fails_with_one_line() { # WORDS
  on_machine journalctl -u reporterd --no-pager -q -o cat -n 30 | grep '^reporterd: ' | tail -n 1 |
    tee "$work/line"
  grep -F -- "$1" "$work/line"
}
dropped_in() { # NAME TEXT: a drop-in for the unit
  mkdir -p "$work/root/etc/systemd/system/reporterd.service.d"
  printf '%s\n' "$2" >"$work/root/etc/systemd/system/reporterd.service.d/$1.conf"
  on_machine systemctl daemon-reload
}
not_dropped_in() {
  rm -rf "$work/root/etc/systemd/system/reporterd.service.d"
  on_machine systemctl daemon-reload
}
starts_again() {
  on_machine systemctl reset-failed reporterd 2>/dev/null || true
  on_machine systemctl restart reporterd
  wait_for "the service" is_running
}

a_wrong_configuration_breaks_no_installation() {
  configure "url: http://elsewhere.test/"
  install_package reporterd.deb | tee "$work/install.log"
  wait_for "the failure" has_failed
  fails_with_one_line "/etc/reporterd/reporterd.yaml:4: destination.url"
  expect ExecMainStatus 78 "$(shown ExecMainStatus)"
  expect NRestarts 0 "$(shown NRestarts)"
  on_machine dpkg-query -W reporterd
  expect "what dpkg finds wrong" "" "$(on_machine dpkg --audit)"
  on_machine systemctl status reporterd >"$work/status" || true
  grep 'destination.url' "$work/status"
  install_package reporterd-9.9.9-1.deb # an upgrade, too
  on_machine dpkg-query -W reporterd
  expect "what dpkg finds wrong" "" "$(on_machine dpkg --audit)"
  configure "$(to_collector)"
  on_machine systemctl start reporterd
}
places_that_cannot_be_used_are_named() {
  on_machine systemctl stop reporterd
  on_machine chown root: /var/lib/reporterd/outbox.db
  on_machine systemctl start reporterd || true
  fails_with_one_line "/var/lib/reporterd/outbox.db"
  on_machine systemctl stop reporterd
  on_machine chown reporterd: /var/lib/reporterd/outbox.db
  starts_again

  dropped_in state $'[Service]\nReadOnlyPaths=/var/lib/reporterd'
  on_machine systemctl restart reporterd || true
  fails_with_one_line "/var/lib/reporterd"
  on_machine systemctl stop reporterd
  not_dropped_in
  starts_again
}
a_missing_credential_is_named() {
  configure "$(to_collector), functionKeyFile: \"credential:function-key\""
  on_machine systemctl restart reporterd || true
  fails_with_one_line "destination.functionKeyFile: there is no such file"
  expect ExecMainStatus 78 "$(shown ExecMainStatus)"
  printf 'the-key\n' >"$work/root/etc/reporterd/function-key"
  chmod 600 "$work/root/etc/reporterd/function-key"
  dropped_in key $'[Service]\nLoadCredential=function-key:/etc/reporterd/function-key'
  starts_again
  configure "$(to_collector)"
  not_dropped_in
  starts_again
}
a_butler_in_a_home_can_be_read_when_allowed() {
  local home place
  on_machine useradd --create-home butler
  home=$(on_machine getent passwd butler | cut -d : -f 6)
  place=$home/butler
  mkdir -p "$work/root$place/config"
  cp "$work/root/opt/butler/config/production.yaml" "$work/root$place/config/"
  cp "$work/root/opt/butler/package.json" "$work/root$place/"
  on_machine chown -R butler: "$home"
  on_machine chmod -R go-rwx "$home"
  sed -i "s#/opt/butler/config#$place/config#" "$work/root/etc/reporterd/reporterd.yaml"
  on_machine systemctl restart reporterd
  on_machine reporterctl doctor | tee "$work/doctor" || true
  grep 'Butler 1' "$work/doctor" | grep -F 'docs/operations.md' # the remedy stands there:
  on_machine setfacl -m u:reporterd:rx "$place" "$place/config"
  on_machine setfacl -m u:reporterd:r "$place/config/production.yaml" "$place/package.json"
  dropped_in butler "[Service]
ProtectHome=tmpfs
BindReadOnlyPaths=$place"
  starts_again
  on_machine reporterctl doctor | tee "$work/doctor" || true
  fails_with 1 grep 'problem *Butler' "$work/doctor"
  on_machine reporterctl config check | tee "$work/checked"
  fails_with 1 grep warning "$work/checked"
  on_machine reporterctl preview | grep '5.1.0'
  not_dropped_in
  configure "$(to_collector)"
  starts_again
}
was_restarted() { (($(shown NRestarts) >= 1)); }
out_of_memory_it_loses_nothing() {
  configure 'url: ""'
  starts_again
  local before acknowledged
  before=$(counted accepted)
  on_machine systemctl set-property --runtime reporterd MemoryMax=4M
  submit_messages 1 3599 >"$work/acknowledged" || true
  acknowledged=$(grep -c '^queued' "$work/acknowledged")
  wait_for "its end and a new start" was_restarted
  on_machine systemctl revert reporterd
  starts_again
  echo "acknowledged: $acknowledged"
  (($(counted accepted) >= before + acknowledged))
  expect "how many there are" "$(counted accepted)" $(($(counted queued) + $(counted delivered) + $(counted withdrawn)))
}
without_more_threads_it_keeps_everything() {
  dropped_in limits $'[Service]\nTasksMax=2' # its own; looking up a name takes a third
  configure "$(to_collector)"
  starts_again
  submit_messages 4400 4410 >/dev/null
  on_machine reporterctl flush || true
  wait_for "the failure" has_status unreachable
  expect NRestarts 0 "$(shown NRestarts)"
  not_dropped_in
  starts_again
  on_machine reporterctl flush --wait --timeout 60
}
it_makes_no_forbidden_call() {
  dropped_in kill $'[Service]\nSystemCallErrorNumber=kill'
  configure "$(to_collector)"
  starts_again
  on_machine reporterctl flush --wait --timeout 60
  on_machine reporterctl doctor
  on_machine reporterctl support-bundle - >/dev/null
  on_machine systemctl reload reporterd
  network_down
  network_up
  on_machine systemctl restart reporterd
  expect NRestarts 0 "$(shown NRestarts)"
  expect Result success "$(shown Result)"
  not_dropped_in
}
an_outage_takes_one_line_a_change() {
  configure "url: \"https://$collector_address:1/\"" "noticePeriod: 0s" \
    "retry: {base: 10ms, cap: 100ms, messageBase: 10ms, spreadRetryAfter: false}"
  starts_again
  submit_messages 5000 5020
  wait_for "an outage" has_status unreachable
  sleep 10 # a hundred attempts and more
  expect "what is said of it" 1 "$(said | grep -c 'the endpoint cannot be used now')"
  configure "$(to_collector)"
  on_machine systemctl reload reporterd
  on_machine reporterctl flush --wait --timeout 60
}

# Everything below happens on a real file system that loses what was not synced.
prepare_power_cuts() {
  truncate -s 64M "$work/disk.img"
  mkfs.ext4 -q -F "$work/disk.img"
  mkdir "$work/state"
  mount -o loop "$work/disk.img" "$work/state"
}
cut_power() {
  # FS_IOC_SHUTDOWN without a last write; then all who hold the file system go.
  python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))' "$work/state"
  pull_plug
  umount "$work/state"
  mount -o loop "$work/disk.img" "$work/state"
}
acknowledged_messages_are_there() { # COUNT, besides own reports
  wait_for "the service" is_running
  expect "how many there are" "$(counted accepted)" $(($(counted queued) + $(counted delivered)))
  (($(counted queued) >= $1))
}

one_system() {
  switch_on "$suite"
  hand_over_packages
  start_collector
  on_machine update-ca-certificates >/dev/null 2>&1
  check a_wrong_configuration_breaks_no_installation
  check places_that_cannot_be_used_are_named
  check a_missing_credential_is_named
  check a_butler_in_a_home_can_be_read_when_allowed
  check out_of_memory_it_loses_nothing
  check without_more_threads_it_keeps_everything
  check it_makes_no_forbidden_call
  check an_outage_takes_one_line_a_change
  switch_off
  prepare_power_cuts
  local cut
  for cut in 1 2 3; do
    switch_on "$suite" --bind="$work/state:/var/lib/reporterd"
    if ((cut == 1)); then
      configure 'url: ""' "noticePeriod: 0s"
      on_machine chown reporterd: /var/lib/reporterd
      on_machine systemctl restart reporterd
    else
      check acknowledged_messages_are_there $((cut * 50 - 50))
    fi
    submit_messages $((cut * 50 + 3000)) $((cut * 50 + 3049)) >/dev/null
    cut_power
  done
  switch_on "$suite" --bind="$work/state:/var/lib/reporterd"
  check acknowledged_messages_are_there 150
  drop_machine
  umount "$work/state"
}
