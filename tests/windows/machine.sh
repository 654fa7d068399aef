# A Windows of wine's own, and the collector in another, on the loopback that they share. Sourced by
# run.sh; everything made here is unmade by tear_down.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are set and used in the other files

readonly data='C:\ProgramData\reporterd'
readonly program='C:\Program Files\reporterd\reporterd.exe'
readonly control='C:\Program Files\reporterd\reporterctl.exe'

# The name here of a file there.
unix() { echo "$WINEPREFIX/drive_c/$(sed 's/^C:\\//; s/\\/\//g' <<<"$1")"; }

# Each command is given a minute: what hangs under wine hangs for ever.
on_windows() { timeout 60 wine "$@"; }
ctl() { on_windows "$control" "$@"; }
service() { on_windows "$program" service "$@"; }

# wine's own trap: what is asked of a wineserver that is about to end is lost, so each is waited for;
# and with its last process it ends, services and all, so one process is kept.
start_windows() {
  export WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=' LC_ALL=C.UTF-8
  unset DISPLAY
  {
    timeout 300 wineboot -i && timeout 60 wineserver -w &&
      timeout 60 wine winecfg -v win10 && timeout 60 wineserver -w &&
      on_windows reg add 'HKLM\System\CurrentControlSet\Control\Session Manager\Environment' \
        /v WINEDEBUG /d -all,+eventlog && timeout 60 wineserver -w
  } >"$work/wine.log" 2>&1 || die "wine makes no Windows: $(tail -n 3 "$work/wine.log")"
  mkfifo "$work/open"
  # The Event Log keeps nothing, but a service, which has the system's environment, tells of its entries
  # where this process prints.
  wine cmd <"$work/open" >>"$work/events.log" 2>&1 &
  exec 9>"$work/open"
  wait_for "Windows" grep -a Microsoft "$work/events.log" # or a check starts the services, and hears them
}

tear_down() {
  exec 9>&-
  stop_collector
  timeout 60 wineserver -k || true # it may have ended by itself
  rm -rf "$work"
}

# Puts an authority into the machine's root store, as an administrator would with certutil, which
# wine lacks: in the registry a certificate is a list of properties (number, 1, length, bytes), and
# property 32 is the certificate itself.
trust() { # PEM
  local der bytes size
  der=$(openssl x509 -in "$1" -outform DER | od -An -v -tx1 | tr -d ' \n')
  size=$((${#der} / 2))
  bytes=$(printf '2000000001000000%02x%02x0000%s' $((size & 255)) $((size >> 8)) "$der" | sed 's/../&,/g; s/,$//')
  {
    printf 'Windows Registry Editor Version 5.00\r\n\r\n'
    printf '[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\%s]\r\n' \
      "$(openssl x509 -in "$1" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')"
    printf '"Blob"=hex:%s\r\n' "$bytes"
  } >"$work/trust.reg"
  on_windows regedit /S "$work/trust.reg"
}

# Where nobody listens now.
port=$((20000 + RANDOM % 10000))
while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do ((++port)); done

# Checks are processes of their own: what one starts another ends.
start_collector() {
  WINEPREFIX=$collectors_windows wine "$collector_program" serve --listen "127.0.0.1:$port" --db "$work/received.db" \
    --tls-cert "$work/collector.pem" --tls-key "$work/collector.key" --rate 0 >>"$work/collector.log" 2>&1 9>&- &
  echo $! >"$work/collector.pid"
  wait_for "the collector" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
}
stop_collector() {
  [[ -e $work/collector.pid ]] || return 0
  kill "$(<"$work/collector.pid")" 2>/dev/null || true
  wait_for "the collector's end" has_ended "$(<"$work/collector.pid")"
  rm "$work/collector.pid"
}
has_ended() { ! kill -0 "$1" 2>/dev/null; }
received() { WINEPREFIX=$collectors_windows on_windows "$collector_program" query --db "$work/received.db" --json | grep -o '"ts":' | wc -l; }
