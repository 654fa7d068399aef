# What holds under wine. Each function is a check; `every_check` is the order of events. Sourced by
# run.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are set and used in the other files

counted() { ctl status --json | grep -o "\"$1\": *[0-9]*" | head -n 1 | grep -o '[0-9]*$'; }
is_running() { service status; }
has_received() { (($(received) >= $1)); }
has_logged() { grep -qE "$1" "$(unix "$data/log/reporterd.log")"; }
has_told_the_event_log() { grep -a 'ReportEventW' "$work/events.log" | grep -qaE "$1"; }

# A Butler to report on, and where to.
configure() { # FILE DESTINATION [MORE]
  mkdir -p "$(dirname "$1")" "$WINEPREFIX/drive_c/butler/config"
  printf 'Butler:\r\n  anonTelemetry: true\r\n  heartbeat: {enable: true}\r\n  configQRS: {host: qlik.test}\r\n' \
    >"$WINEPREFIX/drive_c/butler/config/production.yaml"
  echo '{"name": "butler", "version": "5.1.0"}' >"$WINEPREFIX/drive_c/butler/package.json"
  cat >"$1" <<TEXT
telemetry: {noticePeriod: 0s}
butlers: [{configFile: 'C:\\butler\\config\\production.yaml'}]
report: {startSpread: 0s}
destination: {$2}
${3-}
TEXT
}
endpoint() { echo "url: \"https://${1-localhost}:$port/v1/messages\""; }
ca_file() { echo "caFile: 'Z:${work//\//\\}\\$1.pem'"; }
submit_messages() { # FIRST LAST
  local n
  for n in $(seq "$1" "$2"); do
    printf '{"ts":"2026-03-03T11:%02d:%02d.000Z","data":{"service":"butler","serviceVersion":"5.1.0","system":{"id":"%064d"},"enabledFeatures":{}}}\n' \
      $((n / 60 % 60)) $((n % 60)) "$n"
  done | ctl submit -
}

package() { # /i|/x VERSION [PROPERTY...]
  local verb=$1 version=$2 status=0
  shift 2
  on_windows msiexec "$verb" "Z:${packages//\//\\}\\reporterd-$version-x64.msi" "$@" /qn || status=$?
  ((status == 0)) || echo "msiexec $verb of $version ended with $status, its error's lowest 8 bits"
  return "$status"
}
install_package() { package /i "$@"; }
remove_package() { package /x "$@"; }
this_version() { basename "$packages"/reporterd-0.*-x64.msi -x64.msi | sed 's/^reporterd-//'; }
readonly later_version=9.9.9 configuration='C:\ProgramData\reporterd\reporterd.yaml'
has_no_event_source() {
  fails_with 1 on_windows reg query 'HKLM\System\CurrentControlSet\Services\EventLog\Application\reporterd'
}
registered() { on_windows reg query "HKLM\\System\\CurrentControlSet\\Services\\reporterd" /v "$1" 2>/dev/null | tr -d '\r' | sed -n "s/^ *$1 *REG_[A-Z_]* *//p"; }
# A process of reporterd.exe, ended as the power would: nothing of it is asked.
kill_service() { on_windows taskkill /F /IM reporterd.exe; }

