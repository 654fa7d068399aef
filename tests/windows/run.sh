#!/usr/bin/env bash
# The Windows programs under wine: installed, used, hurt, upgraded, removed. Each check says what holds.
# wine is no Windows: docs/windows.md says what that leaves open.
# Usage: run.sh PACKAGES COLLECTOR: the folder with the MSIs (this version's and one of a later
# version), and the reporter-collector.exe at the other end of the wire, which runs in a Windows of its
# own, that of WINEPREFIX.
# shellcheck disable=SC2034,SC2154 # variables are set and used in the other files
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
packages=$(readlink -f "$1")          # used by checks.sh
collector_program=$(readlink -f "$2") # used by machine.sh
collectors_windows=$WINEPREFIX        # used by machine.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/reporterd-windows.XXXXXX")

die() {
  printf 'windows: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=tests/support/checks.sh
source "$here/../support/checks.sh"
# shellcheck source=tests/windows/machine.sh
source "$here/machine.sh"
# shellcheck source=tests/windows/checks.sh
source "$here/checks.sh"

where=wine # for check
# Called when a check failed.
context() { tail -n 8 "$(unix "$data/log/reporterd.log")"; }

export WINEPREFIX=$work/wine # before anything may fail: tear_down ends what runs there
trap tear_down EXIT
make_authority known
make_authority other
certify_collector known localhost
start_windows
every_check
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
