# Checks whose names are their sentences, for tests of what is installed. Sourced by their run.sh,
# which has a folder $work, a function `context` that prints what helps to see why a check failed, and a
# function `die`.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are set and used in the other files

passed=0
failed=0
# Runs a function in a subshell; its output is shown when it fails.
check() { # FUNCTION: its name is the sentence, with _ for blanks; where it holds stands in $where
  local status start=$EPOCHREALTIME
  set +e
  (
    set -e
    "$@"
  ) >"$work/check.log" 2>&1
  status=$?
  set -e
  local took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
  if ((status == 0)); then
    printf 'ok      %s: %s (%d ms)\n' "$where" "${*//_/ }" "$took"
    passed=$((passed + 1))
  else
    printf 'FAILED  %s: %s\n' "$where" "${*//_/ }"
    sed 's/^/        /' "$work/check.log" | tail -n 40
    context 2>/dev/null | sed 's/^/        | /' || true # there may be nothing to see
    failed=$((failed + 1))
  fi
}

expect() { # WHAT EXPECTED ACTUAL
  [[ $2 == "$3" ]] || {
    printf '%s is\n  %s\nand not\n  %s\n' "$1" "$3" "$2"
    return 1
  }
}
fails_with() { # EXIT COMMAND...
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  expect "the exit status of $*" "$wanted" "$status"
}

# Looks ten times a second, for 60 s at most.
wait_for() { # WHAT COMMAND...
  local what=$1 left=600
  shift
  until "$@" >/dev/null 2>&1; do
    ((left-- > 0)) || die "waited in vain for $what ($*)"
    sleep 0.1
  done
}

# $work/NAME.pem and .key: a private authority.
make_authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 authority" \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
# $work/collector.pem and .key, by that authority.
certify_collector() { # AUTHORITY HOST
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
    -keyout "$work/collector.key" -out "$work/collector.csr" 2>/dev/null
  openssl x509 -req -in "$work/collector.csr" -CA "$work/$1.pem" -CAkey "$work/$1.key" -days 2 -CAcreateserial \
    -extfile <(echo "subjectAltName=DNS:$2") -out "$work/collector.pem" 2>/dev/null
}
