#!/usr/bin/env bash
# Every named mutant still fits the code: patches_apply.sh ROOT
set -euo pipefail
cd "$1"
for file in tests/mutation/named/*.patch; do
  patch -p1 --dry-run --quiet --forward -i "$file" || {
    printf '%s does not apply any more: make it anew\n' "$file"
    exit 1
  }
done
