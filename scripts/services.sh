#!/usr/bin/env bash
# A private Postgres 15, a private Redis, a private S3 server and, where Java 17 and Maven are, a private search server and an embedding model, on free
# loopback ports, for tests.
#   scripts/services.sh start DIR   starts them with their data in DIR, prints the environment that names them
#   scripts/services.sh stop DIR    stops them by process id and removes DIR
# The S3 server is $GATI_S3_SERVER or, without it, built by scripts/install-s3-server.sh into ~/.cache/gati-registry/tools.
set -euo pipefail

fail() { echo "services.sh: $*" >&2; exit 1; }

free_port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }

# Postgres refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

postgres_bin() {
  local bin=/usr/lib/postgresql/15/bin
  [ -x "$bin/postgres" ] || fail "Postgres 15 is missing (Debian package postgresql-15)"
  echo "$bin"
}

# Every test has a database of its own, a thousand files: in memory, where the machine has room there, making one takes a tenth of the time.
make_postgres_folder() {
  local dir=$1 room
  room=$(df --output=avail --block-size=1G /dev/shm 2> /dev/null | tail -n 1)
  if [ "${room:-0}" -ge 8 ]; then
    local memory
    memory=$(mktemp -d /dev/shm/gati-services.XXXXXX)
    chmod 755 "$memory"
    ln -s "$memory" "$dir/postgres"
  else
    mkdir "$dir/postgres"
  fi
}

