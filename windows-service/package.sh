#!/usr/bin/env bash
# Makes the MSI and the ZIP of the Windows programs.
# Usage: package.sh PROGRAMS LIBRARIES FOLDER [VERSION]: the folder of the programs, that of their
# libraries (for the notices), where the packages go, and another version than the project's.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
project=$(readlink -f "$here/..")
programs=$(readlink -f "$1")
libraries=$(readlink -f "$2")
mkdir -p "$3"
out=$(readlink -f "$3")
version=${4:-$(sed -n 's/^project(reporterd VERSION \([0-9.]*\).*/\1/p' "$project/CMakeLists.txt")}
name=reporterd-$version-x64

die() {
  printf 'windows package: %s\n' "$*" >&2
  exit 1
}

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
for program in reporterd.exe reporterctl.exe reporter-collector.exe; do
  x86_64-w64-mingw32-strip -o "$files/$program" "$programs/$program"
done
for text in windows-service/reporterd.yaml:reporterd.sample.yaml docs/reporterd.yaml:reporterd.all-keys.yaml \
  docs/windows.md:windows.md docs/privacy.md:privacy.md LICENSE:LICENSE.txt; do
  sed 's/$/\r/' "$project/${text%:*}" >"$files/${text#*:}" # Windows' own editors want it
done
# The programs are linked with these, whose licences ask for their texts.
for notice in "$libraries"/notices/*; do
  printf '==== %s ====\r\n\r\n' "$(basename "$notice")"
  sed 's/$/\r/' "$notice"
  printf '\r\n'
done >"$files/THIRD-PARTY-NOTICES.txt"
[[ -s $files/THIRD-PARTY-NOTICES.txt ]] || die "no notices in $libraries/notices"

rm -f "$out/$name.zip" "$out/$name.msi"
(cd "$files" && TZ=UTC zip -q -X "$out/$name.zip" ./*)

# wixl ends well although it left out what it does not know, and says so.
(cd "$files" && wixl -a x64 -D VERSION="$version" -o "$out/$name.msi" "$here/reporterd.wxs") \
  >"$files/wixl.log" 2>&1 || die "wixl failed: $(tail -n 3 "$files/wixl.log")"
if grep -E 'has no property|unhandled|not supported' "$files/wixl.log" >&2; then
  die "wixl left something out"
fi
ask() { msibuild "$out/$name.msi" -q "$1" || die "msibuild refused: $1"; }
# What wixl lacks. Without its version a program that is there already would be kept at an upgrade;
# the old product goes before the new one comes, and is back if that fails; the same version built anew
# replaces it, too.
# START=0 leaves the service stopped; public properties reach the part that runs with the
# installer's rights; PATH.
for program in reporterd.exe reporterctl.exe reporter-collector.exe; do
  ask "UPDATE \`File\` SET \`Version\`='$version.0', \`Language\`='1033' WHERE \`File\`='${program//-/_}'"
done
ask "UPDATE \`InstallExecuteSequence\` SET \`Sequence\`=1501 WHERE \`Action\`='RemoveExistingProducts'"
ask "UPDATE \`InstallExecuteSequence\` SET \`Condition\`='START <> \"0\"' WHERE \`Action\`='StartServices'"
upgrade_code=$(sed -n 's/.*UpgradeCode="\([0-9A-F-]*\)".*/{\1}/p' "$here/reporterd.wxs")
ask "DELETE FROM \`Upgrade\` WHERE \`ActionProperty\`='WIX_UPGRADE_DETECTED'"
ask "INSERT INTO \`Upgrade\` (\`UpgradeCode\`, \`VersionMax\`, \`Attributes\`, \`ActionProperty\`) VALUES ('$upgrade_code', '$version', 513, 'WIX_UPGRADE_DETECTED')"
ask "UPDATE \`Property\` SET \`Value\`='WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;CONFIG;PURGE;START' WHERE \`Property\`='SecureCustomProperties'"
ask "CREATE TABLE \`Environment\` (\`Environment\` CHAR(72) NOT NULL, \`Name\` CHAR(255) NOT NULL LOCALIZABLE, \`Value\` CHAR(255) LOCALIZABLE, \`Component_\` CHAR(72) NOT NULL PRIMARY KEY \`Environment\`)"
ask "INSERT INTO \`Environment\` (\`Environment\`, \`Name\`, \`Value\`, \`Component_\`) VALUES ('path', '=-*PATH', '[~];[INSTALLDIR]', 'control')"
ask "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('WriteEnvironmentStrings', 5200)"
ask "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('RemoveEnvironmentStrings', 3300)"
printf '%s\n' "$out/$name.msi" "$out/$name.zip"
