#!/usr/bin/env bash
# The search server that tests of the Elasticsearch driver use: OpenSearch 2.19 from its published jars, through Maven. It speaks the parts of
# Elasticsearch's interface that the driver uses; what it lacks is a header (test/support/search-server.ts adds it).
#   scripts/install-search-server.sh DIR   puts it into DIR/search-server, unless it is there already
set -euo pipefail

version=2.19.3

[ $# = 1 ] || { echo "usage: install-search-server.sh DIR" >&2; exit 1; }
mkdir -p "$1"
target=$(cd "$1" && pwd)/search-server
[ -e "$target/.opensearch-$version" ] && exit 0
for tool in mvn javac; do
  command -v "$tool" > /dev/null || { echo "install-search-server.sh: $tool is missing (Java 17 and Maven)" >&2; exit 1; }
done
source=$(cd "$(dirname "$0")/search-server" && pwd)
rm -rf "$target"
mvn --quiet --batch-mode --file "$source/pom.xml" dependency:copy-dependencies -DoutputDirectory="$target/lib"
javac -cp "$target/lib/*" -d "$target" "$source/SearchServer.java"
touch "$target/.opensearch-$version"
