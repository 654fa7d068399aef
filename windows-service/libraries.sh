#!/usr/bin/env bash
# Builds the libraries of the Windows programs, static, from Debian's source packages: the same
# versions, with the same patches, as those of the Linux build, which must be installed.
# Usage: libraries.sh FOLDER. Does nothing when FOLDER holds what would be made; what was made once is
# kept for every clone of the project.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
mkdir -p "$1"
prefix=$(readlink -f "$1")
work=$prefix.build
toolchain=$here/../cmake/windows.cmake
host=x86_64-w64-mingw32
packages=(libuv1-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev libyaml-cpp-dev libfmt-dev
  libsimdjson-dev libcpp-httplib-dev libgtest-dev)
tools=(g++-mingw-w64-x86-64-posix libz-mingw-w64-dev mingw-w64-common)
# Headers alone, the same on every system: they are taken as they are installed.
headers=(libspdlog-dev libcli11-dev nlohmann-json3-dev libvalijson-dev)

die() {
  printf 'windows libraries: %s\n' "$*" >&2
  exit 1
}

# apt with lists of its own: the sources of the distribution that this machine has packages of.
apt_sources() {
  local lists=$work/apt file
  mkdir -p "$lists/parts" "$lists/lists/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    if grep -qs 'debian-archive-keyring' "$file"; then
      sed 's/^Types:.*/Types: deb-src/' "$file" >"$lists/parts/$(basename "$file")"
    fi
  done
  # Newer systems have no such file.
  sed -n 's,^deb \(.*/debian.*\),deb-src \1,p' /etc/apt/sources.list 2>/dev/null \
    >"$lists/parts/sources.list" || true
  apt_get=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$lists/parts"
    -o "Dir::State::lists=$lists/lists" -o APT::Sandbox::User=root)
  "${apt_get[@]}" update
}

fetch() { # SOURCE VERSION: that one, or where a mirror lacks it an older one of the release
  local release
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  "${apt_get[@]}" source "$1=$2" >>"$work/fetch.log" 2>&1 && return
  "${apt_get[@]}" source "$1/$release" >>"$work/fetch.log" 2>&1 ||
    die "apt reaches no source of $1: $(tail -n 1 "$work/fetch.log")"
  printf 'NOT THE VERSION OF THE LINUX BUILD: %s for %s %s\n' "$(echo "$1"-*/)" "$1" "$2" >>"$prefix/other-versions"
}

with_cmake() { # SOURCE TARGET [OPTION...]
  local source=$1 target=$2 build
  shift 2
  build=$work/build/$(basename "$source")
  cmake -G Ninja -S "$source" -B "$build" -DCMAKE_TOOLCHAIN_FILE="$toolchain" \
    -DREPORTERD_LIBRARIES="$prefix" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@"
  cmake --build "$build" -j 2 --target "$target"
}

