#!/usr/bin/env bash
# Proves the Dockerfile on a machine without a Docker daemon: reads it, carries out every COPY and RUN in a chroot per
# stage, then starts the development and the production stage as their USER (production with a read-only root) until
# the HEALTHCHECK says healthy, and stops each with SIGTERM. Linux, root. An instruction it does not know is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "prove-docker-steps: $*" >&2; exit 1; }
for tool in unshare nsenter chroot ip node npm; do command -v "$tool" > /dev/null || fail "$tool is missing"; done
[ "$(id -u)" = 0 ] || fail 'needs root, for chroot'
node -e 'process.exit(Number(process.versions.node.split(".")[0]) === 24 ? 0 : 1)' || fail 'needs the node 24 of node_modules/.bin first in PATH'

work=$(mktemp -d)
started=
cleanup() {
  if [ -n "$started" ]; then kill -9 "$started" 2> /dev/null || true; fi
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT
cp "$(readlink -f "$(command -v node)")" "$work/node"
npm_cache=$(npm config get cache 2> /dev/null)
npm_settings=$(npm config get userconfig 2> /dev/null)
mkdir -p "$npm_cache"
export npm_cache npm_settings work

# The stand-in for the base image: this machine's /usr and /etc, the node of the lockfile, a user 1000.
new_root() {
  local root=$1 part
  mkdir -p "$root"/{dev,proc,root/.npm,root/cache,tmp,usr,opt/node,home/node}
  chmod 1777 "$root/tmp"
  for part in bin sbin lib lib64; do
    if [ -L "/$part" ]; then cp -P "/$part" "$root/"; elif [ -d "/$part" ]; then mkdir "$root/$part"; fi
  done
  cp -a /etc "$root/etc"
  getent passwd 1000 > /dev/null || echo 'node:x:1000:1000::/home/node:/bin/sh' >> "$root/etc/passwd"
  getent group 1000 > /dev/null || echo 'node:x:1000:' >> "$root/etc/group"
  chown 1000:1000 "$root/home/node"
}

# Runs inside a fresh mount namespace.
mount_machine() {
  local root=$1 part
  for part in usr bin sbin lib lib64; do
    if [ -d "/$part" ] && [ ! -L "/$part" ]; then
      mount --bind "/$part" "$root/$part"
      mount -o remount,ro,bind "$root/$part"
    fi
  done
  mkdir -p "$root/opt/node/bin"
  [ -e "$root/opt/node/bin/node" ] || cp "$work/node" "$root/opt/node/bin/node"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
}
export -f mount_machine
inside_path=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# RUN: the shell form, as root, in the stage's folder, with the npm cache where --mount=type=cache wants it.
run_step() {
  local root=$1 folder=$2 command=$3
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -euc '
    mount_machine "$1"
    mount --bind "$npm_cache" "$1/root/.npm"
    if [ -f "$npm_settings" ]; then touch "$1/root/.npmrc"; mount --bind "$npm_settings" "$1/root/.npmrc"; fi
    unset npm_config_cache npm_config_userconfig
    exec chroot "$1" env HOME=/root PATH="$2" sh -c "cd \"$3\" && $4"
  ' run_step "$root" "$inside_path" "$folder" "$command"
}

# COPY: sources are relative to the context, or to the root of another stage.
copy_step() {
  local root=$1 folder=$2 from=$PWD item target
  shift 2
  local -a words=("$@")
  if [[ ${words[0]} == --from=* ]]; then
    from=$work/stages/${words[0]#--from=}
    words=("${words[@]:1}")
  fi
  [[ ${words[0]} != --* ]] || fail "COPY ${words[0]} is not understood"
  target=${words[-1]}
  [[ $target == /* ]] || target=$folder/$target
  unset 'words[-1]'
  if [ ${#words[@]} -gt 1 ] || [[ $target == */ || $target == */. ]]; then mkdir -p "$root$target"; fi
  for item in "${words[@]}"; do
    [ -e "$from/$item" ] || fail "COPY: $item does not exist"
    if [ "$from" = "$PWD" ] && [ -d "$from/$item" ]; then
      mkdir -p "$root$target"
      tar --create --directory="$from/$item" --anchored --exclude-from=<(sed 's#^#./#' .dockerignore) . | tar --extract --directory="$root$target"
    elif [ -d "$from/$item" ]; then
      mkdir -p "$root$target"
      cp -a "$from/$item/." "$root$target/"
    else
      mkdir -p "$(dirname "$root$target")"
      cp "$from/$item" "$root$target"
    fi
  done
}

build_all() {
  local stage='' root='' line word rest began
  while IFS= read -r line; do
    word=${line%% *}
    rest=${line#* }
    if [ "$word" != FROM ]; then echo "[$stage] $line"; fi
    began=$SECONDS
    case $word in
      FROM)
        [[ $rest =~ ^([^ ]+)\ AS\ ([a-z-]+)$ ]] || fail "FROM $rest is not understood"
        stage=${BASH_REMATCH[2]}
        root=$work/stages/$stage
        if [ -d "$work/stages/${BASH_REMATCH[1]}" ]; then
          cp -a "$work/stages/${BASH_REMATCH[1]}" "$root"
          cp -a "$work/facts/${BASH_REMATCH[1]}" "$work/facts/$stage"
        else
          new_root "$root"
          mkdir -p "$work/facts/$stage"
          touch "$work/facts/$stage/ENV"
          echo / > "$work/facts/$stage/WORKDIR"
        fi ;;
      WORKDIR) mkdir -p "$root$rest" ;&
      USER | CMD | HEALTHCHECK) printf '%s\n' "$rest" > "$work/facts/$stage/$word" ;;
      ENV) tr ' ' '\n' <<< "$rest" >> "$work/facts/$stage/ENV" ;;
      VOLUME | EXPOSE) ;;
      COPY) read -ra words <<< "$rest"; copy_step "$root" "$(cat "$work/facts/$stage/WORKDIR")" "${words[@]}" ;;
      RUN)
        while [[ $rest == --* ]]; do rest=${rest#* }; done
        run_step "$root" "$(cat "$work/facts/$stage/WORKDIR")" "$rest"
        echo "    done in $((SECONDS - began)) s" ;;
      *) fail "$word is not understood" ;;
    esac
  done < <(sed -e ':join' -e '/\\$/N' -e 's/ *\\\n */ /' -e 't join' Dockerfile | grep -Ev '^[[:space:]]*(#|$)')
}

