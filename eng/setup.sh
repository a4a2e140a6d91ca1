# Sourced by ./mobula, ./test and .ci/run: what they need from the machine, and the build. Bash.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Nothing here speaks a language of the machine, so that .NET needs no ICU library.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# One warm compiler for all projects, instead of a cold one for each: half the time of a build.
export UseSharedCompilation=true
# A root shell got by plain `su` lacks the folders of the system's tools.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
published=$repository/artifacts/mobula
images=$repository/artifacts/images

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf 'mobula: %s\n' "$@" >&2
    exit 2
}

# need_space FOLDER MEGABYTES WHAT: says so before a build fails for want of room in the middle.
need_space() {
    local free
    free=$(df --output=avail -m "$1" 2>/dev/null | tail -n 1) || return 0
    [ "${free:-$2}" -ge "$2" ] || fail "$3 takes about $2 MB in $1, and ${free// /} MB are free there: make room${4:+, or $4}"
}

# The build's files are written by one at a time; a second one waits, and then finds all done.
lock_builds() {
    mkdir -p "$repository/artifacts" 2>/dev/null && [ -w "$repository/artifacts" ] ||
        fail "$repository/artifacts cannot be written: run this once as its owner, which builds, or in a checkout of your own"
    exec 9>"$repository/artifacts/.building"
    flock -n 9 && return 0
    say "waiting for another ./mobula or ./test that is building here"
    flock 9
}

# Programs that live on (compilers, clusters) must not hold the lock.
unlock_builds() { exec 9>&-; }

# Runs a command that may take long: quiet when it works, its output shown when it does not. On a terminal the seconds
# count up, so that nobody wonders. When interrupted, the command and all that it started end too.
#   step TITLE COMMAND...
step() {
    local title=$1 log began pid status
    shift
    mkdir -p "$repository/artifacts"
    log=$(mktemp "$repository/artifacts/step.XXXXXX") || fail "no file can be made in $repository/artifacts: see above"
    began=$SECONDS
    # A process group of its own.
    set -m
    "$@" >"$log" 2>&1 </dev/null 9>&- &
    pid=$!
    set +m
    trap 'trap - INT TERM HUP; say; say " ✗ $title: interrupted"; kill -- -$pid 2>/dev/null; wait $pid 2>/dev/null; rm -f "$log"; exit 130' INT TERM HUP
    if [ -t 2 ]; then
        while kill -0 $pid 2>/dev/null; do
            [ $((SECONDS - began)) -ge 1 ] && printf '\r   %s … %ds' "$title" $((SECONDS - began)) >&2
            sleep 0.2
        done
        printf '\r\033[K' >&2
    fi
    wait $pid 2>/dev/null
    status=$?
    trap - INT TERM HUP
    if [ $status -ne 0 ]; then
        say " ✗ $title (exit code $status). It said:"
        tail -n 40 "$log" | sed 's/^/   /' >&2
        rm -f "$log"
        return $status
    fi
    say " ✓ $title ($((SECONDS - began)) s)"
    rm -f "$log"
}

# need COMMAND-OR-FILE PACKAGE WHY: remembers a package of the distribution that is missing.
missing_packages=()
missing_reasons=()
need() {
    case $1 in
        /*) [ -e "$1" ] && return 0 ;;
        *) command -v "$1" >/dev/null 2>&1 && return 0 ;;
    esac
    case " ${missing_packages[*]} " in *" $2 "*) return 0 ;; esac
    missing_packages+=("$2")
    missing_reasons+=("$2: $3")
}

# Installs what `need` found missing, saying what and why; or says precisely what to install, where it cannot.
install_needs() {
    [ ${#missing_packages[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        say "mobula: some packages are missing, and installing them takes root and apt-get:"
        printf '   %s\n' "${missing_reasons[@]}" >&2
        fail "install them (Debian: apt-get install ${missing_packages[*]}) and run this again"
    fi
    say "Installing from the distribution:"
    printf '   %s\n' "${missing_reasons[@]}" >&2
    # An installation that was interrupted once is finished first: apt-get refuses to work before.
    [ -z "$(dpkg --audit 2>/dev/null)" ] || step "finishing an interrupted installation" dpkg --configure -a || fail "dpkg --configure -a failed: see above"
    step "package lists" apt-get update -qq || fail "apt-get update failed: is a mirror of the distribution reachable?"
    step "packages" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing_packages[@]}" ||
        fail "apt-get could not install ${missing_packages[*]}: see above"
    missing_packages=() missing_reasons=()
}

need_build_tools() {
    command -v dotnet >/dev/null 2>&1 || fail "the .NET 10 SDK is not on the PATH: https://dotnet.microsoft.com/download/dotnet/10.0"
    dotnet --list-sdks 2>/dev/null | grep '^10\.' >/dev/null ||
        fail "the dotnet on the PATH ($(command -v dotnet)) has no SDK of .NET 10: https://dotnet.microsoft.com/download/dotnet/10.0"
    need gcc gcc "links the native program (NativeAOT)"
    need /usr/include/stdlib.h libc6-dev "links the native program (NativeAOT)"
    need /usr/include/zlib.h zlib1g-dev "links the native program (NativeAOT)"
    need /etc/ssl/certs/ca-certificates.crt ca-certificates "lets the build and the operator trust HTTPS servers"
}

need_container_tools() {
    need containerd containerd "runs the pods' containers"
    need runc runc "runs the pods' containers"
    need /usr/lib/cni/bridge containernetworking-plugins "connects pods"
    need iptables iptables "routes Services to pods"
    need ip iproute2 "connects pods"
}

# need_image_tools NAME...: what building these images takes.
need_image_tools() {
    local name
    for name in "$@"; do
        case $name in
            pause) need gcc gcc "compiles the pods' pause program" ;;
            busybox) need busybox busybox-static "is the base of the image busybox" ;;
            ray)
                need mmdebstrap mmdebstrap "builds the Ray image from the distribution's packages"
                need python3 python3 "packs the Ray image's Python modules"
                ;;
        esac
    done
}

# Debian 12 has 1.20, whose oldest habits (OpenAPI v2, SPDY) the cluster knows.
need_kubectl() { need kubectl kubernetes-client "kubectl, with which the tutorial speaks to the cluster"; }

# Publishes the native program when a source is newer than it. The builds must be locked.
build_mobula() {
    if mobula_is_built; then return 0; fi
    need_build_tools
    install_needs
    need_space "$repository/artifacts" 600 "the build"
    need_space "${TMPDIR:-/tmp}" 100 "the build" "set TMPDIR to a folder with room"
    local began=$published/.began
    mkdir -p "$published"
    touch "$began"
    step "building mobula (NativeAOT; the first time takes a minute or two)" \
        dotnet publish "$repository/src/Mobula.Cli" -c Release -o "$published" -v q -nologo ||
        fail "the build failed: see above"
    mv "$began" "$published/.built"
}

mobula_is_built() {
    [ -x "$published/mobula" ] && [ -e "$published/.built" ] &&
        [ -z "$(find "$repository/src" "$repository/deploy" "$repository/samples" "$repository"/*.props "$repository/global.json" \
            -newer "$published/.built" -type f -print -quit 2>/dev/null)" ]
}

# Builds the container images of the walk that are missing or older than what they are made of. The builds must be locked.
build_images() {
    local name
    for name in "$@"; do
        "$repository/deploy/images/build" "$name" 9>&- || fail "the image $name could not be built: see above"
    done
}
