#!/bin/sh
# Make .venv with every dependency of pyproject.toml. Run by make, as `scripts/setup.sh VENV`.
# What is missing on the system is named in one line, before anything is installed.
set -eu
venv=$1

# Usable: starts at all, is new enough, and can make virtual environments (Debian splits that off).
usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
python=
for candidate in python3 python3.11 python3.12 python3.13; do
    if "$candidate" -c "$usable" >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done

missing=
[ -n "$python" ] || missing=' python (3.11 or newer, with its venv module)'
for tool in g++ make perl; do
    command -v "$tool" >/dev/null 2>&1 || missing="${missing:+$missing,} $tool"
done
if [ -n "$missing" ]; then
    echo "superlane: missing on this system:$missing; please install and run make again" \
        "(Debian: apt-get install python3 python3-venv g++ make perl)" >&2
    exit 1
fi

# An environment that works is brought up to date, one whose interpreter has gone is made anew.
if ! "$venv/bin/python" -c "$usable" >/dev/null 2>&1; then
    echo "superlane: making $venv (about 800 MB, some minutes)"
    "$python" -m venv --clear "$venv"
else
    echo "superlane: bringing $venv up to date with pyproject.toml"
fi
"$venv/bin/python" -m pip install -qq --disable-pip-version-check \
    --editable '.[hdl,rtl,network,test,lint,report,demo]'
