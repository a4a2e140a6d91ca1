# Sourced by ./mobula, ./test and .ci/run: what they need from the machine, and the build. Bash.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# One warm compiler for all projects, instead of a cold one for each: half the time of a build.
export UseSharedCompilation=true
published=$repository/artifacts/mobula
images=$repository/artifacts/images

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf 'mobula: %s\n' "$@" >&2
    exit 2
}

# Runs a command that may take long: quiet when it works, its output shown when it does not. On a terminal the seconds
# count up, so that nobody wonders.
#   step TITLE COMMAND...
step() {
    local title=$1 log began pid status
    shift
    log=$(mktemp)
    began=$SECONDS
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill $pid 2>/dev/null; rm -f "$log"; exit 130' INT TERM
    if [ -t 2 ]; then
        while kill -0 $pid 2>/dev/null; do
            [ $((SECONDS - began)) -ge 1 ] && printf '\r   %s … %ds' "$title" $((SECONDS - began)) >&2
            sleep 0.2
        done
        printf '\r\033[K' >&2
    fi
    wait $pid
    status=$?
    trap - INT TERM
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
    step "package lists" apt-get update -qq || fail "apt-get update failed: is a mirror of the distribution reachable?"
    step "packages" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing_packages[@]}" ||
        fail "apt-get could not install ${missing_packages[*]}: see above"
    missing_packages=() missing_reasons=()
}

need_build_tools() {
    command -v dotnet >/dev/null 2>&1 || fail "the .NET 10 SDK is not on the PATH: https://dotnet.microsoft.com/download/dotnet/10.0"
    need gcc gcc "links the native program (NativeAOT)"
    need /usr/include/stdlib.h libc6-dev "links the native program (NativeAOT)"
    need /usr/include/zlib.h zlib1g-dev "links the native program (NativeAOT)"
}

need_container_tools() {
    need containerd containerd "runs the pods' containers"
    need runc runc "runs the pods' containers"
    need /usr/lib/cni/bridge containernetworking-plugins "connects pods"
    need iptables iptables "routes Services to pods"
    need ip iproute2 "connects pods"
    need mmdebstrap mmdebstrap "builds the images from the distribution's packages"
    need /usr/bin/busybox busybox-static "is the base of the small images"
}

need_kubectl() {
    command -v kubectl >/dev/null 2>&1 && return 0
    # Debian calls it kubernetes-client from 13 on; older releases have no kubectl of their own.
    need kubectl kubernetes-client "kubectl, with which the tutorial speaks to the cluster"
}

# Publishes the native program when a source is newer than it.
build_mobula() {
    if [ -x "$published/mobula" ] &&
        [ -z "$(find "$repository/src" "$repository/deploy" "$repository/samples" "$repository"/*.props "$repository/global.json" \
            -newer "$published/.built" -type f -print -quit 2>/dev/null || echo stale)" ]; then
        return 0
    fi
    need_build_tools
    install_needs
    local began
    began=$(mktemp)
    step "building mobula (NativeAOT; the first time takes a minute or two)" \
        dotnet publish "$repository/src/Mobula.Cli" -c Release -o "$published" -v q -nologo ||
        fail "the build failed: see above"
    mv "$began" "$published/.built"
}

# Builds the container images of the walk that are missing or older than what they are made of.
build_images() {
    local name
    for name in "$@"; do
        "$repository/deploy/images/build" "$name" || fail "the image $name could not be built: see above"
    done
}