# The exec form of CMD, one argument per line.
arguments() { node -e 'const words = JSON.parse(process.argv[1].replace(/^.*?CMD (?=\[)/, "")); console.log(words.join("\n"))' -- "$1"; }

# Starts a stage with a network, process table, volume and temporary folder of its own, waits for health, stops it.
prove_runs() {
  local stage=$1 mode=$2 health=$3 root=$work/stages/$1 facts=$work/facts/$1 user inner code=0 began
  local -a environment command check
  mapfile -t environment < "$facts/ENV"
  mapfile -t command < <(arguments "$(cat "$facts/CMD")")
  mapfile -t check < <(arguments "$health")
  [ ${#command[@]} -gt 1 ] && [ ${#check[@]} -gt 1 ] || fail "CMD or HEALTHCHECK of $stage is not in the exec form"
  user=$(cat "$facts/USER")
  [[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "$stage runs as $user"
  mkdir -p "$work/volume-$stage"
  chown --reference="$root/data" "$work/volume-$stage"
  # shellcheck disable=SC2016
  unshare --mount --propagation private --net --pid --fork --kill-child bash -euc '
    root=$1 volume=$2 mode=$3 user=$4 folder=$5; shift 5
    ip link set lo up
    mount --bind "$root" "$root"
    mount_machine "$root"
    if [ "$mode" = read-only ]; then mount -o remount,ro,bind "$root"; fi
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount --bind "$volume" "$root/data"
    cd "$root"
    exec chroot --userspec="$user" "$root" env --chdir="$folder" "$@"
  ' prove_runs "$root" "$work/volume-$stage" "$mode" "$user" "$(cat "$facts/WORKDIR")" \
    -i PATH="$inside_path" HOME=/home/node REGISTRY_PUBLIC_URL=http://localhost:8080 "${environment[@]}" "${command[@]}" \
    > "$work/$stage.log" 2>&1 &
  started=$!
  began=$SECONDS
  until inner=$(pgrep -P "$started") && nsenter --target "$inner" --mount --net --pid --root --wd --setuid "${user%:*}" --setgid "${user#*:}" \
    env -i PATH="$inside_path" "${environment[@]}" "${check[@]}" 2> /dev/null; do
    kill -0 "$started" 2> /dev/null || { cat "$work/$stage.log"; fail "$stage ended before it was healthy"; }
    [ $((SECONDS - began)) -lt 40 ] || { cat "$work/$stage.log"; fail "$stage is not healthy after 40 s"; }
    sleep 0.5
  done
  if [ "$mode" = read-only ] && nsenter --target "$inner" --mount --root touch /app/written 2> /dev/null; then fail "the root of $stage can be written"; fi
  echo "[$stage] healthy after $((SECONDS - began)) s as $user, $mode root"
  kill -TERM "$inner"
  wait "$started" || code=$?
  started=
  [ "$code" = 0 ] || { cat "$work/$stage.log"; fail "$stage ended with $code on SIGTERM"; }
  echo "[$stage] stopped on SIGTERM with 0"
}

mkdir -p "$work"/{stages,facts}
build_all
health=$(cat "$work/facts/production/HEALTHCHECK")
prove_runs production read-only "$health"
prove_runs development writable "$health"
