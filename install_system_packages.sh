#!/bin/sh
# The tests of M4A and video input need ffmpeg; install it where this user may.
set -eu
command -v ffmpeg >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ffmpeg >/dev/null
else
    echo "ffmpeg is not installed: the tests that need it will be skipped."
fi
