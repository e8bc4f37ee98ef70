# ./run test fresh: a bare Debian 12, a fresh clone of HEAD, and then exactly what the README says. Needs root.
#
# How this machine reaches packages (apt's sources and settings, npm's and pip's settings, proxies, certificates) goes into
# the bare system while this runs and is gone with it; nothing of it is written into the checkout.
# The bare system is kept for a day in the cache as an archive, without those settings.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "$2"; exit "$1"; }

# The bare system: minbase and what the README asks for beforehand.
bare_system() {
  archive="$cache/bookworm-minbase-$(date -u +%F).tar"
  if [ ! -f "$archive" ]; then
    mkdir -p "$cache"
    rm -f "$cache"/bookworm-minbase-*.tar
    say "making a bare Debian 12"
    set --
    for settings in $(grep -lE '^[[:space:]]*Acquire::' /etc/apt/apt.conf.d/* /etc/apt/apt.conf 2>/dev/null); do
      set -- "$@" --aptopt="$settings"
    done
    # Settings of this machine are put in later, for as long as this runs, so they stay out of the archive.
    mmdebstrap --quiet --format=tar --variant=minbase --include=git,ca-certificates "$@" \
      --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*' \
      bookworm "$archive.part" $(debian_sources) || fail 3 "mmdebstrap could not make a bare Debian 12; is the network away?"
    mv "$archive.part" "$archive"
  fi
  mkdir "$root"
  tar -xf "$archive" -C "$root"
}

# This machine's descriptions of Debian 12's own archive, not those of others.
debian_sources() {
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [ -f "$list" ] && grep -qE '^[^#]*bookworm' "$list" && grep -qE '^[^#]*[[:space:]]main([[:space:]]|$)' "$list"; then echo "$list"; fi
  done
}

# Those files whose contents are this machine's way to packages. Read-only mounts: no second copy of them comes to lie anywhere.
lend_settings() {
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  for list in $(debian_sources); do lend "$list"; done
  for settings in $(grep -lE '^[[:space:]]*Acquire::' /etc/apt/apt.conf.d/* /etc/apt/apt.conf 2>/dev/null); do lend "$settings"; done
  for settings in /etc/pip.conf /etc/npmrc; do lend "$settings"; done
  for settings in .npmrc .pip/pip.conf .config/pip/pip.conf; do lend "$HOME/$settings" "/root/$settings"; done
}

lend() { # lend FILE [PLACE]
  [ -f "$1" ] || return 0
  place="$root${2:-$1}"
  mkdir -p "${place%/*}"
  : >>"$place"
  mount --bind "$1" "$place"
  mount -o remount,bind,ro "$place"
}

# The names of the variables that say how packages are reached.
lent_variables() {
  env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\|PIP_[A-Z_]*\|npm_config_[a-z_]*\|NPM_CONFIG_[A-Z_]*\|NODE_EXTRA_CA_CERTS\|SSL_CERT_FILE\)=.*/\1/p'
}

# Runs in name spaces of its own: mounts and processes end with it.
inside() {
  mount --make-rprivate /
  mount --bind "$root" "$root"
  lend_settings
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  cp "$work/checkout.bundle" "$work/fresh_inside.sh" "$root/tmp/"
  set -- HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "PIP_ROOT_USER_ACTION=ignore"
  for name in $(lent_variables); do
    eval "set -- \"\$@\" \"$name=\${$name}\""
  done
  exec env -i "$@" chroot "$root" sh /tmp/fresh_inside.sh
}

if [ "${1:-}" = inside ]; then
  work=$2
  root="$work/root"
  inside
fi

[ "$(id -u)" = 0 ] || fail 3 "a bare system is made by root. Run: sudo ./run test fresh"
if curl -s -o /dev/null --max-time 2 http://127.0.0.1:8080/; then
  fail 3 "something answers on 127.0.0.1:8080, where the README's command is going to listen; stop it first"
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse/fresh"
work=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-fresh.XXXXXX")
root="$work/root"
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[ -z "$(git status --porcelain)" ] || say "what is not committed is left out: this is about a clone of HEAD"
git bundle create -q "$work/checkout.bundle" HEAD $(git symbolic-ref -q HEAD)
cp tools/run/fresh_inside.sh "$work/"
bare_system
started=$(date +%s)
code=0
unshare --mount --pid --fork --kill-child sh "$0" inside "$work" || code=$?
say "fresh: $(($(date +%s) - started)) s in all"
exit "$code"
