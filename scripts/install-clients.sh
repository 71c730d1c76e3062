#!/usr/bin/env bash
# The registry clients that test/e2e and test/conformance run; the product needs none of them.
#   scripts/install-clients.sh [DIR]   Debian packages into the system (as root), programs built from Go modules into DIR/bin,
#                                      npm and its likes into DIR/npm-clients/<name> with a command in DIR/bin
# DIR is $GATI_TOOLS_DIR or a folder in the user's cache. What is there at its pinned version stays. Fails when anything is missing at the end,
# after it has installed everything else.
set -euo pipefail

packages=(skopeo umoci buildah podman)
# Cheap ones first: whatever becomes of the last, the others are there.
modules=(
  'crane github.com/google/go-containerregistry v0.22.1 cmd/crane'
  'oras oras.land/oras v1.2.3 cmd/oras'
  'helm helm.sh/helm/v3 v3.22.0 cmd/helm'
  'cosign github.com/sigstore/cosign/v3 v3.1.3 cmd/cosign'
)
# Name, package, version, the file it is started by, and the step of its own that puts a binary there.
npm_clients=(
  'npm11 npm 11.19.1 npm/bin/npm-cli.js'
  'npm12 npm 12.2.0 npm/bin/npm-cli.js'
  'pnpm pnpm 12.21.0 pnpm/pnpm pnpm/install.js'
  'yarn-classic yarn 1.22.22 yarn/bin/yarn.js'
  'yarn-berry @yarnpkg/cli-dist 4.18.1 @yarnpkg/cli-dist/bin/yarn.js'
  'bun bun 1.4.5 bun/bin/bun.exe bun/install.js'
)
# The newest version of the OCI suite that the Go module proxy has. The checksum database does not know it, so its hashes are pinned here:
# `go` refuses anything else. The redesigned suite of the main branch is not there (CONTRIBUTING.md).
conformance_module=github.com/opencontainers/distribution-spec/conformance
conformance_version=v0.0.0-20231101194043-f2182352d4cc
conformance_sums="$conformance_module $conformance_version h1:jL+CgYEEZluGb08ZcLpEyhn389kNMlwrWOHaIqXazq0=
$conformance_module $conformance_version/go.mod h1:odnkI+gfnNSdq8NaG/nKvENDEWkXAjjbgp8GKMllVSI="

dir=${1:-${GATI_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/gati-registry/tools}}
mkdir -p "$dir/bin" "$dir/stamps"
dir=$(cd "$dir" && pwd)
export DEBIAN_FRONTEND=noninteractive GOFLAGS=-mod=mod
missing=()

# A stamp beside the program says which version it is.
is_there() { [ -x "$dir/bin/$1" ] && [ "$(cat "$dir/stamps/$1" 2> /dev/null)" = "$2" ]; }

install_packages() {
  local name
  local -a wanted=()
  for name in "${packages[@]}"; do
    if dpkg-query -W -f '${Status}' "$name" 2> /dev/null | grep -q 'ok installed'; then echo "kept      $name (Debian)"; else wanted+=("$name"); fi
  done
  [ ${#wanted[@]} -gt 0 ] || return 0
  if apt-get update -qq && apt-get install -qq -y --no-install-recommends "${wanted[@]}" > /dev/null; then
    echo "installed ${wanted[*]} (Debian)"
  else
    missing+=("${wanted[@]}")
  fi
}

# from_module NAME MODULE VERSION SUMS COMMAND…: runs COMMAND in a module of our own that requires MODULE and begins with SUMS as its go.sum.
# `go install MODULE@VERSION` would also ask for the list of all versions, which not every proxy has.
from_module() {
  local name=$1 module=$2 version=$3 sums=$4 began=$SECONDS work code=0
  shift 4
  if is_there "$name" "$version"; then echo "kept      $name $version"; return 0; fi
  work=$(mktemp -d)
  printf 'module gati.test/clients\n\ngo 1.24\n\nrequire %s %s\n' "$module" "$version" > "$work/go.mod"
  printf '%s\n' "$sums" > "$work/go.sum"
  (cd "$work" && "$@") 2> "$work/log" || code=$?
  if [ "$code" = 0 ]; then
    printf '%s\n' "$version" > "$dir/stamps/$name"
    echo "built     $name $version ($((SECONDS - began)) s)"
  else
    grep -v '^go: downloading' "$work/log" >&2 || true
    missing+=("$name")
  fi
  rm -rf "$work"
}

build_module() {
  local name=$1 module=$2 version=$3 package=$4
  from_module "$name" "$module" "$version" '' go build -trimpath -ldflags='-s -w' -o "$dir/bin/$name" "$module/$package"
}

# The suite is a Go test; only its own module goes without the checksum database.
build_conformance() {
  GONOSUMDB=${GONOSUMDB:+$GONOSUMDB,}$conformance_module from_module conformance "$conformance_module" "$conformance_version" "$conformance_sums" \
    go test -c -trimpath -ldflags='-s -w' -o "$dir/bin/conformance" "$conformance_module"
}

# A command that starts FILE of the client: a script with whatever `node` is first in PATH then, a binary as it is.
write_command() {
  local name=$1 file=$2 program="exec '$dir/npm-clients/$1/node_modules/$2'"
  case $file in *.js) program="exec node '$dir/npm-clients/$name/node_modules/$file'" ;; esac
  printf '#!/bin/sh\n%s "$@"\n' "$program" > "$dir/bin/$name"
  chmod +x "$dir/bin/$name"
}

# Scripts of packages do not run, whatever the policy of this npm; the one step that matters is taken here, and the client must say its version.
add_npm_client() {
  local name=$1 folder=$dir/npm-clients/$1 version=$3
  rm -rf "$folder" "$dir/stamps/$name"
  mkdir -p "$folder"
  npm install --prefix "$folder" --save-exact --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error "$2@$version" > /dev/null || return 1
  [ -z "${5:-}" ] || (cd "$folder/node_modules/$(dirname "$5")" && npm_lifecycle_event=preinstall node install.js) || return 1
  write_command "$name" "$4"
  [ "$(cd "$folder" && HOME=$folder "$dir/bin/$name" --version)" = "$version" ] || return 1
  printf '%s\n' "$version" > "$dir/stamps/$name"
}

install_npm_client() {
  local name=$1 version=$3 began=$SECONDS
  if is_there "$name" "$version"; then
    echo "kept      $name $version"
  elif add_npm_client "$@"; then
    echo "installed $name $version ($((SECONDS - began)) s)"
  else
    missing+=("$name")
  fi
}

install_packages
npm_began=$SECONDS
for line in "${npm_clients[@]}"; do
  read -r -a words <<< "$line"
  install_npm_client "${words[@]}"
done
echo "npm and its likes took $((SECONDS - npm_began)) s"
if command -v go > /dev/null; then
  for line in "${modules[@]}"; do
    read -r -a words <<< "$line"
    build_module "${words[@]}"
  done
  build_conformance
else
  missing+=('go 1.24 or newer')
fi

echo "programs are in $dir/bin"
if [ ${#missing[@]} -gt 0 ]; then
  printf 'install-clients.sh: missing: %s\n' "${missing[*]}" >&2
  exit 1
fi
