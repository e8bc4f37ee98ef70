# Debian packages: what is needed, what is missing, how to get it. Sourced by ./run.

# What building and serving need. Only what is used now: a package goes in with the code that uses it.
build_packages="g++ clang-19 llvm-19 libclang-rt-19-dev lld-19 cmake ninja-build ccache pkg-config git ca-certificates
  libboost1.81-dev libssl-dev libsimdjson-dev libsodium-dev libtomlplusplus-dev libcli11-dev zlib1g-dev
  libicu-dev libseccomp-dev libsqlite3-dev python3 python3-pip unzip curl"
test_packages="libgtest-dev libgmock-dev clang-tidy-19 clang-format-19 python3-venv gcovr
  chromium-headless-shell"
bench_packages="wrk nginx-light redis-server util-linux"
fresh_packages="mmdebstrap"

# npm fetches the engine libraries. One npm is enough: the one on the PATH, else Debian's.
node_packages() {
  command -v npm >/dev/null 2>&1 || echo "nodejs npm"
}

missing_packages() {
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ')
  for package in "$@"; do
    case " $installed " in *" $package "*) ;; *) printf '%s ' "$package" ;; esac
  done
}

# need_packages NAME...: returns when all are there; exits 3, naming the line to run, when they cannot be had.
need_packages() {
  command -v dpkg-query >/dev/null 2>&1 || fail 3 "this is not a Debian system; Gatehouse is built on Debian 12. Needed: $*"
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  else
    say "some packages are missing, and installing them needs root. Run this once, then the same command again:"
    fail 3 "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${missing% }'"
  fi
  say "installing: ${missing% }"
  log=$(mktemp)
  if $as_root apt-get -q update >"$log" 2>&1 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail 3 "apt-get could not install these: ${missing% } (is the network away?)"
  fi
}
