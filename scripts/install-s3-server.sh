#!/usr/bin/env bash
# The S3 server that tests use (versitygw), from source through the Go module proxy.
#   scripts/install-s3-server.sh DIR   puts it into DIR/versitygw, unless it is there already
set -euo pipefail

version=v1.8.0

[ $# = 1 ] || { echo "usage: install-s3-server.sh DIR" >&2; exit 1; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
stamp="$dir/.versitygw-$version"
[ -x "$dir/versitygw" ] && [ -e "$stamp" ] && exit 0
command -v go > /dev/null || { echo "install-s3-server.sh: Go is missing" >&2; exit 1; }
GOBIN=$dir go install "github.com/versity/versitygw/cmd/versitygw@$version"
touch "$stamp"