make_zlib() {
  cp "/usr/$host/lib/libz.a" "$prefix/lib/"
  cp "/usr/$host/include/zlib.h" "/usr/$host/include/zconf.h" "$prefix/include/"
}
make_libuv() {
  with_cmake "$work"/src/libuv1-*/ uv_a -DLIBUV_BUILD_TESTS=OFF
  cp "$work"/build/libuv1-*/libuv_a.a "$prefix/lib/"
  cp -r "$work"/src/libuv1-*/include/. "$prefix/include/"
  local version
  version=$(basename "$work"/src/libuv1-*/)
  cat >"$prefix/lib/pkgconfig/libuv.pc" <<END
Name: libuv
Description: event loop
Version: ${version#libuv1-}
Libs: -L\${pcfiledir}/.. -luv_a -lpsapi -luser32 -ladvapi32 -liphlpapi -luserenv -lws2_32 -ldbghelp -lole32 -luuid -lshell32
Cflags: -I\${pcfiledir}/../../include
END
}
make_sqlite() {
  mkdir -p "$work/build/sqlite"
  cd "$work/build/sqlite"
  local configure=("$work"/src/sqlite3-*/configure)
  "${configure[@]}" --disable-tcl --disable-readline
  make sqlite3.c sqlite3.h
  "$host-gcc-posix" -O2 -c sqlite3.c -o sqlite3.o -DSQLITE_THREADSAFE=1 \
    -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_DBSTAT_VTAB
  "$host-ar" rcs "$prefix/lib/libsqlite3.a" sqlite3.o
  cp sqlite3.h "$prefix/include/"
}
# The folder that OpenSSL would take its configuration and modules from stands in the programs: it is
# one that only administrators can make. Without a drive, any user of the machine could. Small: what is
# slow in it is assembler anyway.
make_openssl() {
  local folder=C:/Windows/reporterd
  mkdir -p "$work/build/openssl"
  cd "$work/build/openssl"
  perl "$work"/src/openssl-3.*/Configure mingw64 --libdir=lib \
    --prefix=/reporterd no-autoload-config \
    CC="$host-gcc-posix" CFLAGS=-Os AR="$host-ar" RANLIB="$host-ranlib" RC="$host-windres" \
    no-shared no-tests no-legacy no-engine no-dso no-comp no-ssl3 no-weak-ssl-ciphers no-srp \
    no-gost no-idea no-rc2 no-rc4 no-seed no-camellia no-aria no-bf no-cast no-mdc2 no-whirlpool \
    no-rmd160 no-sm2 no-sm3 no-sm4 no-dtls no-ts no-cms no-cmp no-ct no-srtp no-psk no-ec2m \
    no-ocb no-siv no-scrypt no-blake2 no-async no-ui-console no-capieng
  local folders=("OPENSSLDIR=$folder" "ENGINESDIR=$folder" "MODULESDIR=$folder")
  make -j 2 "${folders[@]}" build_generated
  make -j 2 "${folders[@]}" libcrypto.a libssl.a
  cp libcrypto.a libssl.a "$prefix/lib/"
  cp -r "$work"/src/openssl-3.*/include/openssl include/openssl "$prefix/include/"
}
make_curl() { # its makefile for mingw: no checks, half of the time of its CMake
  cp -r "$work"/src/curl-7.*/ "$work/build/curl"
  cd "$work/build/curl/lib"
  mkdir -p "$host"
  CFLAGS=-Os CPPFLAGS="-DHTTP_ONLY -DCURL_STATICLIB -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG" make -f Makefile.mk libcurl.a -j 2 \
    CC="$host-gcc-posix" AR="$host-ar" TRIPLET="$host" CFG=-ssl-zlib-ipv6 \
    OPENSSL_PATH="$prefix" ZLIB_PATH="$prefix"
  cp libcurl.a "$prefix/lib/"
  cp -r ../include/curl "$prefix/include/"
}
make_yaml() {
  with_cmake "$work"/src/yaml-cpp-*/ install -DYAML_CPP_BUILD_TESTS=OFF -DYAML_CPP_BUILD_TOOLS=OFF \
    -DYAML_CPP_BUILD_CONTRIB=OFF
}
make_fmt() { with_cmake "$work"/src/fmtlib-*/ install -DFMT_TEST=OFF -DFMT_DOC=OFF; }
make_simdjson() { with_cmake "$work"/src/simdjson-*/ install -DSIMDJSON_DEVELOPER_MODE=OFF; }
make_httplib() { # one header, of which the Linux build's library is made, too
  cp "$work"/src/cpp-httplib-*/httplib.h "$prefix/include/"
  cat >"$prefix/lib/pkgconfig/cpp-httplib.pc" <<END
Name: cpp-httplib
Description: HTTP server and client
Version: $(sed -n 's/^#define CPPHTTPLIB_VERSION "\(.*\)"$/\1/p' "$prefix/include/httplib.h")
Libs: -lws2_32 -lcrypt32
Cflags: -I\${pcfiledir}/../../include -DCPPHTTPLIB_OPENSSL_SUPPORT
END
}
# Of spdlog without what names the library that is beside its headers, and in a folder as deep as it was.
make_headers() {
  local spdlog=$prefix/spdlog/lib/cmake/spdlog
  mkdir -p "$spdlog" "$prefix/share/cmake"
  cp -r /usr/include/{spdlog,CLI,nlohmann,valijson} "$prefix/include/"
  cp -r /usr/share/cmake/{CLI11,nlohmann_json,valijson} "$prefix/share/cmake/"
  cp /usr/lib/*/cmake/spdlog/spdlogConfig{,Targets,Version}.cmake "$spdlog/"
}
make_gtest() { with_cmake "$work"/src/googletest-*/ install -DBUILD_GMOCK=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O1; }

# Whose code the programs carry, and on what terms: the packages pass it on.
keep_notices() {
  mkdir -p "$prefix/notices"
  local source
  for source in "$work"/src/*/; do
    cp "$source/debian/copyright" "$prefix/notices/$(basename "$source").txt"
  done
  rm "$prefix"/notices/googletest-*.txt # not in them
  local package
  for package in "${headers[@]}"; do
    cp "/usr/share/doc/$package/copyright" "$prefix/notices/$package.txt"
  done
  cp /usr/share/doc/libz-mingw-w64-dev/copyright "$prefix/notices/zlib.txt"
  cp /usr/share/doc/mingw-w64-common/copyright "$prefix/notices/mingw-w64.txt"
}

# Whole or not at all, whoever else does the same.
copy() { # FROM TO
  local new
  [[ -e $1/stamp ]] && new=$(mktemp -d "$2.XXXXXX") && cp -r "$1/." "$new" && rm -rf "$2" && mv -T "$new" "$2"
}

step() { # NAME
  local start=$SECONDS
  # In a process of its own: `set -e` would not count in a function of a condition.
  if ! (make_"$1") >"$work/$1.log" 2>&1; then
    tail -n 30 "$work/$1.log" >&2
    die "$1 cannot be built, see $work/$1.log"
  fi
  printf '%-9s %4d s\n' "$1" $((SECONDS - start))
}
lane() {
  local name
  for name in "$@"; do step "$name"; done
}

# shellcheck disable=SC2016 # dpkg-query expands them
sources=$(dpkg-query -W -f '${source:Package} ${source:Version}\n' "${packages[@]}")
stamp=$( (echo "$sources" && dpkg-query -W "${headers[@]}" "${tools[@]}" && cat "$here/libraries.sh" "$toolchain") |
  sha256sum | cut -d ' ' -f 1)
kept=${XDG_CACHE_HOME:-${HOME:-$prefix.cache}/.cache}/reporterd-windows-libraries/$stamp
if [[ -e $prefix/stamp && $(<"$prefix/stamp") == "$stamp" ]] || copy "$kept" "$prefix"; then
  cat "$prefix/other-versions"
  exit 0
fi

rm -rf "$work" "$prefix"
mkdir -p "$work/src" "$work/build" "$prefix/lib/pkgconfig" "$prefix/include"
: >"$prefix/other-versions"
apt_sources
cd "$work/src"
longest='^(openssl|curl) '
make_zlib
while read -r name version; do fetch "$name" "$version"; done < <(grep -E "$longest" <<<"$sources")
lane openssl curl &
other=$!
while read -r name version; do fetch "$name" "$version"; done < <(grep -vE "$longest" <<<"$sources")
keep_notices
lane headers libuv sqlite fmt yaml simdjson httplib gtest
wait "$other"
rm -rf "$work"
echo "$stamp" >"$prefix/stamp"
cat "$prefix/other-versions"
mkdir -p "$(dirname "$kept")"
find "$(dirname "$kept")" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
copy "$prefix" "$kept" || true # another clone was quicker, or has no room for it
