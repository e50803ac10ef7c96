#!/usr/bin/env bash
# Proves the set-up on a machine that has nothing: makes a bare Debian 12 in a folder (with debootstrap), puts a clone
# of the last commit and this machine's Rust into it, and runs a command there, as root or as an ordinary user.
#
#   sudo scripts/bare-machine.sh FOLDER make test            as root
#   sudo scripts/bare-machine.sh -u FOLDER make setup        as a user without sudo
#
# The folder is kept for the next run and can simply be deleted: what is mounted in it is gone when the command ends.
set -euo pipefail

user=root
if [ "${1:-}" = -u ]; then
    user=somebody
    shift
fi
if [ $# -lt 2 ] || [ "$(id -u)" -ne 0 ]; then
    sed -n '5,6s/^# *//p' "$0" >&2
    exit 2
fi
mkdir -p "$1"
bare=$(realpath "$1")
shift
source=$(realpath "$(dirname "$0")/..")
home=/root
[ "$user" = root ] || home=/home/$user

if [ ! -e "$bare/.complete" ]; then
    debootstrap --variant=minbase --include=ca-certificates,curl,git,make bookworm "$bare"
    touch "$bare/.complete"
fi
# The network as this machine knows it: names, proxies, certificates, package indexes.
shopt -s nullglob
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt \
    /usr/local/share/ca-certificates/*.crt $(grep -ls '^Acquire' /etc/apt/apt.conf.d/*); do
    [ ! -e "$file" ] || cp -L "$file" "$bare$file"
done
settings=()
while IFS='=' read -r name value; do
    case $name in
    *_proxy | *_PROXY | PIP_* | SSL_CERT_FILE | CURL_CA_BUNDLE | GIT_SSL_CAINFO | CARGO_HTTP_* | CARGO_REGISTRIES_* | CARGO_SOURCE_*)
        settings+=("$name=$value") ;;
    esac
done < <(env)

[ "$user" = root ] || chroot "$bare" id "$user" >/dev/null 2>&1 || chroot "$bare" useradd --create-home "$user"
for file in .cargo/config.toml .config/pip/pip.conf; do
    [ ! -e "$HOME/$file" ] || install -D -m 644 "$HOME/$file" "$bare$home/$file"
done
# A clone that is there keeps what was set up and built in it, and gets the newest commit.
if [ -e "$bare$home/ferrofuse" ]; then
    git -C "$bare$home/ferrofuse" -c safe.directory='*' pull --quiet --ff-only "$source" HEAD
else
    git clone --quiet --no-hardlinks "$source" "$bare$home/ferrofuse"
fi
[ "$user" = root ] || chroot "$bare" chown -R "$user:" "$home"
mkdir -p "$bare/opt/rust"

export bare user home
sysroot=$(rustc --print sysroot)
export sysroot
# shellcheck disable=SC2016  # expanded by the inner shell, from its environment
# The mounts live in a namespace of their own, so that none is left behind and deleting the folder deletes no more.
unshare --mount --pid --fork --kill-child --propagation private bash -c '
    set -e
    mount --rbind /dev "$bare/dev"
    mount -t proc proc "$bare/proc"
    mount --bind -o ro "$sysroot" "$bare/opt/rust"
    exec chroot --userspec="$user:$user" "$bare" env --chdir="$home/ferrofuse" -i "HOME=$home" \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
' bare-machine "${settings[@]}" "$@"
