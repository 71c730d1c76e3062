#!/usr/bin/env bash
# Servers that tests use, made of published jars through Maven:
#   search-server: OpenSearch 2.19. It speaks the parts of Elasticsearch's interface that the driver uses; what it lacks is a header
#     (test/support/search-server.ts adds it).
#   embedding-server: the model all-MiniLM-L6-v2, quantized, behind OpenAI's `POST /v1/embeddings`.
#   scripts/install-java-server.sh NAME DIR   puts it into a folder in DIR, unless it is there already, and prints that folder
set -euo pipefail

[ $# = 2 ] || { echo "usage: install-java-server.sh NAME DIR" >&2; exit 1; }
source=$(cd "$(dirname "$0")/$1" && pwd)
mkdir -p "$2"
# A server of another version may be running out of its own.
target=$(cd "$2" && pwd)/$1-$(cat "$source"/* | sha256sum | cut -c 1-16)
if [ ! -e "$target" ]; then
  for tool in mvn javac; do
    command -v "$tool" > /dev/null || { echo "install-java-server.sh: $tool is missing (Java 17 and Maven)" >&2; exit 1; }
  done
  made=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$made"' EXIT
  mvn --quiet --batch-mode --file "$source/pom.xml" dependency:copy-dependencies -DoutputDirectory="$made/lib" >&2
  javac -cp "$made/lib/*" -d "$made" "$source"/*.java
  # Whoever was first has the same.
  mv -T "$made" "$target" 2> /dev/null || [ -e "$target" ]
fi
echo "$target"
