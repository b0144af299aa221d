# Shared by the scripts of this folder; to be sourced.

# npm does not read the system's certificates by itself, and a proxy's may be among them.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r /etc/ssl/certs/ca-certificates.crt ]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi

say() { printf '%s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Installs the Debian packages named, those that are missing.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get here to install them: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "run this as root, or install these packages first: ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# report_skips BUILD_FOLDER: what its last ctest left out and why, one line a reason, and a line with the sum. doctest cases print
# "SKIPPED: REASON", pytest "SKIPPED [TIMES] PLACE: REASON".
report_skips() {
    local log=$1/Testing/Temporary/LastTest.log
    [ -r "$log" ] || die "$log is missing, so nothing is known of skipped tests"
    awk '
        /^Command: / { next }
        /^SKIPPED \[[0-9]+\] / { times = substr($2, 2) + 0; sub(/^SKIPPED \[[0-9]+\] [^ ]+ /, ""); sub(/^SKIPPED: /, "") }
        !times && /SKIPPED: / { times = 1; sub(/^.*SKIPPED: /, "") }
        times { sum += times; reasons[$0] += times; times = 0 }
        END {
            for (reason in reasons) printf "Skipped, %d times: %s\n", reasons[reason], reason | "sort"
            close("sort")
            printf "== Skipped in all: %d\n", sum
        }
    ' "$log"
}

# What lambox itself is built from.
build_packages=(g++ cmake ninja-build libboost1.81-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev libarchive-dev
    libyaml-cpp-dev nettle-dev libsqlite3-dev)

# The archives that a static lambox needs besides.
static_packages=(zlib1g-dev libbz2-dev liblzma-dev libzstd-dev)
