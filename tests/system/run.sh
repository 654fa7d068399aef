#!/usr/bin/env bash
# The package on booted systems: installed, used, hurt, upgraded, removed. Each check says what holds.
# Usage: run.sh PACKAGE-FOLDER [SUITE...]. Without the rights it needs it says so and ends with 0,
# with CI set with 1.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
packages=$(readlink -f "$1")
programs=$packages/bin # used by machine.sh
shift
suites=("${@:-bookworm}")
(($#)) || suites=(bookworm trixie noble)

say() { printf '== %s\n' "$*"; }
die() {
  printf 'system: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=tests/support/checks.sh
source "$here/../support/checks.sh"
# shellcheck source=tests/system/machine.sh
source "$here/machine.sh"
# shellcheck source=tests/system/checks.sh
source "$here/checks.sh"
# shellcheck source=tests/system/hurt.sh
source "$here/hurt.sh"

unable() {
  if [[ ${CI-} ]]; then die "cannot run here: $*"; fi
  printf 'NOT RUN: the checks on booted systems: %s\n' "$*"
  exit 0
}
((EUID == 0)) || unable "they need root"
for program in systemd-nspawn mmdebstrap ip openssl setsid nsenter; do
  command -v "$program" >/dev/null || unable "there is no $program"
done
unshare --mount --pid --fork true 2>/dev/null || unable "no namespaces can be made"

# Called when a check failed.
context() { on_machine journalctl -u reporterd -n 20 --no-pager; }

trap tear_down EXIT
make_authority ca
certify_collector ca telemetry.test
make_network
make_other_packages
for suite in "${suites[@]}"; do
  make_base "$suite" && result=0 || result=$?
  case $result in
    0) ;;
    2)
      if [[ $suite != noble ]]; then die "apt reaches no mirror of $suite"; fi
      printf 'NOT RUN: %s: apt reaches no mirror of it\n' "$suite"
      continue
      ;;
    *)
      tail -n 20 "$work/$suite.log"
      die "cannot make the root filesystem of $suite"
      ;;
  esac
  where=$suite # for check
  every_system
  if [[ $suite == "${suites[0]}" ]]; then one_system; fi
  rm -rf "$work/$suite.base"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
