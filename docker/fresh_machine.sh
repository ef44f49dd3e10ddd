#!/usr/bin/env bash
# The trial of a fresh machine: a bare Debian 12 with python3, git and make in a chroot, a clone of
# this checkout in it, and then what a newcomer types. What a refusal says to install is installed,
# nothing else. For root, on Debian or Ubuntu with mmdebstrap (sudo apt-get install mmdebstrap).
#
#   sudo docker/fresh_machine.sh [COMMAND]        default: make demo
#
# SUITE=bookworm   the Debian release
# KEEP=DIR         where to build the machine; kept afterwards. Default: a temporary directory
# The last commit is tried, not what is uncommitted. The machine uses this one's network, package
# sources (apt) and pip's settings, whatever they are; directories that those name are mounted
# read-only. Ends with the command's exit status.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "A chroot is made by root: run it with sudo." >&2; exit 2; }
command -v mmdebstrap >/dev/null || { echo "Install mmdebstrap first." >&2; exit 2; }

checkout=$(cd "$(dirname "$0")/.." && pwd)
command=${1:-make demo}
suite=${SUITE:-bookworm}
machine=${KEEP:-$(mktemp -d /var/tmp/fresh_machine.XXXXXX)}
mkdir -p "$machine"
machine=$(cd "$machine" && pwd)
mounted=()

inside() { # [NAME=VALUE ...] COMMAND ...: with nothing of this shell's environment
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    chroot "$machine" /usr/bin/env "${settings[@]}" "$@"
}

mount_at() { # SOURCE TARGET [OPTIONS]
  mkdir -p "$machine$2"
  mount "${@:3}" "$1" "$machine$2"
  mounted=("$machine$2" "${mounted[@]}")
}

clear_up() {
  local place
  for place in "${mounted[@]}"; do umount "$place" || umount --lazy "$place"; done
  if [ -z "${KEEP:-}" ]; then rm -rf --one-file-system "$machine"; fi
}
trap clear_up EXIT

echo "== a bare $suite in $machine"
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
  if [ -s "$file" ] && grep -q "$suite" "$file"; then sources+=("$file"); fi
done
if [ ! -e "$machine/etc/debian_version" ]; then
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,git,make,python3 \
    "$suite" "$machine" "${sources[@]}"
fi

# This machine's way to the network: names, certificates, apt's and pip's settings.
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  if [ -e "$file" ]; then install -D -m 644 "$file" "$machine$file"; fi
done
for file in /etc/apt/apt.conf.d/*; do
  if grep -qiE 'proxy|Check-(Valid|Date)|Verify' "$file"; then
    cp "$file" "$machine/etc/apt/apt.conf.d/"
  fi
done
for file in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
  if [ -e "$file" ]; then install -D -m 644 "$file" "$machine/root/.config/pip/pip.conf"; fi
done
settings=(ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST)
while IFS= read -r setting; do settings+=("$setting"); done < <(
  env | grep -E '^(PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE=|(https?|no|HTTPS?|NO)_(proxy|PROXY)=)' || true)

mount_at proc /proc -t proc
mount_at /dev /dev --bind
mount_at tmpfs /dev/shm -t tmpfs
# Directories of packages and certificates that pip's settings name.
{ pip config list 2>/dev/null || true; printf '%s\n' "${settings[@]}"; } |
  grep -oE "(file:/)?/[A-Za-z0-9._/-]+" | sed -E 's#^file:/+#/#; s#/+$##; s#/simple$##' | sort -u > "$machine/tmp/named"
while IFS= read -r place; do
  if [ -d "$place" ] && [ ! -d "$machine$place" ]; then
    mount_at "$place" "$place" -o bind,ro
  elif [ -f "$place" ] && [ ! -e "$machine$place" ]; then
    install -D -m 644 "$place" "$machine$place"
  fi
done < "$machine/tmp/named"

rm -rf "$machine/opt/kinesics"
git clone --quiet --no-hardlinks "$checkout" "$machine/opt/kinesics"

status=1
for try in 1 2 3 4 5; do
  echo "== try $try: $command"
  start=$(date +%s)
  status=0
  inside sh -c "cd /opt/kinesics && $command" > "$machine/tmp/output" 2>&1 < /dev/null || status=$?
  tail -n 40 "$machine/tmp/output"
  echo "== ended with status $status after $(($(date +%s) - start)) s"
  if [ "$status" = 0 ]; then break; fi
  wanted=$(grep -oE 'apt-get install [a-z0-9 .+-]+' "$machine/tmp/output" |
    sed 's/^apt-get install //; s/[. ]*$//' | tr ' ' '\n' | sort -u | tr '\n' ' ')
  if [ -z "${wanted// /}" ]; then break; fi
  echo "== it said to install: $wanted"
  inside apt-get update -qq
  # shellcheck disable=SC2086
  inside DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted \
    > "$machine/tmp/apt" 2>&1 || { tail -n 20 "$machine/tmp/apt"; break; }
done
exit "$status"