start_postgres() {
  local dir=$1 bin port password
  bin=$(postgres_bin)
  port=$(free_port)
  password=$(node -p 'require("node:crypto").randomBytes(16).toString("hex")')
  make_postgres_folder "$dir"
  printf '%s\n' "$password" > "$dir/postgres/password"
  if [ "$(id -u)" = 0 ]; then chown -R postgres: "$dir/postgres/"; fi
  chmod 600 "$dir/postgres/password"
  as_postgres "$bin/initdb" --pgdata="$dir/postgres/data" --username=gati --pwfile="$dir/postgres/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 > "$dir/postgres.log" 2>&1 || { cat "$dir/postgres.log" >&2; fail "initdb failed"; }
  (cd "$dir/postgres" && as_postgres "$bin/pg_ctl" --pgdata=data --log=server.log --wait --timeout=60 \
    --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300" start) > "$dir/postgres.log" 2>&1 \
    || { cat "$dir/postgres.log" "$dir/postgres/server.log" >&2; fail "Postgres did not start"; }
  PGPASSWORD=$password "$bin/createdb" --host=127.0.0.1 --port="$port" --username=gati gati
  echo "GATI_TEST_DATABASE_URL=postgres://gati:$password@127.0.0.1:$port/gati"
}

start_redis() {
  local dir=$1 port
  command -v redis-server > /dev/null || fail "Redis is missing (Debian package redis-server)"
  port=$(free_port)
  mkdir "$dir/redis"
  redis-server --bind 127.0.0.1 --port "$port" --dir "$dir/redis" --save '' --appendonly no \
    --daemonize yes --pidfile "$dir/redis/pid" --logfile "$dir/redis/log" > /dev/null
  for _ in $(seq 100); do
    if [ "$(redis-cli -h 127.0.0.1 -p "$port" ping 2> /dev/null)" = PONG ]; then
      echo "GATI_TEST_REDIS_URL=redis://127.0.0.1:$port"
      return
    fi
    sleep 0.1
  done
  cat "$dir/redis/log" >&2
  fail "Redis did not start"
}

start_s3() {
  local dir=$1 server port secret
  server=${GATI_S3_SERVER:-}
  if [ -z "$server" ]; then
    local tools=${XDG_CACHE_HOME:-$HOME/.cache}/gati-registry/tools
    "$(dirname "$0")/install-s3-server.sh" "$tools" >&2
    server=$tools/versitygw
  fi
  port=$(free_port)
  secret=$(node -p 'require("node:crypto").randomBytes(16).toString("hex")')
  # A folder is a bucket.
  mkdir -p "$dir/s3/data/gati" "$dir/s3/sidecar"
  ROOT_ACCESS_KEY=gati ROOT_SECRET_KEY=$secret setsid "$server" --port "127.0.0.1:$port" --quiet --keep-alive --health /health \
    posix --sidecar "$dir/s3/sidecar" "$dir/s3/data" > "$dir/s3/log" 2>&1 < /dev/null &
  echo $! > "$dir/s3/pid"
  for _ in $(seq 100); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; then
      echo "GATI_TEST_S3_ENDPOINT=http://127.0.0.1:$port"
      echo "GATI_TEST_S3_BUCKET=gati"
      echo "GATI_TEST_S3_ACCESS_KEY=gati"
      echo "GATI_TEST_S3_SECRET_KEY=$secret"
      return
    fi
    sleep 0.1
  done
  cat "$dir/s3/log" >&2
  fail "the S3 server did not start"
}

# Takes a while to get up: it is started first and waited for last. Both servers are told a folder of their own and a port.
launch_java() {
  local dir=$1 name=$2 class=$3 tools=${XDG_CACHE_HOME:-$HOME/.cache}/gati-registry/tools server port
  if ! command -v mvn > /dev/null || ! command -v javac > /dev/null; then return 0; fi
  server=$("$(dirname "$0")/install-java-server.sh" "$name" "$tools")
  port=$(free_port)
  mkdir -p "$dir/$name/config"
  setsid java -Xms256m -Xmx512m -cp "$server:$server/lib/*" "$class" "$dir/$name" "$port" > "$dir/$name/log" 2>&1 < /dev/null &
  echo $! > "$dir/$name/pid"
  echo "$port" > "$dir/$name/port"
}

await_java() {
  local dir=$1 name=$2 path=$3 variable=$4 port
  [ -f "$dir/$name/port" ] || return 0
  port=$(cat "$dir/$name/port")
  for _ in $(seq 600); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port$path"; then
      echo "$variable=http://127.0.0.1:$port"
      return
    fi
    sleep 0.1
  done
  cat "$dir/$name/log" >&2
  fail "the $name did not start"
}

# Ends a process only if its command line still names it, because process ids are reused.
end_process() {
  local pid=$1 name=$2
  grep -qa "$name" "/proc/$pid/cmdline" 2> /dev/null || return 0
  kill "$pid"
  for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || return 0; sleep 0.1; done
  kill -9 "$pid"
}

stop() {
  local dir=$1
  [ -f "$dir/.gati-services" ] || return 0
  if [ -f "$dir/postgres/data/postmaster.pid" ]; then
    as_postgres "$(postgres_bin)/pg_ctl" --pgdata="$dir/postgres/data" --mode=immediate --wait stop > /dev/null || true
  fi
  if [ -f "$dir/redis/pid" ]; then end_process "$(cat "$dir/redis/pid")" redis-server; fi
  if [ -f "$dir/s3/pid" ]; then end_process "$(cat "$dir/s3/pid")" "$dir/s3"; fi
  local name
  for name in search-server embedding-server; do
    if [ -f "$dir/$name/pid" ]; then end_process "$(cat "$dir/$name/pid")" "$dir/$name"; fi
  done
  if [ -L "$dir/postgres" ]; then rm -rf "$(readlink "$dir/postgres")"; fi
  rm -rf "$dir"
}

[ $# = 2 ] || fail "usage: services.sh start|stop DIR"
case $1 in
  start)
    mkdir -p "$2"
    dir=$(cd "$2" && pwd)
    chmod 755 "$dir"
    touch "$dir/.gati-services"
    trap '[ $? = 0 ] || stop "$dir"' EXIT
    launch_java "$dir" search-server SearchServer
    launch_java "$dir" embedding-server EmbeddingServer
    start_postgres "$dir"
    start_redis "$dir"
    start_s3 "$dir"
    await_java "$dir" search-server /_cluster/health GATI_TEST_SEARCH_SERVER
    await_java "$dir" embedding-server /health GATI_TEST_EMBEDDING_SERVER
    ;;
  stop) stop "$2" ;;
  *) fail "usage: services.sh start|stop DIR" ;;
esac
