#!/usr/bin/env bash
# Sees that the programs which tests drive are there: installs them where that is possible, else names them.
set -euo pipefail

declare -A package_of=(
    [rabbitmq-server]=rabbitmq-server
    [chromium]=chromium
    [ffmpeg]=ffmpeg
)
missing=()
for program in "${!package_of[@]}"; do
    PATH="$PATH:/usr/sbin:/usr/lib/rabbitmq/bin" command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
[ -e /usr/share/doc/opencv-doc/examples/data/vtest.avi ] || missing+=(opencv-doc)
fc-list 2>/dev/null | grep -qi "noto.*cjk" || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "· installing system packages for the tests: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    exit 0
fi
echo "The tests drive these programs, which are not installed: ${missing[*]}." >&2
echo "Install them, for example: sudo apt-get install ${missing[*]}" >&2
exit 1
