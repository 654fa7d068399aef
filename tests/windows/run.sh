#!/usr/bin/env bash
# The Windows programs under wine: installed, used, hurt, upgraded, removed. Each check says what holds.
# wine is no Windows: docs/windows.md says what that leaves open.
# Usage: run.sh PACKAGES COLLECTOR: the folder with the MSIs (this version's and one of a later
# version), and reporter-collector as this machine runs it.
# shellcheck disable=SC2034,SC2154 # variables are set and used in the other files
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
packages=$(readlink -f "$1")          # used by checks.sh
collector_program=$(readlink -f "$2") # used by machine.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/reporterd-windows.XXXXXX")

die() {
  printf 'windows: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=tests/windows/machine.sh
source "$here/machine.sh"
# shellcheck source=tests/windows/checks.sh
source "$here/checks.sh"

passed=0
failed=0
# Runs a function in a subshell; its output is shown when it fails.
check() { # FUNCTION: its name is the sentence, with _ for blanks
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
    printf 'ok      %s (%d ms)\n' "${*//_/ }" "$took"
    passed=$((passed + 1))
  else
    printf 'FAILED  %s\n' "${*//_/ }"
    sed 's/^/        /' "$work/check.log" | tail -n 40
    tail -n 8 "$(unix "$data/log/reporterd.log")" 2>/dev/null | sed 's/^/        | /' || true
    failed=$((failed + 1))
  fi
}

trap tear_down EXIT
make_certificates
start_windows
every_check
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