a_wrong_configuration_is_not_taken() {
  mkdir -p "$WINEPREFIX/drive_c/deploy"
  echo 'destinatoin: {}' >"$WINEPREFIX/drive_c/deploy/wrong.yaml"
  if install_package "$(this_version)" 'CONFIG=C:\deploy\wrong.yaml' >"$work/refused" 2>&1; then return 1; fi
  grep -a 'ReportEventW.*destinatoin' "$work/refused" # it is no service that writes this entry
  [[ ! -e $(unix "$data") && ! -e $(unix "$program") ]]
  has_no_event_source
}
it_installs_silently_with_a_configuration_and_without_a_start() {
  configure "$WINEPREFIX/drive_c/deploy/site.yaml" "$(endpoint), $(ca_file known)"
  install_package "$(this_version)" START=0 'CONFIG=C:\deploy\site.yaml'
  cmp "$WINEPREFIX/drive_c/deploy/site.yaml" "$(unix "$configuration")"
  fails_with 3 service status
  expect "ImagePath" "\"$program\" service run" "$(registered ImagePath)"
  expect "the account" 'NT AUTHORITY\LocalService' "$(registered ObjectName)"
  service start
  expect "the version" "reporterd $(this_version)" "$(on_windows "$program" --version | tr -d '\r')"
  expect "the collector's" "reporter-collector $(this_version)" \
    "$(on_windows 'C:\Program Files\reporterd\reporter-collector.exe' --version | tr -d '\r')"
}
its_collector_takes_messages_and_shows_them() {
  local collector='C:\Program Files\reporterd\reporter-collector.exe' database='C:\deploy\received.db' body
  timeout 60 wine "$collector" serve --listen 127.0.0.1:0 --db "$database" >"$work/its-collector" 2>&1 9>&- &
  wait_for "the collector of Windows" grep -q listening "$work/its-collector"
  body=$(printf '{"ts":"2026-03-03T11:00:00.000Z","data":{"service":"butler","serviceVersion":"5.1.0","system":{"id":"%064d"},"enabledFeatures":{}}}' 7)
  exec 3<>"/dev/tcp/127.0.0.1/$(tr -d '\r' <"$work/its-collector" | sed -n 's,.*listening on http://127.0.0.1:\([0-9]*\).*,\1,p')"
  printf 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
    "${#body}" "$body" >&3
  timeout 30 grep -a '^HTTP/1.1 201' <&3
  exec 3>&-
  on_windows "$collector" query --json --db "$database" | grep '2026-03-03T11:00:00.000Z'
  on_windows taskkill /F /IM reporter-collector.exe
}
it_installs_over_itself() {
  service configure | tee "$work/configured"
  grep 'is set up' "$work/configured"
  service install
}
it_keeps_its_places_when_set_up_again() {
  cp "$(unix "$configuration")" "$WINEPREFIX/drive_c/deploy/own place.yaml"
  service configure --config 'C:\deploy\own place.yaml'
  service install
  expect "ImagePath" "\"$program\" service run --config \"C:\\deploy\\own place.yaml\"" "$(registered ImagePath)"
  service configure --config "$configuration"
  expect "ImagePath" "\"$program\" service run --config $configuration" "$(registered ImagePath)"
}
it_starts_and_stops_20_times() {
  local i start
  for i in {1..20}; do
    service stop
    fails_with 3 service status
    start=${EPOCHREALTIME/./}
    service start
    ctl status >/dev/null
    echo "round $i: start to answer in $(((${EPOCHREALTIME/./} - start) / 1000)) ms, with two processes of wine's"
  done
}
it_reports_over_https_with_an_authority_from_a_file() {
  start_collector
  ctl report
  ctl flush --wait --timeout 20
  wait_for "the report" has_received 1
  ctl history list
}
it_takes_messages_and_tells_of_them() {
  local before
  before=$(received)
  submit_messages 1 20
  ctl flush --wait --timeout 20
  expect "what was received" $((before + 20)) "$(received)"
  submit_messages 1 20 | tee "$work/again"
  expect "what was received, again" $((before + 20)) "$(received)"
}
every_look_at_it_works() {
  local words
  for words in "status" "status --json" "preview" "queue list" "history list" "consent show" "id show" \
    "config show" "config check" "doctor --json" "--version" "pause 1h" "resume" "config reload"; do
    # shellcheck disable=SC2086 # several words
    ctl $words || (($? == 1)) # doctor tells of problems by it
  done
}
it_refuses_a_receiver_of_another_authority() {
  configure "$(unix "$configuration")" "$(endpoint), $(ca_file other)"
  ctl config reload
  submit_messages 31 31
  fails_with 6 ctl flush --wait --timeout 20
  ctl status
}
it_refuses_a_receiver_of_another_name() {
  configure "$(unix "$configuration")" "$(endpoint 127.0.0.1), $(ca_file known)"
  ctl config reload
  submit_messages 32 32
  fails_with 6 ctl flush --wait --timeout 20
}
it_refuses_an_authority_that_the_system_does_not_know() {
  configure "$(unix "$configuration")" "$(endpoint)"
  ctl config reload
  fails_with 6 ctl flush --wait --timeout 20
}
it_believes_the_root_store_of_the_system() {
  trust "$work/known.pem"
  service stop
  service start
  local before
  before=$(received)
  ctl flush --wait --timeout 20
  expect "what was received" $((before + 2)) "$(received)"
}
nothing_is_lost_when_it_is_killed() {
  local i before
  stop_collector
  before=$(received)
  for i in 1 2 3; do
    submit_messages $((100 * i)) $((100 * i + 49))
    kill_service
    wait_for "its end" fails_with 3 ctl status
    service start
  done
  expect "what waits" 150 "$(counted queued)"
  start_collector
  ctl flush --wait --force --timeout 30
  expect "what was received" $((before + 150)) "$(received)"
}
a_second_one_fails_clearly() {
  fails_with 1 on_windows "$program" --config "$configuration" 2>"$work/second"
  cat "$work/second"
  expect "lines" 1 "$(wc -l <"$work/second")"
}
a_second_pipe_of_that_name_fails_clearly() {
  mkdir -p "$WINEPREFIX/drive_c/second"
  fails_with 1 on_windows "$program" --config "$configuration" --state-dir 'C:\second' 2>"$work/second"
  cat "$work/second"
  grep -F '\\.\pipe\reporterd' "$work/second"
}
a_wrong_configuration_does_not_start_and_says_why() {
  service stop
  cp "$(unix "$configuration")" "$work/good.yaml"
  echo 'destinatoin: {}' >>"$(unix "$configuration")"
  fails_with 78 service start
  wait_for "an entry in the Event Log" has_told_the_event_log 'destinatoin'
  fails_with 78 on_windows "$program" --check 2>"$work/wrong"
  expect "lines" 1 "$(wc -l <"$work/wrong")"
  cp "$work/good.yaml" "$(unix "$configuration")"
  service start
}
# Windows' editors write all of these.
it_reads_utf16_and_carriage_returns() {
  local form
  for form in UTF-16LE UTF-16BE UTF-8; do
    { printf '\xef\xbb\xbf' && sed 's/$/\r/' "$work/good.yaml"; } | iconv -f UTF-8 -t "$form" \
      >"$(unix "$configuration")"
    on_windows "$program" --check
    ctl config reload
  done
  cp "$work/good.yaml" "$(unix "$configuration")"
  ctl config reload
}
a_damaged_outbox_is_set_aside_and_salvaged() {
  stop_collector
  submit_messages 701 720
  service stop
  local outbox
  outbox=$(unix "$data\\state\\outbox.db")
  dd if=/dev/urandom of="$outbox" bs=1 count=2000 seek=100 conv=notrunc status=none
  service start
  wait_for "an entry in the Event Log" has_told_the_event_log 'the outbox was damaged'
  ls "$(dirname "$outbox")"
  fails_with 8 ctl status # there was damage
  start_collector
  ctl flush --wait --force --timeout 30
}
a_state_folder_that_cannot_be_made_is_told() {
  : >"$WINEPREFIX/drive_c/in-the-way"
  fails_with 1 on_windows "$program" --config "$configuration" --state-dir 'C:\in-the-way\state' 2>"$work/denied"
  expect "lines" 1 "$(wc -l <"$work/denied")"
}
an_installation_that_fails_leaves_no_service() {
  service uninstall
  fails_with 1 service install --state-dir 'C:\in-the-way\state'
  fails_with 3 service status
  expect "ImagePath" "" "$(registered ImagePath)"
  has_no_event_source
  service install
  service start
}
it_runs_from_a_console_under_names_of_all_letters() {
  local folder='C:\Größe 漢字'
  configure "$(unix "$folder\\reporterd.yaml")" "$(endpoint)"
  on_windows "$program" --check --config "$folder\\reporterd.yaml"
  (exec timeout 60 wine "$program" --config "$folder\\reporterd.yaml" --state-dir "$folder\\state" \
    --socket-dir '\\.\pipe\größe' 2>"$work/console.log") &
  local console=$!
  wait_for "its pipe" ctl --socket '\\.\pipe\größe-control' status
  [[ -e $(unix "$folder\\state\\outbox.db") ]]
  ctl --socket '\\.\pipe\größe-control' preview
  kill "$console"
  wait "$console" || true
}
an_upgrade_over_the_running_service_keeps_queue_and_configuration() {
  stop_collector
  echo '# edited by its owner' >>"$(unix "$configuration")"
  submit_messages 801 810
  install_package "$later_version"
  wait_for "the service" is_running
  expect "what waits" 10 "$(counted queued)"
  grep 'edited by its owner' "$(unix "$configuration")"
  start_collector
  ctl flush --wait --force --timeout 30
}
an_older_package_is_refused() { fails_with 67 install_package "$(this_version)"; } # 1603, of which wine shows 8 bits
it_goes_and_leaves_its_data() {
  remove_package "$later_version"
  [[ ! -e $(unix "$program") ]]
  [[ -e $(unix "$configuration") && -e $(unix "$data\\state\\outbox.db") ]]
  expect "ImagePath" "" "$(registered ImagePath)"
}
it_installs_elsewhere_and_goes_with_all_its_data() {
  install_package "$(this_version)" 'INSTALLDIR=C:\Programme für alle\reporterd'
  # reg.exe does not print UTF-8.
  registered ImagePath | LC_ALL=C grep -a '^"C:\\Programme f.*r alle\\reporterd\\reporterd.exe" service run$'
  wait_for "the service" on_windows 'C:\Programme für alle\reporterd\reporterctl.exe' status
  remove_package "$(this_version)" PURGE=1
  [[ ! -e $(unix "$data") && ! -e $(unix 'C:\Programme für alle\reporterd') ]]
}
without_a_configuration_it_begins_with_the_sample() {
  install_package "$(this_version)"
  cmp "$(unix 'C:\Program Files\reporterd\reporterd.sample.yaml')" "$(unix "$configuration")"
  wait_for "the service" is_running
  ctl status | grep 'no destination'
  remove_package "$(this_version)" PURGE=1
}

