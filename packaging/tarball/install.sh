#!/bin/sh
# Installs rexray on a system without packages of ours, or takes it away. Needs a POSIX shell and busybox's tools.
#
#   ./install.sh                 programs in /opt/rexray, links in the first of /usr/bin and /opt/bin that can be written
#   ./install.sh --bin DIR       links in DIR
#   ./install.sh --remove        takes away what an installation put there; volumes and configuration stay
#   DESTDIR=/mnt ./install.sh    below another root
set -eu

HOME_DIRECTORY=/opt/rexray
ROOT=${DESTDIR:-}
UNITS=/etc/systemd/system
HERE=$(cd "$(dirname "$0")" && pwd)

die() { echo "install.sh: $*" >&2; exit 1; }

can_write() { # DIRECTORY: exists or can be made, and takes a file
  mkdir -p "$1" 2>/dev/null && : 2>/dev/null >"$1/.rexray-$$" && rm -f "$1/.rexray-$$"
}

# A running service manager of the installed system, not of the one that a DESTDIR was prepared on.
has_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }

remove() {
  target=$ROOT$HOME_DIRECTORY
  [ -e "$target/installed" ] || die "nothing is installed in $target"
  if has_systemd; then
    systemctl disable --now rexray.service >/dev/null 2>&1 || true
  elif [ -z "$ROOT" ] && "$HOME_DIRECTORY/bin/rexray" status -f json >/dev/null 2>&1; then
    "$HOME_DIRECTORY/bin/rexray" stop
  fi
  while read -r path; do
    rm -f "$ROOT$path"
  done <"$target/installed"
  rm -rf "$target"
  if has_systemd; then systemctl daemon-reload; fi
  echo "rexray is gone; /etc/rexray and /var/lib/rexray are left as they are"
}

place() { # the programs, beside the old ones and then in their place: a daemon that runs keeps its files
  target=$ROOT$HOME_DIRECTORY
  can_write "$(dirname "$target")" || die "$(dirname "$target") cannot be written; run this as root"
  rm -rf "$target.new"
  mkdir -p "$target.new"
  cp -R "$HERE/bin" "$HERE/lib" "$HERE/share" "$target.new/"
  if [ -e "$target/installed" ]; then cp "$target/installed" "$target.new/installed"; fi
  rm -rf "$target.old"
  if [ -e "$target" ]; then mv "$target" "$target.old"; fi
  mv "$target.new" "$target"
  rm -rf "$target.old"
}

note() { # PATH: for --remove
  grep -qxF "$1" "$ROOT$HOME_DIRECTORY/installed" 2>/dev/null || echo "$1" >>"$ROOT$HOME_DIRECTORY/installed"
}

link() { # PROGRAM
  path=$BIN/$1
  if [ -e "$ROOT$path" ] && [ ! -L "$ROOT$path" ]; then
    echo "install.sh: $ROOT$path is there and is not ours; it is left as it is, and $HOME_DIRECTORY/bin/$1 is the new one" >&2
    return
  fi
  ln -sf "$HOME_DIRECTORY/bin/$1" "$ROOT$path"
  note "$path"
}

BIN=
case "${1:-}" in
  --remove) remove; exit 0 ;;
  --bin) BIN=${2:?"--bin needs a directory"} ;;
  "") ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 2 ;;
esac

if [ -z "$BIN" ]; then
  for directory in /usr/bin /opt/bin; do
    if can_write "$ROOT$directory"; then BIN=$directory; break; fi
  done
  [ -n "$BIN" ] || die "neither $ROOT/usr/bin nor $ROOT/opt/bin can be written; run this as root, or give --bin DIR"
fi
can_write "$ROOT$BIN" || die "$ROOT$BIN cannot be written"

place
: >>"$ROOT$HOME_DIRECTORY/installed"
for program in rexray rexrayd dvdcli; do link "$program"; done
if [ -d "$ROOT/run/systemd/system" ] || [ -d "$ROOT/etc/systemd" ]; then
  if can_write "$ROOT$UNITS"; then
    cp "$HERE/share/rexray.service" "$ROOT$UNITS/rexray.service"
    note "$UNITS/rexray.service"
    if has_systemd; then
      systemctl daemon-reload
      systemctl enable rexray.service >/dev/null 2>&1 || true
      systemctl restart rexray.service
    fi
  fi
fi
echo "rexray is in $HOME_DIRECTORY, linked from $BIN"
if ! has_systemd; then echo "start it with: $BIN/rexray start"; fi