every_check() {
  check a_wrong_configuration_is_not_taken
  check it_installs_silently_with_a_configuration_and_without_a_start
  check its_collector_takes_messages_and_shows_them
  check it_installs_over_itself
  check it_keeps_its_places_when_set_up_again
  check it_starts_and_stops_20_times
  check it_reports_over_https_with_an_authority_from_a_file
  check it_takes_messages_and_tells_of_them
  check every_look_at_it_works
  check it_refuses_a_receiver_of_another_authority
  check it_refuses_a_receiver_of_another_name
  check it_refuses_an_authority_that_the_system_does_not_know
  check it_believes_the_root_store_of_the_system
  check nothing_is_lost_when_it_is_killed
  check a_second_one_fails_clearly
  check a_second_pipe_of_that_name_fails_clearly
  check a_wrong_configuration_does_not_start_and_says_why
  check it_reads_utf16_and_carriage_returns
  check a_damaged_outbox_is_set_aside_and_salvaged
  check a_state_folder_that_cannot_be_made_is_told
  check an_installation_that_fails_leaves_no_service
  check it_runs_from_a_console_under_names_of_all_letters
  check an_upgrade_over_the_running_service_keeps_queue_and_configuration
  check an_older_package_is_refused
  check it_goes_and_leaves_its_data
  check it_installs_elsewhere_and_goes_with_all_its_data
  check without_a_configuration_it_begins_with_the_sample
}
